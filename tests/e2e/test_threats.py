"""Rows of docs/threat-model.md that need a gate, a server and a peer that does not keep to the rules."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest

from e2e.gates import EVERYTHING, Gate
from e2e.routes import Route

READERS = """
permit (
  principal in Group::"corp/readers",
  action in [Action::"connect", Action::"read", Action::"write", Action::"execute"],
  resource
)
unless { resource in Schema::"e2e/hr" };

@id("writes-are-reviewed")
@approval("dba")
@reason("writes are reviewed")
forbid (principal in Group::"corp/readers", action == Action::"write", resource)
unless { context.approvals.contains("dba") };
"""
SETTINGS = """
[limits]
startup_deadline = "500ms"
login_deadline = "1s"

[approvals.dba]
reviewers = ["corp/dba"]
expires = "1s"
"""
SSL_REQUEST = bytes.fromhex("00000008 04d2162f")


@pytest.fixture(scope="module")
def strict(filled, authority) -> Iterator[Gate]:
    """Return a gate where readers read, and whatever they write would need a yes."""
    from e2e.gates import gate_before

    policies = {"everything": EVERYTHING, "readers": READERS}
    with gate_before(filled(17), authority, policies=policies, extra=SETTINGS) as gate:
        yield gate


@pytest.fixture
def reader(strict: Gate) -> Route:
    """Return the way through that gate as somebody whom policy restricts."""
    return strict.route("rita", "readers")


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


def _next(wire: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(wire, 5)
    return head[:1], _exactly(wire, int.from_bytes(head[1:], "big") - 4)


def _exactly(wire: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = wire.recv(size - len(data))
        assert more, "the gate closed the connection"
        data += more
    return data


def _until_ready(wire: socket.socket) -> list[tuple[bytes, bytes]]:
    found = [_next(wire)]
    while found[-1][0] != b"Z":
        found.append(_next(wire))
    return found


@contextmanager
def _signed_in(route: Route) -> Iterator[socket.socket]:
    """Speak the protocol by hand: up to the first ReadyForQuery."""
    with socket.create_connection((route.host, route.port), timeout=10) as wire:
        words = f"user\0{route.user}\0database\0{route.database}\0\0".encode()
        wire.sendall((len(words) + 8).to_bytes(4, "big") + (3 << 16).to_bytes(4, "big") + words)
        assert _next(wire) == (b"R", b"\0\0\0\3")
        wire.sendall(_message(b"p", route.password.encode() + b"\0"))
        _until_ready(wire)
        yield wire


def test_a_fast_path_call_is_refused_to_whom_policy_restricts_and_the_connection_goes_on(reader: Route) -> None:
    with _signed_in(reader) as wire:
        call = (2026).to_bytes(4, "big") + b"\0\0" + b"\0\0" + b"\0\0"  # pg_backend_pid(), no arguments
        wire.sendall(_message(b"F", call))
        (kind, error), ready = _until_ready(wire)
        assert (kind, ready) == (b"E", (b"Z", b"I"))
        assert b"C0A000\0" in error
        wire.sendall(_message(b"Q", b"SELECT 1\0"))
        assert [kind for kind, _ in _until_ready(wire)] == [b"T", b"D", b"C", b"Z"]


def test_an_unknown_message_ends_the_session_and_nobody_elses(strict: Gate, reader: Route) -> None:
    with reader.connect() as other, _signed_in(reader) as wire:
        wire.sendall(_message(b"y", b""))
        kind, error = _next(wire)
        assert (kind, b"C08P01\0" in error) == (b"E", True)
        assert wire.recv(1) == b""
        assert other.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("said", [b"", SSL_REQUEST[:5], bytes.fromhex("0000000c 00030000")])
def test_a_client_that_does_not_finish_its_sign_in_is_closed(strict: Gate, reader: Route, said: bytes) -> None:
    with socket.create_connection((strict.host, strict.port), timeout=10) as wire:
        began = time.monotonic()
        wire.sendall(said)
        with reader.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        while wire.recv(100):
            pass
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "statement",
    [
        "PREPARE yett_mine AS SELECT 1",
        "EXECUTE yett_assert_plain_1('a', 'b', 'c', 'd', 'e')",
        "DEALLOCATE yett_assert_plain_1",
        "DECLARE yett_mine CURSOR WITH HOLD FOR SELECT 1",
        'DEALLOCATE "yett_lookup"',
    ],
)
def test_names_of_the_gate_are_not_a_clients(reader: Route, statement: str) -> None:
    with reader.connect() as connection:
        assert connection.execute("SELECT count(*) FROM products").fetchone() == (50,)
        with pytest.raises(psycopg.errors.ReservedName):
            connection.execute(statement)
        assert (
            connection.pgconn.prepare(b"yett_mine", b"SELECT 1").error_field(psycopg.pq.DiagnosticField.SQLSTATE)
            == b"42939"
        )
        assert connection.execute("SELECT count(*) FROM products").fetchone() == (50,)


@pytest.mark.parametrize("statement", ["DEALLOCATE ALL", "DISCARD ALL", "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"])
def test_what_drops_the_gates_proofs_harms_nothing(reader: Route, statement: str) -> None:
    with reader.connect() as connection:
        for _ in range(2):
            assert connection.execute("SELECT count(*) FROM products").fetchone() == (50,)
            connection.execute(statement)
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (200,)


def test_what_needs_a_yes_and_gets_no_answer_is_not_done(reader: Route, direct: Route) -> None:
    said: list[str] = []
    with reader.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
        connection.add_notice_handler(lambda notice: said.append(f"{notice.message_primary}: {notice.message_detail}"))
        connection.execute("UPDATE products SET name = 'held'")
    assert "waits for approval by dba" in said[0]
    assert "writes are reviewed" in said[0]
    assert "nobody answered in time" in f"{caught.value.diag.message_primary} {caught.value.diag.message_detail}"
    with direct.connect() as connection:
        assert connection.execute("SELECT count(*) FROM products WHERE name = 'held'").fetchone() == (0,)


SWAPS = {
    "a view in its place": "DROP TABLE {0}; CREATE VIEW {0} AS SELECT employee_id AS id FROM hr.payroll",
    "a policy that reads elsewhere": """
        ALTER TABLE {0} ENABLE ROW LEVEL SECURITY; ALTER TABLE {0} FORCE ROW LEVEL SECURITY;
        CREATE POLICY p ON {0} USING (EXISTS (SELECT FROM hr.payroll WHERE employee_id = id))
    """,
}


@dataclass(frozen=True, slots=True)
class Swapped:
    """A table of the test's own, and what changes it beside the gate."""

    direct: Route
    name: str

    @property
    def query(self) -> str:
        return f"SELECT count(*) FROM {self.name}"

    def run(self, script: str) -> None:
        with self.direct.connect() as connection:
            connection.execute(script.format(self.name))


