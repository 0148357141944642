"""README.md's transcript is what happens: the sample, psql through the gate, the replay and the proof."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from yett.demo.gate import start_gate
from yett.demo.place import PEOPLE, Place, make_place
from yett.demo.target import Target, start_target

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROMPT = "orders=> "
# What differs from one run to the next: ids, times, the policies' version, counts of entries.
VARIES = (
    (re.compile(r"\b01[0-9a-z]{24}\b"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "<time>"),
    (re.compile(r"\d+\.\d\d ms"), "<ms>"),
    (re.compile(r"(policy(?: version)?) [0-9a-f]{12}"), r"\1 <version>"),
    (re.compile(r"\d+ entries"), "<n> entries"),
)


def shown(mark: str) -> list[str]:
    body = re.search(rf"<!-- transcript {mark} -->\n```console\n(.*?)```", README, re.DOTALL)
    assert body, mark
    return lines(body[1])


def lines(text: str) -> list[str]:
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Target]]:
    """Return what `make run` begins with: the sample and a gate before it."""
    folder = tmp_path_factory.mktemp("readme")
    folder.chmod(0o755)
    target = start_target(folder)
    try:
        place = make_place(folder, ROOT / "policies", target)
        with place.log.open("ab") as log:
            gate = start_gate(place.config, f"http://127.0.0.1:{place.admin_port}", output=log.fileno())
        try:
            gate.await_ready()
            yield place, target
        finally:
            gate.terminate()
    finally:
        target.server.stop()


@pytest.fixture(scope="module")
def said(opened: tuple[Place, Target]) -> str:
    """Return what psql prints for the README's statements, signed in as Ana."""
    place, target = opened
    statements = "".join(line.removeprefix(PROMPT) + "\n" for line in shown("psql") if line.startswith(PROMPT))
    kind, groups = PEOPLE["ana"]
    token = place.provider.token("ana", groups, kind=kind).reveal()
    done = subprocess.run(
        [str(target.server.binaries.tool("psql")), "-X", f"host=127.0.0.1 port={place.port} dbname=orders user=ana"],
        input=statements, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGPASSWORD": token, "PGAPPNAME": "psql"},
    )  # fmt: skip
    return done.stdout


def yett(place: Place, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "yett", *arguments, "--config", str(place.config)],
        text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_psql_prints_what_the_readme_shows(said: str) -> None:
    assert lines(said) == [line for line in shown("psql") if not line.startswith(PROMPT)]


def test_the_gate_tells_afterwards_what_the_readme_shows(opened: tuple[Place, Target], said: str) -> None:
    assert said
    place, _ = opened
    (session,) = re.findall(r"\b01[0-9a-z]{24}\b", yett(place, "sessions", "--denied"))
    told = shown("yett")
    end = told.index("…")
    assert lines(yett(place, "replay", session, "--no-wait"))[: end - 1] == told[1:end]
    assert lines(yett(place, "verify")) == told[end + 2 :]
