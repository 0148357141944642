"""docs/approvals.md is true: its transcripts happen so, its settings load, its tables are the code's."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from admin.place import Place, asked
from yett.admin.api import api_routes
from yett.admin.problems import REFUSALS, ApiProblem
from yett.config import load_config
from yett.telemetry.webhook_settings import WebhookSettings
from yett.telemetry.webhook_signing import signature

PAGE = (Path(__file__).parents[2] / "docs" / "approvals.md").read_text(encoding="utf-8")
PEOPLE = {"dana": ("dba",), "ana": ("support-agents",)}
PROMPT = re.compile(r"^(dana|ana)\$ (.*)$")
ANSI = re.compile(r"\x1b\[[0-9;]*[a-zA-Z]")
TICKET = re.compile(r"\b[2-9a-hjkmnp-tv-z]{5}-[2-9a-hjkmnp-tv-z]{5}\b")
VARIES = (
    (TICKET, "<ticket>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+"), "<time>"),
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def transcript() -> list[tuple[str, str, list[str]]]:
    """Return (who, command, the lines that the page shows), in the page's order."""
    found: list[tuple[str, str, list[str]]] = []
    for line in "".join(blocks("console")).splitlines():
        if prompt := PROMPT.match(line):
            found.append((prompt[1], prompt[2], []))
        else:
            found[-1][2].append(line)
    return found


def run(place: Place, who: str, command: str, folder: Path) -> list[str]:
    """Return what a command prints, answering `yes` where it asks."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TZ": "UTC",
        "COLUMNS": "110",
        "LC_ALL": "C.UTF-8",
        "YETT_URL": f"http://127.0.0.1:{place.server.port}",
        "YETT_TOKEN": place.token(who, *PEOPLE[who]),
    }
    line = command.replace("yett ", f"{sys.executable} -m yett ", 1)
    if " approve " not in command:
        done = subprocess.run(
            line, shell=True, env=environment, cwd=folder, text=True, capture_output=True, timeout=60, check=False
        )
        return (done.stdout + done.stderr).splitlines()
    child = pexpect.spawn("/bin/sh", ["-c", line], env=environment, encoding="utf-8", timeout=30, dimensions=(80, 110))
    child.expect("Type yes: ")
    said = child.before + child.after
    child.sendline("yes")
    child.expect(pexpect.EOF)
    return ANSI.sub("", said + child.before).replace("\r", "").splitlines()


def alike(lines: list[str]) -> list[str]:
    text = "\n".join(lines)
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def fits(shown: list[str], got: list[str]) -> bool:
    """Say whether the lines are as shown, where a line `…` stands for any."""
    if "…" not in shown:
        return shown == got
    at = shown.index("…")
    end = len(shown) - at - 1
    return shown[:at] == got[:at] and shown[at + 1 :] == got[len(got) - end :]


@pytest.fixture
def place():
    one = Place()
    one.start()
    other = {"statement": b"DELETE FROM public.carts WHERE seen < $1", "parameters": ((0, 25, b"2026-01-01"),)}
    one.desk.ask(asked(2, operation="DELETE", shape=b"\x08" * 32, **other))
    one.clock.advance(30)
    one.desk.ask(asked(1))
    yield one
    one.stop()


def test_what_reviewers_type_prints_what_the_page_shows(place, tmp_path):
    known: dict[str, str] = {}
    for who, command, shown in transcript():
        typed = " ".join(known.get(word, word) for word in command.split(" "))
        got = run(place, who, typed, tmp_path)
        assert fits(alike(shown), alike(got)), f"{command}\n" + "\n".join(got)
        known.update(zip(TICKET.findall("\n".join(shown)), TICKET.findall("\n".join(got)), strict=False))
        place.desk.changed()


def test_the_settings_of_the_page_load(tmp_path):
    (tmp_path / "yett.toml").write_text(blocks("toml")[0])
    settings = load_config(tmp_path / "yett.toml").settings
    assert settings.approvals["dba"].reviewers == ("corp/dba",)
    assert settings.access["orders-writer"].approval == "dba"
    assert settings.webhooks["chat"].url.startswith("https://")


def test_every_endpoint_is_in_the_table(place):
    told = set(re.findall(r"^\| `(GET|POST) (/api/[^`?]*)", PAGE, re.MULTILINE))
    routes = {(next(iter(one.methods - {"HEAD"})), one.path) for one in api_routes(place.behind)}
    assert told == routes


def test_every_refusal_of_the_api_is_in_the_table():
    told = dict(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", PAGE, re.MULTILINE))
    assert {code: str(ApiProblem(code).status) for code in REFUSALS} == {one: told.get(one) for one in REFUSALS}


def test_every_event_of_a_webhook_is_named():
    named = set(re.findall(r"`(\w+)`", PAGE.partition("<!-- events -->")[2].partition("\n\n")[0]))
    known = WebhookSettings.__annotations__["events"]
    assert {one for one in named if repr(one) in repr(known)} == set(re.findall(r"'(\w+)'", repr(known))) - {""}


def test_a_receiver_that_checks_as_the_page_says_takes_what_is_signed_and_nothing_else():
    receiver: dict = {}
    exec(blocks("python")[0], receiver)
    secret, body = b"a secret that both know", b'{"id": "1"}'
    signed = signature(secret, body, int(time.time()))
    assert receiver["is_from_the_gate"](secret, body, signed)
    assert not receiver["is_from_the_gate"](secret, body + b" ", signed)
    assert not receiver["is_from_the_gate"](secret, body, signature(secret, body, int(time.time()) - 1000))
    assert not receiver["is_from_the_gate"](secret, body, "")