@pytest.fixture
def table(direct: Route) -> Iterator[Swapped]:
    """Return a table that nobody has asked for yet."""
    made = Swapped(direct, f"swapped_{uuid4().hex[:8]}")
    made.run("CREATE TABLE {0} (id int)")
    yield made
    with direct.connect() as connection:
        kind = connection.execute(f"SELECT relkind FROM pg_class WHERE relname = '{made.name}'").fetchone()
        connection.execute(f"DROP {'VIEW' if kind == ('v',) else 'TABLE'} {made.name}")


@pytest.mark.parametrize("swap", SWAPS)
def test_what_is_changed_beside_the_gate_is_judged_anew_before_it_is_read(
    reader: Route, table: Swapped, swap: str
) -> None:
    with reader.connect() as connection:
        assert connection.execute(table.query).fetchone() == (0,)
        table.run(SWAPS[swap])
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
            connection.execute(table.query)
        assert "hr.payroll" in caught.value.diag.message_detail


@pytest.mark.parametrize("swap", SWAPS)
def test_a_prepared_statement_whose_table_was_changed_says_so_and_is_then_judged_anew(
    reader: Route, table: Swapped, swap: str
) -> None:
    with reader.connect() as connection:
        for _ in range(2):
            connection.execute(table.query, prepare=True)
        table.run(SWAPS[swap])
        with pytest.raises(psycopg.errors.SerializationFailure):
            connection.execute(table.query, prepare=True)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(table.query, prepare=True)
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_inside_a_transaction_a_change_beside_the_gate_fails_it(reader: Route, table: Swapped) -> None:
    with reader.connect(autocommit=False) as connection:
        connection.execute(table.query)
        connection.commit()
        connection.execute("SELECT 1")
        table.run(SWAPS["a view in its place"])
        with pytest.raises(psycopg.errors.SerializationFailure):
            connection.execute(table.query)
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(table.query)


def test_bytes_that_a_target_sends_before_tls_are_not_taken(filled, authority) -> None:
    from e2e.gates import gate_before

    with socket.create_server(("127.0.0.1", 0)) as trap:
        threading.Thread(target=_spring, args=(trap,), daemon=True).start()
        resource = f"""
[resources.trap]
protocol = "postgres"
address = "127.0.0.1:{trap.getsockname()[1]}"
credential = {{ from = "env", login = "nobody", password = "HOME" }}
tls = {{ mode = "require" }}
"""
        with (
            gate_before(filled(17), authority, extra=resource) as gate,
            pytest.raises(psycopg.OperationalError, match="before the TLS handshake"),
        ):
            gate.route(database="trap").connect()


def _spring(trap: socket.socket) -> None:
    """Answer every plea for TLS with yes, and with a message in plain text right behind it."""
    while True:
        try:
            wire, _ = trap.accept()
        except OSError:
            return
        with wire:
            wire.recv(8)
            wire.sendall(b"S" + _message(b"R", b"\0\0\0\0"))
            wire.recv(1000)
