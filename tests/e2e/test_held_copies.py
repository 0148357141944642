"""COPY FROM STDIN that waits for a person: its data is taken first, is what the yes stands for, and is sent once."""

import asyncio
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import asyncpg
import psycopg
import pytest

from e2e.conftest import direct_route
from e2e.gates import Gate, gate_before
from e2e.held import DBA, FLOW, POLICIES, asked, waiting
from e2e.raw import Peer, sign_in
from e2e.routes import OWNER
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.approvals.desk import ApprovalDesk
from yett.core.approvals import TicketState
from yett.protocols.postgres import codec

SCHEMA = """
CREATE TABLE loaded (id int PRIMARY KEY, name text, twice int GENERATED ALWAYS AS (id * 2) STORED);
"""
DONE, TEXT = codec.COPY_DONE, b"1\tada\n2\tbob\n"


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate whose policy holds every write, and that keeps 64 KiB of a COPY."""
    server = filled(17)
    server.create_database("copies", OWNER)
    with direct_route(server, "copies").connect() as connection:
        connection.execute(SCHEMA)
    flow = FLOW.replace('"3s"', '"6s"') + '\n[limits]\nheld_copy = "64KiB"\n'
    with gate_before(server, authority, policies=POLICIES, extra=flow, resources={"e2e": "copies"}) as found:
        yield found
    server.drop_database("copies")


@pytest.fixture(autouse=True)
def emptied(gate: Gate) -> None:
    with direct_route(gate.server, "copies").connect() as connection:
        connection.execute("DELETE FROM loaded")


@pytest.fixture
def desk(desk: ApprovalDesk) -> Iterator[ApprovalDesk]:
    """Return the desk, and leave nothing open at it."""
    yield desk
    for ticket in waiting(desk):
        desk.withdraw(ticket.id, "test")


def rows(gate: Gate) -> list[tuple[object, ...]]:
    with direct_route(gate.server, "copies").connect() as connection:
        return connection.execute("SELECT id, name FROM loaded ORDER BY id").fetchall()


class Copying:
    """A client in a thread of its own."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.error: Exception | None = None
        self.result: object = None
        self.thread = threading.Thread(target=self._run, args=(act,))
        self.thread.start()

    def _run(self, act: Callable[[], object]) -> None:
        try:
            self.result = act()
        except (OSError, psycopg.Error, asyncpg.PostgresError, subprocess.SubprocessError) as error:
            self.error = error

    def end(self) -> None:
        self.thread.join(25)
        assert not self.thread.is_alive()


@contextmanager
def connected(gate: Gate) -> Iterator[psycopg.Connection]:
    connection = gate.route("wil", "writers").connect()
    try:
        yield connection
    finally:
        connection.close()


def copied(
    connection: psycopg.Connection, data: bytes, statement: str = "COPY loaded (id, name) FROM STDIN"
) -> Copying:
    def act() -> str:
        with connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                copy.write(data)
            return cursor.statusmessage or ""

    return Copying(act)


def lives(connection: psycopg.Connection) -> bool:
    connection.rollback()
    return connection.execute("SELECT 7").fetchone() == (7,)


def test_the_data_waits_with_its_statement_and_is_written_once(gate, desk):
    with connected(gate) as connection:
        client = copied(connection, TEXT)
        ticket = asked(desk)
        assert rows(gate) == []
        assert ticket.asked.operation == "COPY"
        assert ticket.asked.parameters == ((0, 0, TEXT),)
        digest = sha256(TEXT).hexdigest()
        assert ticket.asked.shown["COPY data"] == f"$1 is the data: 2 lines, 12 bytes, SHA-256 {digest}"
        desk.decide(ticket.id, DBA, True)
        client.end()
        assert (client.error, client.result) == (None, "COPY 2")
        assert rows(gate) == [(1, "ada"), (2, "bob")]
        assert desk.get(ticket.id).state is TicketState.USED
        assert lives(connection)


def test_a_no_writes_nothing(gate, desk):
    with connected(gate) as connection:
        client = copied(connection, TEXT)
        desk.decide(asked(desk).id, DBA, False, "not bob")
        client.end()
        assert isinstance(client.error, psycopg.errors.InsufficientPrivilege)
        assert "not bob" in str(client.error)
        assert rows(gate) == []
        assert lives(connection)


