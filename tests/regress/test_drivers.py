"""The comparison by drivers' own suites: what it takes for a difference, and which differences are meant."""

import tarfile

import pytest

from regress.drivers import fetching, running
from regress.drivers.course import differences
from regress.drivers.running import Ending
from regress.drivers.suites import SUITES

PASSED = Ending("passed")
REPORT = """<testsuites><testsuite>
<testcase classname="a.B" name="one"/>
<testcase classname="a.B" name="two"><failure message="not so">because</failure></testcase>
<testcase classname="a.B" name="three"><skipped message="later"/></testcase>
<testcase classname="a.B" name="four"/>
<testcase classname="a.B" name="four"><error message="at its end"/></testcase>
</testsuite></testsuites>"""


def refused(code: str) -> Ending:
    return Ending("failed", f"InsufficientPrivilege: refused by the gate ({code})")


def test_what_ends_alike_is_no_difference() -> None:
    assert (
        differences("x", {"a": PASSED, "b": Ending("failed")}, {"a": PASSED, "b": Ending("failed")}, restricted=False)
        == []
    )


def test_a_test_that_ends_otherwise_or_not_at_all_is_one() -> None:
    found = differences("x", {"a": PASSED, "b": PASSED}, {"a": Ending("failed", "no")}, restricted=True)
    assert [(one.test, one.through.outcome, one.why) for one in found] == [("a", "failed", ""), ("b", "absent", "")]


def test_a_refusal_that_the_docs_name_is_meant_for_the_restricted_alone() -> None:
    through = {"a": refused("shared_role"), "b": refused("relation_unknown")}
    direct = dict.fromkeys(through, PASSED)
    assert [one.why for one in differences("x", direct, through, restricted=True)] == ["refused (shared_role)", ""]
    assert [one.why for one in differences("x", direct, through, restricted=False)] == ["", ""]


def test_a_report_is_read_with_the_worst_of_each_test(tmp_path) -> None:
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    found = running._read(path)
    assert {name: ending.outcome for name, ending in found.items()} == {
        "a.B::one": "passed",
        "a.B::two": "failed",
        "a.B::three": "skipped",
        "a.B::four": "error",
    }
    assert found["a.B::two"].words == "not so\nbecause"


def test_only_a_suites_tests_are_unpacked(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    for inside in ("tests/test_a.py", "driver/code.py", "testsuite.py"):
        path = source / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    archive = tmp_path / "driver.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(source, "driver-1.0")
    monkeypatch.setattr(fetching, "_archive", lambda _suite: archive)
    into = fetching.tests_of(SUITES["asyncpg"], tmp_path / "into")
    assert [path.relative_to(into).as_posix() for path in into.rglob("*.py")] == ["tests/test_a.py"]


def test_every_suite_is_pinned_by_digest() -> None:
    assert all("==" in one.package and len(one.sha256) == 64 for one in SUITES.values())
