"""README.md, docs/postgres.md and their kin are true: their settings and policies load, their tables are the code's."""

import re
from pathlib import Path

import pytest

from yett.app.policies import load_engine
from yett.config import load_config
from yett.core.clock import SystemClock
from yett.protocols.postgres import refusals

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^(?:<!-- ([\w ]+) -->\n)?```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
OWN_PAGES = (
    "docs/architecture.md",
    "docs/masking.md",
    "docs/threat-model.md",
    "docs/postgres.md",
    "src/yett/protocols/postgres/README.md",
    "CONTRIBUTING.md",
    "README.md",
)
RECORDS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
TESTS = ROOT / "tests"
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return [body for _, kind, body in FENCED.findall(page(name)) if kind == language]


def after_mark(name: str, mark: str) -> str:
    """Return the paragraph or table behind `<!-- mark -->`."""
    return page(name).partition(f"<!-- {mark} -->\n")[2].partition("\n\n")[0]


def test_the_two_files_of_the_readme_load(tmp_path: Path) -> None:
    (tmp_path / "yett.toml").write_text(blocks("README.md", "toml")[0])
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "orders.cedar").write_text(blocks("README.md", "cedar")[0])
    engine = load_engine(load_config(tmp_path / "yett.toml"), SystemClock())
    assert [rule.id for rule in engine.policies.rules][1:] == ["fraud-sees-cards", "no-payroll"]
    assert engine.policies.warnings == ()


def test_the_readme_names_only_commands_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", page("README.md"))) <= targets


def test_the_table_of_sqlstates_is_the_codes_own() -> None:
    told: dict[str, str] = {}
    for line in after_mark("docs/postgres.md", "sqlstates").splitlines()[2:]:
        codes, sqlstate = line.split("|")[1:3]
        told |= dict.fromkeys(re.findall(r"`(\w+)`", codes), sqlstate.strip())
    assert told == refusals.SQLSTATES


@pytest.mark.parametrize("name", OWN_PAGES)
def test_files_and_tests_that_a_page_names_exist(name: str) -> None:
    sources = {path.name for path in (ROOT / "src").rglob("*.py")} | {path.name for path in TESTS.rglob("*.py")}
    known = set(re.findall(r"def (test_\w+)", "".join(path.read_text("utf-8") for path in TESTS.rglob("*.py"))))
    words = re.findall(r"`([^`\n]+)`", page(name))
    files = {path for word in words if (path := word.partition(":")[0]).endswith(".py") and not set(path) & set("*<")}
    missing = [one for one in files if one.rpartition("/")[2] not in sources]
    missing += [word for word in words if word.startswith("test_") and not word.endswith(".py") and word not in known]
    assert missing == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_record_has_its_three_parts_and_stands_in_the_list(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(record.stem[:4])}. ")
    for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
        assert part in text
    assert f"({record.name})" in page("docs/decisions/README.md")


def test_no_two_decision_records_share_a_number() -> None:
    numbers = [record.stem[:4] for record in RECORDS]
    assert len(set(numbers)) == len(numbers)


def _headings(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made from their words."""
    titles = re.findall(r"^#+ (.*)$", FENCED.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_into_pages_find_their_heading(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]*)#([^)\s]+)\)", path.read_text(encoding="utf-8"))
    inside = [(path.parent / file if file else path, anchor) for file, anchor in links if "://" not in file]
    assert [f"{file.name}#{anchor}" for file, anchor in inside if anchor not in _headings(file)] == []
