"""The comparison by PostgreSQL's regression suite itself: what it fetches, and what it takes for a difference."""

import hashlib
import io
import tarfile

import pytest

from regress import suite
from regress.compare import Compared
from regress.course import report
from regress.refusals import refusals
from regress.suite import NotRun, Source, suite_of

FILES = {
    "parallel_schedule": "# a comment\ntest: one\n\ntest: two three\nignore: three\n",
    "sql/one.sql": "SELECT 1;\n",
    "data/one.data": "1\n",
    "../../../outside": "must not be taken",
}


@pytest.fixture
def archive() -> bytes:
    """Return a tiny archive in the shape of PostgreSQL's own."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:bz2") as tar:
        for name, text in FILES.items():
            info = tarfile.TarInfo(f"postgresql-15.0/src/test/regress/{name}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture
def offered(archive, monkeypatch, tmp_path):
    """Offer the archive for download, as the one that is expected."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(suite.SOURCES, 15, Source("15.0", hashlib.sha256(archive).hexdigest()))
    monkeypatch.setattr(suite, "_read", lambda _address: archive)


def test_a_suite_is_fetched_once_and_lists_its_scripts(offered, monkeypatch) -> None:
    found = suite_of(15)
    monkeypatch.setattr(suite, "_read", None)
    assert suite_of(15) == found
    assert found.names == ["one", "two", "three"]
    assert found.script("one") == "SELECT 1;\n"
    assert sorted(path.name for path in found.folder.iterdir()) == ["data", "parallel_schedule", "sql"]


def test_another_archive_than_the_one_looked_at_is_not_used(offered, monkeypatch) -> None:
    monkeypatch.setattr(suite, "_read", lambda _address: b"something else")
    with pytest.raises(NotRun, match="not the file that was looked at"):
        suite_of(15)


def test_a_machine_that_is_offline_is_told_what_to_do(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(suite.SOURCES, 15, Source("15.0", ""))
    monkeypatch.setattr(suite, "_POOL", "http://127.0.0.1:9")
    with pytest.raises(NotRun, match="put that file into"):
        suite_of(15)


def test_only_a_difference_that_is_not_known_fails_the_run(capsys) -> None:
    same, other = Compared("a", "1\n", "1\n"), Compared("b", "1\n2\n", "1\n3\n")
    assert report([same, other], {"b": "for a reason"}, 10) == 0
    assert "differs, as known: for a reason" in capsys.readouterr().out
    assert report([same, other], {}, 10) == 1
    assert "-2\n+3\n" in capsys.readouterr().out


def test_refusals_are_counted_by_code_and_reason() -> None:
    said = (
        'ERROR:  refused by the gate (setting_refused)\nDETAIL:  setting "a" is not possible\n'
        'ERROR:  refused by the gate (setting_refused)\nDETAIL:  setting "b" is not possible\n'
        'ERROR:  refused by policy "p"\n'
    )
    counted = refusals([Compared("x", "", said)])
    assert counted == {("setting_refused", 'setting "…" is not possible'): 2, ("p", ""): 1}
