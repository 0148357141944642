"""The reviewer's commands against a running gate: what a client is held for is shown, answered and done, or refused."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection

import psycopg
import pytest

from e2e.gates import Gate, gate_before
from e2e.held import POLICIES
from servers.authority import Authority
from servers.postgres import TestPostgres

FLOW = """
[approvals.dba]
reviewers = ["corp/dba"]
expires = "40s"
remind = "1s"

[access.writer]
requestable_by = ["corp/writers"]
approval = "dba"
max = "1h"
"""


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate whose policy holds every write."""
    with gate_before(filled(17), authority, policies=POLICIES, extra=FLOW) as found:
        yield found


@pytest.fixture
def yett(gate: Gate) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a command as somebody: `yett("dora", "approvals", "list")`."""

    def run(who: str, *arguments: str, groups: tuple[str, ...] = ("dba",)) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(gate.folder),
            "YETT_TOKEN": gate.token(who, *groups),
            "YETT_CONFIG": str(gate.config),
        }
        return subprocess.run(
            [sys.executable, "-m", "yett", *arguments],
            env=environment,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )

    return run


class Client:
    """Somebody whose statement waits, and how it ended."""

    def __init__(
        self, gate: Gate, statement: str, parameters: tuple[object, ...] = (), *, binary: bool = False
    ) -> None:
        self.connection = gate.route("wil", "writers").connect()
        self.error: psycopg.Error | None = None
        self.tag = ""
        self._arguments = (statement, parameters, binary)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        statement, parameters, binary = self._arguments
        place = "%b" if binary else "%s"
        try:
            with self.connection.cursor() as cursor:
                self.tag = cursor.execute(statement.replace("%s", place), parameters).statusmessage or ""
        except psycopg.Error as error:
            self.error = error

    def end(self) -> None:
        """Wait for the statement's end, and leave."""
        self._thread.join(45)
        assert not self._thread.is_alive()
        self.connection.close()


def waiting(yett: Callable[..., subprocess.CompletedProcess[str]]) -> str:
    """Return the id of the newest ticket that waits, as soon as the list has one."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        listed = yett("dora", "approvals", "list", "--json")
        assert listed.returncode == 0, listed.stderr
        if found := json.loads(listed.stdout):
            return str(found[0]["id"])
        time.sleep(0.1)
    raise AssertionError("nobody was asked")


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_a_reviewer_sees_what_a_client_waits_with_and_lets_it_pass(gate, yett, binary):
    client = Client(gate, "UPDATE orders SET note = %s WHERE id = %s", ("seen by dora", 21 + binary), binary=binary)
    ticket = waiting(yett)
    shown = yett("dora", "approvals", "show", ticket).stdout
    assert "User corp/wil" in shown
    assert "UPDATE orders SET note = $1 WHERE id = $2" in shown
    assert "│ seen by dora" in shown
    assert f"│ {21 + binary}" in shown, "a binary value is shown as the number it is"
    assert "writes-need-a-dba" in shown
    digest = shown.partition("digest  ")[2].split()[0]
    done = yett("dora", "approvals", "approve", ticket, "--yes", "--seen", digest[:16], "--reason", "fine")
    assert done.returncode == 0, done.stderr
    client.end()
    assert (client.error, client.tag) == (None, "UPDATE 1")


def test_a_no_reaches_the_client_with_its_reason(gate, yett):
    client = Client(gate, "UPDATE orders SET note = 'no' WHERE id = 23")
    ticket = waiting(yett)
    assert yett("dora", "approvals", "deny", ticket, "--reason", "not on a Saturday").returncode == 0
    client.end()
    assert client.error is not None
    assert "not on a Saturday" in str(client.error)


def test_who_asked_cannot_answer_and_an_agent_cannot_look(gate, yett):
    client = Client(gate, "UPDATE orders SET note = 'own' WHERE id = 24")
    ticket = waiting(yett)
    shown = json.loads(yett("wil", "approvals", "show", ticket, "--json", groups=("dba", "writers")).stdout)
    given = ("--yes", "--seen", shown["digest"], "--json")
    refused = yett("wil", "approvals", "approve", ticket, *given, groups=("dba", "writers"))
    assert json.loads(refused.stderr)["error"]["code"] == "own"
    bot = gate.provider.token("bot", ("dba",), kind="agent").reveal()
    environment = {"PATH": os.environ["PATH"], "HOME": str(gate.folder), "YETT_TOKEN": bot}
    looked = subprocess.run(
        [sys.executable, "-m", "yett", "approvals", "show", ticket, "--json", "--url", gate.admin],
        env=environment,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert json.loads(looked.stderr)["error"]["code"] == "people_only"
    yett("dora", "approvals", "deny", ticket, "--reason", "enough")
    client.end()


def test_a_role_is_asked_for_granted_and_ended(gate, yett):
    asked = yett("wil", "request", "writer", "--for", "10m", "--reason", "case 4711", "--json", groups=("writers",))
    ticket = json.loads(asked.stdout)["id"]
    shown = json.loads(yett("dora", "approvals", "show", ticket, "--json").stdout)
    assert yett("dora", "approvals", "approve", ticket, "--yes", "--seen", shown["digest"]).returncode == 0
    deadline = time.monotonic() + 10
    while not (found := json.loads(yett("wil", "grants", "--json", groups=("writers",)).stdout)):
        assert time.monotonic() < deadline
    assert [(one["role"], one["principal"]) for one in found] == [("writer", "corp/wil")]
    assert yett("dora", "grants", "revoke", ticket, "--reason", "done").returncode == 0


def test_every_look_and_answer_is_in_the_audit_trail_and_it_verifies(gate, yett):
    verified = yett("dora", "verify")
    assert verified.returncode == 0, verified.stdout
    for path in gate.data.rglob("*"):
        if path.is_file():
            assert b"seen by dora" not in path.read_bytes(), path
    assert "seen by dora" not in gate.log_text


def test_who_watches_while_the_gate_ends_is_answered(gate):
    who = {"Authorization": f"Bearer {gate.token('dana', 'dba')}"}
    cursor = _told(gate, who, "")["cursor"]
    answers = []
    watcher = threading.Thread(target=lambda: answers.append(_told(gate, who, f"?since={cursor}&wait=25")))
    watcher.start()
    time.sleep(0.3)
    began = time.monotonic()
    try:
        assert gate.terminate() == 0
    finally:
        watcher.join(30)
        gate.start()
    assert time.monotonic() - began < 15
    # An answer is only given once it is recorded.
    assert (answers[0]["tickets"], answers[0]["anew"]) == ([], False)
    assert '"fault"' not in gate.log_text


def _told(gate: Gate, who: dict[str, str], query: str) -> dict[str, object]:
    connection = HTTPConnection("127.0.0.1", gate.admin_port, timeout=60)
    try:
        connection.request("GET", f"/api/approvals/watch{query}", headers=who)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()
