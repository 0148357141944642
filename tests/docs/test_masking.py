"""docs/masking.md is true: its settings are the quick start's, and psql prints its transcripts through a real gate."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.sample import ROOT, answers_shown, lines, opened_gate, said_by_psql, transcripts
from yett.demo.place import Place
from yett.demo.target import Target

PAGE = (ROOT / "docs" / "masking.md").read_text(encoding="utf-8")
TOKENS = '\n[masks.phone]\nstyle = "token"\n'
FORBID = '@id("no-ddl-in-prod")'


def block(mark: str, language: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found, mark
    return found[1]


@pytest.fixture(scope="module")
def quick_start(tmp_path_factory: pytest.TempPathFactory, target: Target) -> Iterator[Place]:
    """Return the gate of `make run`."""
    with opened_gate(_folder(tmp_path_factory, "quick"), target) as place:
        yield place


@pytest.fixture(scope="module")
def with_tokens(tmp_path_factory: pytest.TempPathFactory, target: Target) -> Iterator[Place]:
    """Return the same gate with tokens, and with the page's own policy on temporary tables."""
    policies = _folder(tmp_path_factory, "policies")
    own = (ROOT / "policies" / "orders.cedar").read_text("utf-8").partition(FORBID)[0]
    (policies / "orders.cedar").write_text(own + block("temporary", "cedar"))
    assert TOKENS.strip().splitlines()[1] in PAGE
    with opened_gate(_folder(tmp_path_factory, "tokens"), target, policies, TOKENS) as place:
        yield place


def _folder(factory: pytest.TempPathFactory, name: str) -> Path:
    folder = factory.mktemp(name)
    folder.chmod(0o755)
    return folder


def test_the_labels_in_the_page_are_the_quick_starts(quick_start: Place) -> None:
    shown = tomllib.loads(block("sample", "toml"))
    used = tomllib.loads(quick_start.config.read_text("utf-8"))
    assert shown["data"] == used["data"]
    assert shown["masks"] == used["masks"]


def test_a_scan_of_the_sample_finds_what_the_page_shows(quick_start: Place, tmp_path: Path) -> None:
    settings, _, _ = quick_start.config.read_text("utf-8").partition("[data.orders]")
    (tmp_path / "yett.toml").write_text(settings)
    (tmp_path / "policies").symlink_to(ROOT / "policies")
    done = subprocess.run(
        [sys.executable, "-m", "yett", "scan", "orders", "--config", str(tmp_path / "yett.toml")],
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    shown = lines(block("scan", "console"))[1:-1]
    assert lines(done.stdout)[: len(shown)] == shown


@pytest.mark.parametrize("transcript", transcripts(PAGE, "ana"))
def test_psql_prints_what_the_page_shows(quick_start: Place, target: Target, transcript: list[str]) -> None:
    assert said_by_psql(quick_start, target, "ana", transcript) == answers_shown(transcript)


@pytest.mark.parametrize("transcript", transcripts(PAGE, "ana tokens"))
def test_psql_prints_it_with_tokens_and_temporary_tables(
    with_tokens: Place, target: Target, transcript: list[str]
) -> None:
    assert said_by_psql(with_tokens, target, "ana", transcript) == answers_shown(transcript)
