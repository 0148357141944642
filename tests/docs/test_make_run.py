"""Every line that `make run` prints can be pasted, and does what the words above it say."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.sample import ROOT, opened_gate
from yett.config import load_config
from yett.demo.__main__ import lines_to_paste
from yett.demo.place import Place
from yett.demo.provider import LIFETIME_SECONDS
from yett.demo.target import Target

PAYROLL = "FROM hr.payroll"
SAYS = {
    "country FROM customers": "(5 rows)",
    "national_id FROM customers": "[national_id]",
    "DROP TABLE": 'refused by policy "no-ddl-in-prod"',
    PAYROLL: "no_policy_permits",
    "python -c": "(20000,)",
    "yett agent add": "local/reporter",
    "yett token issue": "Agent local/reporter",
    "SELECT current_user": "yett_e_",
    "yett approvals list": "price changes are reviewed by a DBA",
    "yett request": "asked: ",
    "yett sessions": "corp/ana",
    "yett replay": "corp/ana",
    "yett verify": "verified",
    "yett baseline learn": "were learnt",
    "yett baseline list": "corp/ana",
}
"""What a line prints, by a part of the line."""


class Terminals:
    """Whoever pastes: what was exported counts for the lines behind it."""

    def __init__(self) -> None:
        self.exports: list[str] = []
        self.begun: list[subprocess.Popen[str]] = []

    def begin(self, line: str) -> subprocess.Popen[str]:
        script = "\n".join([*self.exports, line])
        out, err = subprocess.PIPE, subprocess.STDOUT
        self.begun.append(subprocess.Popen(["bash", "-c", script], stdout=out, stderr=err, text=True, cwd=ROOT))
        return self.begun[-1]

    def run(self, line: str) -> str:
        """Return what a line prints."""
        return self.begin(line).communicate(timeout=60)[0]

    def approve(self, ticket: str) -> str:
        """Approve as is printed. Here is no terminal to be asked at, so that what was seen is named."""
        seen = json.loads(self.run(f"yett approvals show {ticket} --json"))["digest"]
        return self.run(f"yett approvals approve {ticket} --yes --seen {seen}")

    def close(self) -> None:
        """End what was begun and has not ended."""
        for one in self.begun:
            one.kill()
            one.communicate()


@pytest.fixture
def terminals() -> Iterator[Terminals]:
    found = Terminals()
    yield found
    found.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, target: Target) -> Iterator[Place]:
    """Start what `make run` starts."""
    folder = tmp_path_factory.mktemp("run")
    folder.chmod(0o755)
    with opened_gate(folder, target) as found:
        yield found


def test_every_line_of_make_run_can_be_pasted(place: Place, target: Target, terminals: Terminals) -> None:
    text = lines_to_paste(place, target)
    lines = [line.strip() for line in text.splitlines() if line.startswith("  ") and not line.startswith("  #")]
    session = said = ""
    waiting: subprocess.Popen[str] | None = None
    for line in lines:
        if line.startswith("export "):
            terminals.exports.append(line)
        elif "UPDATE products" in line:
            waiting = terminals.begin(line)
            said = _until(waiting, "ticket ")
        elif line == "yett approvals approve TICKET":
            assert waiting is not None
            assert "approved" in terminals.approve(_ticket(said))
            assert waiting.communicate(timeout=30)[0].splitlines()[-1] == "UPDATE 1"
        elif PAYROLL in line and said.startswith("asked: "):
            assert "granted" in terminals.approve(_ticket(said))
            assert "(3 rows)" in _soon(terminals, line)
        else:
            said = terminals.run(line.replace("ID", session) if line.endswith(" ID") else line)
            (wanted,) = [words for part, words in SAYS.items() if part in line]
            assert wanted in said, line
        session = next(iter(re.findall(r"\b01[0-9a-z]{24}\b", said)), session)


def test_who_reads_on_for_hours_can_still_approve(place: Place) -> None:
    assert load_config(place.config).settings.admin.fresh >= LIFETIME_SECONDS


def test_the_samples_policies_come_with_their_tests(place: Place, terminals: Terminals) -> None:
    terminals.exports.append(f"export YETT_CONFIG={place.config} PATH={Path(sys.executable).parent}:$PATH")
    assert "all passed" in terminals.run("yett policy test")


def _ticket(said: str) -> str:
    found = re.search(r"\b[0-9a-z]{5}-[0-9a-z]{5}\b", said)
    assert found is not None, said
    return found[0]


def _until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return line
    raise AssertionError(words)


def _soon(terminals: Terminals, line: str) -> str:
    """Return what a line prints once a role counts, which takes a moment."""
    deadline = time.monotonic() + 10
    while "no_policy_permits" in (said := terminals.run(line)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return said
