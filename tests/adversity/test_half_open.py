"""A client whose network is gone says no goodbye: what waited for a yes does not run for nobody."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from e2e.gates import Gate, gate_before
from e2e.held import DBA, FLOW, POLICIES, asked, until
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.app.approvals import open_approvals
from yett.config import load_config
from yett.core.approvals import TicketState
from yett.core.clock import SystemClock

SPACE, HERE, THERE = "yett-far", "10.231.77.1", "10.231.77.2"
CLIENT = "import psycopg, sys; psycopg.connect(sys.argv[1], autocommit=True).execute(sys.argv[2])"
STATEMENT = "INSERT INTO far VALUES (1)"


def run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0


@pytest.fixture
def far() -> Iterator[tuple[str, ...]]:
    """Make a place with a network of its own, or skip; return what runs a command there."""
    there = ("ip", "netns", "exec", SPACE, "ip")
    made = (
        run("ip", "netns", "add", SPACE)
        and run("ip", "link", "add", "yett-here", "type", "veth", "peer", "name", "yett-there", "netns", SPACE)
        and run("ip", "address", "add", f"{HERE}/30", "dev", "yett-here")
        and run("ip", "link", "set", "yett-here", "up")
        and run(*there, "address", "add", f"{THERE}/30", "dev", "yett-there")
        and run(*there, "link", "set", "yett-there", "up")
    )
    try:
        if not made:
            pytest.skip("no network of its own can be made here")
        yield there[:-1]
    finally:
        run("ip", "link", "del", "yett-here")
        run("ip", "netns", "del", SPACE)


@pytest.fixture
def gate(server: TestPostgres, authority: Authority) -> Iterator[Gate]:
    """Start a gate that holds every write, and reminds each second."""
    with gate_before(server, authority, policies=POLICIES, extra=FLOW.replace("20s", "60s")) as found:
        with server.connect(database="e2e") as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS far (id int)")
            connection.execute("GRANT ALL ON far TO PUBLIC")
        yield found


def test_who_is_gone_without_a_word_does_not_wait(gate: Gate, far: tuple[str, ...]) -> None:
    gate.terminate()
    gate.config.write_text(gate.config.read_text().replace(f'"127.0.0.1:{gate.port}"', f'"{HERE}:{gate.port}"'))
    gate.start()
    route = replace(gate.route("far", "writers"), host=HERE, sslmode="require")
    command = [*far, sys.executable, "-c", CLIENT, route.dsn(), STATEMENT]
    client = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with open_approvals(load_config(gate.config), SystemClock()) as approvals:
            ticket = asked(approvals.desk)
            assert run(*far, "ip", "link", "set", "yett-there", "down")
            assert until(lambda: "client_gone" in gate_sessions(gate), 25)
            # It is nobody's any more: a yes runs nothing until the client is back and says the same again.
            approvals.desk.decide(ticket.id, DBA, True)
            assert not until(lambda: approvals.desk.get(ticket.id).state is TicketState.USED, 2)
            with psycopg.connect(route.dsn(), autocommit=True) as back:
                assert back.execute(STATEMENT).statusmessage == "INSERT 0 1"
            assert approvals.desk.get(ticket.id).state is TicketState.USED
    finally:
        client.kill()
        client.wait()


def gate_sessions(gate: Gate) -> str:
    """Return what the gate says of sessions that ended."""
    command = [sys.executable, "-m", "yett", "export", "--config", str(gate.config)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
