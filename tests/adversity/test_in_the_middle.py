"""What breaks in the middle of something costs nobody else anything: memory stays bounded, and the record tells."""

import contextlib
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from e2e.conftest import direct_route
from e2e.gates import EVERYTHING, Gate, gate_before
from e2e.held import DBA, FLOW, POLICIES, asked, asking, until
from e2e.raw import Peer, dial, enter, sign_in, startup
from e2e.routes import DATABASE
from gateway.processes import peak_bytes, resident_bytes, wire
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.app.approvals import open_approvals
from yett.config import load_config
from yett.core.approvals import TicketState
from yett.core.clock import SystemClock
from yett.protocols.postgres import codec

MIB = 1 << 20
LABELS = f"""
[data.{DATABASE}]
"public.people.email" = "email"
"""
READERS = """
permit (principal in Group::"corp/readers", action in [Action::"connect", Action::"read", Action::"execute"], resource);
permit (principal in Group::"corp/readers", action == Action::"write", resource in Table::"e2e/public.parcels");
"""


@pytest.fixture(scope="module")
def filled_server(server: TestPostgres) -> TestPostgres:
    with direct_route(server).connect() as connection:
        connection.execute("CREATE TABLE people (id int, email text)")
        connection.execute("CREATE TABLE parcels (id int, name text)")
        connection.execute(
            "INSERT INTO people SELECT i, 'p' || i || '@post.example' FROM generate_series(1, 1000000) i"
        )
    return server


@pytest.fixture(scope="module")
def gate(filled_server: TestPostgres, authority: Authority) -> Iterator[Gate]:
    """Start a gate that masks, before a million people."""
    policies = {"readers": READERS, "everything": EVERYTHING}
    with gate_before(filled_server, authority, policies=policies, extra=LABELS) as found:
        yield found


@pytest.fixture
def neighbour(gate: Gate) -> Iterator[Callable[[], float]]:
    """Work at the same gate meanwhile; return a function that says how long the slowest statement took so far."""
    over, slowest = threading.Event(), [0.0]
    faults: list[Exception] = []

    def work() -> None:
        try:
            with gate.route("neighbour", "readers").connect() as connection:
                while not over.wait(0.01):
                    began = time.monotonic()
                    assert connection.execute("SELECT 1").fetchone() == (1,)
                    slowest[0] = max(slowest[0], time.monotonic() - began)
        except (psycopg.Error, AssertionError) as fault:
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    yield lambda: slowest[0]
    over.set()
    thread.join(20)
    assert faults == []


