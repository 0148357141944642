"""README.md's transcript is what happens: the sample, psql through the gate, the replay and the proof."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from docs.sample import ROOT, answers_shown, lines, opened_gate, said_by_psql, transcripts
from yett.demo.place import Place
from yett.demo.target import Target

README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown(mark: str) -> list[str]:
    (found,) = transcripts(README, mark)
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, target: Target) -> Iterator[Place]:
    """Return what `make run` begins with: a gate before the sample."""
    folder = tmp_path_factory.mktemp("readme")
    folder.chmod(0o755)
    with opened_gate(folder, target) as found:
        yield found


@pytest.fixture(scope="module")
def said(place: Place, target: Target) -> list[str]:
    """Return what psql prints for the README's statements, signed in as Ana."""
    return said_by_psql(place, target, "ana", shown("psql"))


def yett(place: Place, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "yett", *arguments, "--config", str(place.config)],
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_psql_prints_what_the_readme_shows(said: list[str]) -> None:
    assert said == answers_shown(shown("psql"))


def test_the_gate_tells_afterwards_what_the_readme_shows(place: Place, said: list[str]) -> None:
    assert said
    (session,) = re.findall(r"\b01[0-9a-z]{24}\b", yett(place, "sessions", "--denied"))
    told = shown("yett")
    end = told.index("…")
    assert lines(yett(place, "replay", session, "--no-wait"))[: end - 1] == told[1:end]
    assert lines(yett(place, "verify")) == told[end + 2 :]