def test_other_data_is_another_question_and_the_same_joins(gate, desk):
    first = copied(gate.route("wil", "writers").connect(), TEXT)
    ticket = asked(desk)
    gate.restart()
    first.end()
    assert first.error is not None
    with connected(gate) as connection:
        other = copied(connection, TEXT + b"3\teve\n")
        deadline = time.monotonic() + 10
        while len(desk.visible_to(DBA)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        desk.decide(ticket.id, DBA, True)
        time.sleep(0.5)
        assert rows(gate) == []
        connection.cancel_safe()
        other.end()
        assert isinstance(other.error, psycopg.errors.QueryCanceled)
        assert lives(connection)
        again = copied(connection, TEXT)
        again.end()
        assert again.result == "COPY 2"
    assert desk.get(ticket.id).state is TicketState.USED


def test_binary_data_is_shown_as_it_can_be_read(gate, desk):
    with connected(gate) as connection:

        def act() -> None:
            with connection.cursor().copy("COPY loaded (id, name) FROM STDIN (FORMAT binary)") as copy:
                copy.set_types(["int4", "text"])
                copy.write_row((5, "eve"))
                copy.write_row((6, None))

        client = Copying(act)
        ticket = asked(desk)
        assert ticket.asked.parameters[0][0] == 1
        assert "2 rows" in ticket.asked.shown["COPY data"]
        assert ticket.asked.shown["COPY rows"] == "\\x00000005 | eve\n\\x00000006 | NULL"
        desk.decide(ticket.id, DBA, True)
        client.end()
        assert client.error is None
        assert rows(gate) == [(5, "eve"), (6, None)]


def test_psql_copies(gate, desk, tmp_path):
    psql = shutil.which("psql") or str(gate.server.release.binaries.folder / "psql")
    data = tmp_path / "rows.csv"
    data.write_text('id,name\n1,"a, b"\n', encoding="utf-8")
    route = gate.route("wil", "writers")
    target = f"host={route.host} port={route.port} user={route.user} dbname={route.database} password={route.password}"
    command = [psql, "-X", "-d", target, "-c", f"\\copy loaded (id, name) from '{data}' with (format csv, header)"]
    client = Copying(lambda: subprocess.run(command, capture_output=True, text=True, timeout=20, check=False))
    desk.decide(asked(desk).id, DBA, True)
    client.end()
    assert client.result.stdout.strip() == "COPY 1", client.result
    assert rows(gate) == [(1, "a, b")]


def test_asyncpg_copies(gate, desk):
    route = gate.route("wil", "writers")

    async def act() -> str:
        connection = await asyncpg.connect(
            host=route.host,
            port=route.port,
            user=route.user,
            password=route.password,
            database=route.database,
            ssl=False,
        )
        try:
            said = await connection.copy_records_to_table(
                "loaded", records=[(1, "x"), (2, "y")], columns=["id", "name"]
            )
            assert await connection.fetchval("SELECT 1") == 1
        finally:
            await connection.close()
        return said

    client = Copying(lambda: asyncio.run(act()))
    ticket = asked(desk)
    assert "2 rows" in ticket.asked.shown["COPY data"]
    desk.decide(ticket.id, DBA, True)
    client.end()
    assert (client.error, client.result) == (None, "COPY 2")


def test_a_client_may_give_up_while_it_sends(gate, desk):
    with connected(gate) as connection:
        with pytest.raises(RuntimeError, match="never mind"):  # noqa: SIM117 - the copy must end inside
            with connection.cursor().copy("COPY loaded (id, name) FROM STDIN") as copy:
                copy.write(TEXT)
                raise RuntimeError("never mind")
        assert lives(connection)
        with pytest.raises(psycopg.errors.QueryCanceled, match="user request"):  # noqa: SIM117 - as above
            with connection.cursor().copy("COPY loaded (id, name) FROM STDIN") as copy:
                copy.write(TEXT)
                connection.cancel_safe()
        assert lives(connection)
    assert all(one.state is not TicketState.OPEN for one in desk.visible_to(DBA))
    assert rows(gate) == []


def test_more_than_may_be_kept_is_refused_while_it_comes(gate, desk):
    with connected(gate) as connection:
        for piece in (b"1\t" + b"x" * 100_000 + b"\n", b"x" * 1_000):
            with pytest.raises(psycopg.errors.ProgramLimitExceeded, match=r"64\.0 KiB at most"):  # noqa: SIM117 - as above
                with connection.cursor().copy("COPY loaded (id, name) FROM STDIN") as copy:
                    for _ in range(1_000):
                        copy.write(piece)
            assert lives(connection)
    assert all(one.state is not TicketState.OPEN for one in desk.visible_to(DBA))


@pytest.mark.parametrize(
    ("statement", "data", "sqlstate"),
    [
        ("COPY loaded (id, name) FROM STDIN", b"one\tx\n", "22P02"),
        ("COPY loaded (id, name) FROM STDIN", b"1\ta\n1\tb\n", "23505"),
        ("COPY loaded (twice) FROM STDIN", b"1\n", "42P10"),
        ("COPY loaded (id, name) FROM STDIN (FORMAT odd)", b"1\ta\n", "22023"),
    ],
)
@pytest.mark.parametrize("begun", [False, True], ids=["alone", "in a transaction"])
def test_what_the_target_refuses_after_the_yes_is_its_own_error(gate, desk, statement, data, sqlstate, begun):
    with connected(gate) as connection:
        if begun:
            connection.execute("BEGIN")
        client = copied(connection, data, statement)
        ticket = asked(desk)
        assert ticket.asked.in_transaction is begun
        desk.decide(ticket.id, DBA, True)
        client.end()
        assert isinstance(client.error, psycopg.Error)
        assert client.error.sqlstate == sqlstate
        assert lives(connection)
    assert rows(gate) == []


def test_a_change_while_it_waits_is_asked_anew_with_the_same_data(gate, desk):
    with connected(gate) as connection:
        client = copied(connection, b"1\tada\n", "COPY loaded FROM STDIN")
        first = asked(desk)
        with direct_route(gate.server, "copies").connect() as other:
            other.execute("ALTER TABLE loaded ADD CHECK (id > 0)")
        desk.decide(first.id, DBA, True)
        deadline = time.monotonic() + 10
        while not (again := [one for one in desk.visible_to(DBA) if one.state is TicketState.OPEN]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert again[0].asked.parameters == first.asked.parameters
        assert rows(gate) == []
        desk.decide(again[0].id, DBA, True)
        client.end()
        assert client.result == "COPY 1"
        assert rows(gate) == [(1, "ada")]
        assert lives(connection)


def test_a_shape_that_may_pass_passes_as_a_stream(gate, desk):
    with connected(gate) as connection:
        client = copied(connection, TEXT)
        desk.decide(asked(desk).id, DBA, True, for_shape_seconds=30)
        client.end()
        more = b"".join(b"%d\t%s\n" % (number, b"n" * 80) for number in range(10, 2_010))
        client = copied(connection, more)
        client.end()
        assert client.result == "COPY 2000"


def test_among_other_statements_it_is_refused(gate):
    with connected(gate) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="by itself"):
            connection.execute("SELECT 1; COPY loaded FROM STDIN")
        assert lives(connection)


def kinds(heard: list[tuple[bytes, bytes]]) -> str:
    return b"".join(kind for kind, _ in heard if kind not in b"NS").decode()


def approve(desk: ApprovalDesk, peer: Peer, readies: int = 1) -> str:
    desk.decide(asked(desk).id, DBA, True)
    return kinds(peer.hear(readies))


def test_the_extended_protocol_in_one_go_and_what_comes_behind(gate, desk):
    prepared = (codec.parse(b"s", b"COPY loaded FROM STDIN"), codec.bind_text(b"p", b"s", ()))
    with sign_in(gate.route("wil", "writers")) as peer:
        peer.say(*prepared, codec.describe_portal(b"p"), codec.execute(b"p"), codec.SYNC)
        assert peer.hear(quiet=1) == [
            (b"1", b""),
            (b"2", b""),
            (b"n", b""),
            (b"G", b"\0\0\2\0\0\0\0"),
        ]
        data = codec.message(b"d", TEXT[:5]), codec.SYNC, codec.message(b"d", TEXT[5:]), DONE, codec.SYNC
        peer.say(*data, codec.query("SELECT 1"))
        assert approve(desk, peer, 2) == "CZTDCZ"
        assert rows(gate) == [(1, "ada"), (2, "bob")]
        peer.say(codec.bind_text(b"", b"s", ()), codec.execute(b""), codec.SYNC)
        assert kinds(peer.hear(quiet=1)) == "2G"
        peer.say(codec.message(b"d", b"1\tagain\n"), DONE, codec.SYNC)
        assert approve(desk, peer) == "EZ"


def test_a_no_in_the_extended_protocol_keeps_the_line(gate, desk):
    with sign_in(gate.route("wil", "writers")) as peer:
        for wanted in ("denied", "cut short"):
            peer.say(codec.parse(b"", b"COPY loaded FROM STDIN"), codec.bind_text(b"", b"", ()), codec.execute(b""))
            peer.say(codec.FLUSH)
            assert kinds(peer.hear(quiet=1)) == "12G"
            if wanted == "denied":
                peer.say(codec.message(b"d", TEXT), DONE, codec.SYNC)
                desk.decide(asked(desk).id, DBA, False, "no")
            else:
                peer.say(codec.message(b"d", b"x" * 70_000), DONE, codec.SYNC)
            assert kinds(peer.hear()) == "EZ"
        peer.say(codec.query("SELECT 1"))
        assert kinds(peer.hear()) == "TDCZ"


def test_anything_else_in_the_place_of_data_ends_the_session(gate):
    with sign_in(gate.route("wil", "writers")) as peer:
        peer.say(codec.query("COPY loaded FROM STDIN"))
        assert kinds(peer.hear(quiet=1)) == "G"
        peer.say(codec.query("SELECT 1"))
        peer.hear()
        assert peer.closed


def test_a_client_that_leaves_while_it_sends_leaves_no_question(gate, desk):
    for last in (codec.TERMINATE, b""):
        with sign_in(gate.route("wil", "writers")) as peer:
            peer.say(codec.query("COPY loaded FROM STDIN"))
            assert kinds(peer.hear(quiet=1)) == "G"
            peer.say(codec.message(b"d", TEXT), last)
    time.sleep(0.5)
    assert all(one.state is not TicketState.OPEN for one in desk.visible_to(DBA))
    assert rows(gate) == []


def test_data_that_does_not_come_is_not_awaited_for_ever(gate):
    with sign_in(gate.route("wil", "writers")) as peer:
        peer.say(codec.query("BEGIN"), codec.query("COPY loaded FROM STDIN"))
        begun = time.monotonic()
        heard = peer.hear(2, seconds=18)
        assert kinds(heard) == "CZGEZ"
        assert time.monotonic() - begun < 15
