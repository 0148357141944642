"""What `make run` starts, for pages that show transcripts: the sample, a gate before it, psql through the gate."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yett.demo.gate import start_gate
from yett.demo.place import PEOPLE, Place, make_place
from yett.demo.target import Target

ROOT = Path(__file__).parents[2]
PROMPT = "orders=> "
# What differs from one run to the next: ids, times, the policies' version, counts of entries, keyed tokens. What can be
# read in full elsewhere is left out.
_VARIES = (
    (re.compile(r"\b01[0-9a-z]{24}\b"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "<time>"),
    (re.compile(r"\d+\.\d\d ms"), "<ms>"),
    (re.compile(r"(policy(?: version)?) [0-9a-f]{12}"), r"\1 <version>"),
    (re.compile(r"\d+ entries"), "<n> entries"),
    (re.compile(r"(yettk_[a-z_]+)_[a-z2-7]{26}"), r"\1_<token>"),
    (re.compile(r"; ask why: .*"), "; ask why: …"),
)


@contextmanager
def opened_gate(folder: Path, target: Target, policies: Path = ROOT / "policies", extra: str = "") -> Iterator[Place]:
    """Start the quick start's gate before a target, with `extra` at the end of its yett.toml; yield where it is."""
    place = make_place(folder, policies, target)
    place.config.write_text(place.config.read_text("utf-8") + extra)
    with place.log.open("ab") as log:
        gate = start_gate(place.config, f"http://127.0.0.1:{place.admin_port}", output=log.fileno())
    try:
        gate.await_ready()
        yield place
    finally:
        gate.terminate()


def transcripts(page: str, mark: str) -> list[list[str]]:
    """Return the lines of each transcript of a page that stands behind `<!-- transcript mark -->`."""
    found = re.findall(rf"<!-- transcript {mark} -->\n```console\n(.*?)```", page, re.DOTALL)
    return [lines(body) for body in found]


def lines(text: str) -> list[str]:
    """Return the lines that say something, without what differs from one run to the next."""
    for pattern, instead in _VARIES:
        text = pattern.sub(instead, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def said_by_psql(place: Place, target: Target, who: str, transcript: list[str]) -> list[str]:
    """Return what psql prints for a transcript's statements, signed in as one of the sample's people."""
    statements = "".join(line.removeprefix(PROMPT) + "\n" for line in transcript if line.startswith(PROMPT))
    kind, groups = PEOPLE[who]
    token = place.provider.token(who, groups, kind=kind).reveal()
    done = subprocess.run(
        [str(target.server.binaries.tool("psql")), "-X", f"host=127.0.0.1 port={place.port} dbname=orders user={who}"],
        input=statements,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGPASSWORD": token, "PGAPPNAME": "psql"},
    )
    return lines(done.stdout)


def answers_shown(transcript: list[str]) -> list[str]:
    """Return a transcript without what was typed."""
    return [line for line in transcript if not line.startswith(PROMPT)]
