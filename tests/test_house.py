"""The house rules that linters don't know: short files, honest names, complete documents, closed doors."""

import ast
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from yett.build_info import hot_modules

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "yett"
TOOLS = ROOT / "tools" / "reference"
LINES_MAX = 400

MODULES = sorted(path for path in SOURCE.rglob("*.py"))
PYTHON = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "tools").rglob("*.py"))]
# Words that say nothing of what a thing is. `…Manager` and the like are banned as parts of names, not of sentences.
BANNED = re.compile(r"(?:Manager|Helper|Util)(?:s)?(?=[A-Z_]|$)|(?:^|_)(?:manager|helper|util)s?(?:_|$)")
_EXEMPTION = re.compile(r"#\s*(?:ruff: )?(?:noqa|type:\s*ignore|fmt:|pragma:)")
_WITH_REASON = re.compile(
    r"#\s*(?:(?:ruff: )?noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*|type: ignore\[[a-z-]+\]|fmt: skip|pragma: no cover)"
    r"(?: - | {1,2}# | {1,2}| \()\w"
)
PROTOCOL_FILES = ("README.md", "relay.py", "settings.py", "transcript.py")


def _names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", PYTHON, ids=_names(PYTHON))
def test_a_file_is_one_idea(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LINES_MAX, f"{lines} lines: split it where its second idea begins"


@pytest.mark.parametrize("path", PYTHON, ids=_names(PYTHON))
def test_a_module_says_in_one_sentence_what_it_is(path: Path) -> None:
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert doc, "the first line of a module is a sentence that an operator understands"
    first = doc.partition("\n")[0]
    assert first.endswith((".", "?", ":")), first


@pytest.mark.parametrize("path", MODULES, ids=_names(MODULES))
def test_names_say_what_things_are(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = [path.stem] + [
        node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [name for name in defined if BANNED.search(name)] == []


@pytest.mark.parametrize("path", PYTHON, ids=_names(PYTHON))
def test_what_is_exempt_from_a_rule_says_why(path: Path) -> None:
    with path.open("rb") as file:
        comments = [token for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT]
    silent = [one.start[0] for one in comments if _EXEMPTION.search(one.string) and not _WITH_REASON.search(one.string)]
    assert silent == []


@pytest.mark.parametrize("path", MODULES, ids=_names(MODULES))
def test_imports_are_absolute(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    relative = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    assert relative == []


def test_hot_modules_import_nothing_of_the_house() -> None:
    for path in SOURCE.rglob("*_hot.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        modules += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
        assert [name for name in modules if name.startswith(("yett", "asyncio", "logging"))] == [], path


def test_no_compiled_module_is_older_than_its_source() -> None:
    assert [module.name for module in hot_modules() if module.stale] == [], "run make build"


def test_protocols_do_not_know_each_other() -> None:
    folder = SOURCE / "protocols"
    protocols = {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("_")}
    for name in sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"):
        others = protocols - {name}
        for path in (folder / name).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for other in others:
                assert f"yett.protocols.{other}" not in text, f"{path} knows {other}"


def test_every_protocol_declares_what_it_must() -> None:
    folder = SOURCE / "protocols"
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("_"):
            assert [name for name in PROTOCOL_FILES if not (path / name).exists()] == [], path.name


def test_the_reference_is_what_the_code_says() -> None:
    result = subprocess.run(
        [sys.executable, str(TOOLS), "--check"], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch):
    """Return the modules that write the reference."""
    monkeypatch.syspath_prepend(str(TOOLS))
    import commands
    import errors
    import settings

    return errors, settings, commands


def test_every_error_code_setting_and_command_is_explained(reference) -> None:
    errors, settings, commands = reference
    assert errors.undocumented(SOURCE) == []
    assert settings.undocumented() == []
    assert commands.undocumented() == []


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = []
    for path in documents:
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if "://" not in link and not link.startswith("mailto:") and not (path.parent / link).exists():
                broken += [f"{path.relative_to(ROOT)}: {link}"]
    assert broken == []


def test_no_file_names_a_place_that_packages_are_fetched_from() -> None:
    for path in (ROOT / "requirements").glob("*.lock"):
        assert "://" not in path.read_text(encoding="utf-8"), path