def ended_of(gate: Gate, text: str) -> list[str]:
    """Return how the operations of a text ended, as the record tells."""
    command = [sys.executable, "-m", "yett", "export", "--config", str(gate.config)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    lines = [json.loads(line) for line in told.splitlines()]
    mine = {(one["session"], one["operation"]) for one in lines if one["type"] == "intention" and one["text"] == text}
    return [one["status"] for one in lines if one["type"] == "outcome" and (one["session"], one["operation"]) in mine]


def faults(gate: Gate) -> list[str]:
    """Return what the gate's log says of faults of its own."""
    return [line for line in gate.log_text.splitlines() if '"exception"' in line or "a fault" in line]


def test_a_client_that_stops_reading_masked_rows_in_their_middle_costs_nothing(gate, neighbour):
    with contextlib.closing(gate.route("slow", "readers").connect()) as connection:
        before = resident_bytes(gate)
        connection.pgconn.send_query(b"SELECT id, email FROM people")
        with contextlib.closing(wire(connection)) as peer:
            got = b""
            while len(got) < MIB:
                got += peer.recv(65536)
            time.sleep(2)
            assert resident_bytes(gate) - before < 24 * MIB
            assert neighbour() < 1
            # And when it reads on, all of it comes, and nothing of it in the clear.
            rest = len(got)
            while not got.endswith(b"Z\0\0\0\5I"):
                piece = peer.recv(MIB)
                assert b"p1@post" not in piece
                rest += len(piece)
                got = got[-20:] + piece
            assert b"SELECT 1000000" in got


def test_a_target_that_dies_in_the_middle_of_a_copy_out_ends_it_in_words(gate, neighbour):
    with contextlib.closing(gate.route("copier", "readers").connect()) as connection:
        (backend,) = connection.execute("SELECT pg_backend_pid()").fetchone()
        before = resident_bytes(gate)
        lines = 0
        with (
            pytest.raises(psycopg.OperationalError, match=r"admin shutdown"),
            connection.cursor().copy("COPY people (id, email) TO STDOUT") as copy,
        ):
            for _ in copy:
                lines += 1
                if lines == 10_000:
                    with gate.server.connect() as admin:
                        admin.execute("SELECT pg_terminate_backend(%s)", (backend,))
        assert lines < 1_000_000
        assert resident_bytes(gate) - before < 24 * MIB
    assert neighbour() < 1
    assert ended_of(gate, "COPY people (id, email) TO STDOUT") == ["outcome_unknown"]


@pytest.mark.parametrize("who", ["readers", "everything"])
def test_ten_thousand_statements_parsed_at_once_are_all_answered_in_bounded_memory(gate, neighbour, who):
    count = 10_000
    with sign_in(gate.route(f"many-{who}", who)) as peer:
        before = resident_bytes(gate)
        sent = b"".join(codec.parse(b"s%d" % n, b"SELECT %d AS n, $1::int" % n) for n in range(count)) + codec.SYNC
        writer = threading.Thread(target=peer.say, args=(sent,))
        writer.start()
        heard = peer.hear(seconds=60)
        writer.join(10)
        kinds = [kind for kind, _ in heard if kind not in b"NS"]
        assert kinds[-1] == b"Z"
        assert kinds[:-1] == [b"1"] * count or b"E" in kinds
        assert resident_bytes(gate) - before < 96 * MIB
        assert neighbour() < 2
        peer.say(codec.query("SELECT 42"))
        assert any(kind == b"D" and b"42" in body for kind, body in peer.hear())


def conversation(random_: random.Random) -> bytes:
    """Return something that a client might say once it is signed in."""
    parts = (
        codec.query("SELECT id, email FROM people LIMIT 3"),
        codec.parse(b"", b"SELECT $1::int") + codec.bind_text(b"", b"", ("7",)) + codec.execute(b"") + codec.SYNC,
        codec.query("COPY parcels FROM STDIN") + codec.message(b"d", b"1\tone\n") + codec.COPY_DONE,
        codec.parse(b"a", b"SELECT 1") + codec.message(b"D", b"Sa\0") + codec.SYNC,
        codec.query("BEGIN") + codec.query("SELECT 1") + codec.query("ROLLBACK"),
        codec.close_portal(b"") + codec.SYNC,
    )
    return b"".join(random_.choices(parts, k=random_.randint(1, 4)))


def spoilt(said: bytes, random_: random.Random) -> bytes:
    """Return it with some bytes changed, cut out, doubled, or with its end missing."""
    whole = bytearray(said)
    for _ in range(random_.randint(0, 3)):
        at = random_.randrange(len(whole))
        match random_.randrange(4):
            case 0:
                whole[at] = random_.randrange(256)
            case 1:
                del whole[at : at + random_.randint(1, 9)]
            case 2:
                whole[at:at] = whole[at : at + random_.randint(1, 9)]
            case _:
                whole[at:at] = random_.randbytes(random_.randint(1, 9))
        if not whole:
            return b""
    return bytes(whole[: random_.randint(0, len(whole))] if random_.random() < 0.5 else whole)


@pytest.mark.parametrize("who", ["readers", "everything"])
def test_whatever_is_said_after_signing_in_harms_nobody(gate, neighbour, who):
    random_ = random.Random(4711)
    before = len(faults(gate))
    for _ in range(60):
        with sign_in(gate.route("noise", who)) as peer:
            said = spoilt(conversation(random_), random_)
            peer.say(said)
            peer.hear(readies=9, quiet=0.02)
    assert faults(gate)[before:] == []
    assert neighbour() < 1
    assert peak_bytes(gate) < 400 * MIB


def test_whatever_is_said_while_signing_in_harms_nobody(gate, neighbour):
    random_ = random.Random(4712)
    before = len(faults(gate))
    route = gate.route("noise", "readers")
    password = codec.message(b"p", codec.cstring(route.password))
    for number in range(60):
        with Peer(dial(route)) as peer:
            if number % 2:
                peer.say(startup(route))
                peer.hear(quiet=0.02)
                peer.say(spoilt(password + conversation(random_), random_))
            else:
                peer.say(spoilt(startup(route) + password, random_))
            peer.hear(quiet=0.02)
    assert faults(gate)[before:] == []
    assert neighbour() < 1
    with Peer(dial(route)) as peer:
        peer.say(startup(route))
        enter(peer, route)
        assert peer.greeting[-1][0] == b"Z"


@pytest.fixture
def holding(filled_server: TestPostgres, authority: Authority) -> Iterator[Gate]:
    """Start a gate that holds every write."""
    with gate_before(filled_server, authority, policies=POLICIES, extra=FLOW) as found:
        yield found


def test_whatever_is_said_while_a_statement_waits_harms_nobody(holding):
    random_ = random.Random(4713)
    with open_approvals(load_config(holding.config), SystemClock()) as approvals:
        for _ in range(12):
            with sign_in(holding.route("noise", "writers")) as peer:
                peer.say(codec.query("INSERT INTO parcels VALUES (1, 'held')"))
                ticket = asked(approvals.desk)
                peer.say(spoilt(conversation(random_), random_))
                peer.hear(readies=9, quiet=0.02)
            assert until(lambda one=ticket: approvals.desk.get(one.id).state is TicketState.OPEN)
            approvals.desk.withdraw(ticket.id, "test")
    assert faults(holding) == []
    with direct_route(holding.server).connect() as connection:
        assert connection.execute("SELECT count(*) FROM parcels WHERE name = 'held'").fetchone() == (0,)


def test_a_target_that_restarts_while_a_statement_waits_leaves_the_question_for_its_repeat(holding):
    statement = "INSERT INTO parcels VALUES (2, 'after a restart')"
    with open_approvals(load_config(holding.config), SystemClock()) as approvals:
        with asking(holding) as client:
            client.run(statement)
            ticket = asked(approvals.desk)
            holding.server.kill9()
            client.end()
            assert isinstance(client.error, psycopg.OperationalError)
        holding.server.start()
        assert approvals.desk.get(ticket.id).state is TicketState.OPEN
        with asking(holding) as client:
            client.run(statement)
            assert until(lambda: client.told)
            assert ticket.id in client.told[0]
            approvals.desk.decide(ticket.id, DBA, True)
            client.end()
            assert client.tag == "INSERT 0 1"
        assert until(lambda: approvals.desk.get(ticket.id).outcome == "done")
    with direct_route(holding.server).connect() as connection:
        count = connection.execute("SELECT count(*) FROM parcels WHERE id = 2").fetchone()
        assert count == (1,)
