"""Clients and targets that do not keep to the rules cost nobody else anything."""

import contextlib
import socket
import time

import psycopg
import pytest

from e2e.gates import Gate
from gateway.processes import at_rest, descriptors, eventually, peak_bytes, resident_bytes, wire
from servers.postgres import TestPostgres
from yett.protocols.postgres.codec import SYNC, query

SSL_REQUEST = bytes.fromhex("0000000804d2162f")
GSS_REQUEST = bytes.fromhex("0000000804d21630")
MIB = 1 << 20
SKEW_SECONDS = 30
"""What the gate allows a provider's clock to be off."""


def _dial(gate: Gate) -> socket.socket:
    return socket.create_connection((gate.host, gate.port), timeout=20)


def _running(server: TestPostgres, text: str) -> int:
    with server.connect() as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = %s", (text,)
        ).fetchone()
    return found[0]


def _ended(peer: socket.socket) -> bool:
    try:
        while peer.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return True


def test_a_client_that_does_not_read_costs_no_memory(gate: Gate) -> None:
    with contextlib.closing(gate.route().connect()) as connection:
        before = resident_bytes(gate)
        connection.pgconn.send_query(b"SELECT repeat('x', 1000) FROM generate_series(1, 200000)")
        time.sleep(2)
        assert resident_bytes(gate) - before < 16 * MIB
        with gate.route().connect() as other:
            assert other.execute("SELECT 1").fetchone() == (1,)


def test_a_client_that_does_not_read_is_dropped_when_its_session_ends(gate: Gate) -> None:
    before = at_rest(gate)
    route = gate.route("slow", password=gate.token("slow", lifetime_seconds=2 - SKEW_SECONDS))
    with contextlib.closing(route.connect()) as connection:
        connection.pgconn.send_query(b"SELECT repeat('x', 1000) FROM generate_series(1, 200000)")
        assert eventually(lambda: descriptors(gate) > before)
        assert eventually(lambda: descriptors(gate) <= before, 12)


def test_a_value_of_200_mib_streams_in_bounded_memory(gate: Gate) -> None:
    with gate.route().connect() as connection, contextlib.closing(wire(connection)) as peer:
        before = peak_bytes(gate)
        peer.sendall(query("SELECT repeat('0123456789', 20 * 1024 * 1024)"))
        got = 0
        while got < 200 * MIB:
            got += len(peer.recv(MIB))
        assert peak_bytes(gate) - before < 32 * MIB


def test_a_message_over_the_limit_is_refused_in_words_and_its_sender_only(gate: Gate) -> None:
    with gate.route().connect() as other, gate.route().connect() as connection:
        peer = wire(connection)
        peer.sendall(b"Q" + (64 * MIB + 4).to_bytes(4, "big") + b"SELECT")
        told = peer.recv(65536)
        assert b"C54000\0" in told
        assert _ended(peer)
        peer.close()
        assert other.execute("SELECT 1").fetchone() == (1,)


def test_a_parameter_of_8_mib_passes(gate: Gate) -> None:
    with contextlib.closing(gate.route().connect()) as connection:
        assert connection.execute("SELECT length(%s::text)", ("x" * 8 * MIB,)).fetchone() == (8 * MIB,)


def test_what_runs_for_a_client_that_is_gone_is_stopped(gate: Gate, server: TestPostgres) -> None:
    text = "SELECT pg_sleep(30), 'gone'"
    connection = gate.route().connect()
    connection.pgconn.send_query(text.encode())
    assert eventually(lambda: _running(server, text) == 1)
    peer = wire(connection)
    peer.shutdown(socket.SHUT_RDWR)
    peer.close()
    assert eventually(lambda: _running(server, text) == 0, 2)
    with contextlib.suppress(psycopg.Error):
        connection.close()


def test_what_a_client_asked_before_it_said_goodbye_is_finished(gate: Gate, server: TestPostgres) -> None:
    with contextlib.closing(gate.route().connect()) as connection:
        connection.execute("CREATE TABLE goodbye (n int)")
    connection = gate.route().connect()
    with contextlib.closing(wire(connection)) as peer:
        peer.sendall(query("INSERT INTO goodbye SELECT 1 FROM pg_sleep(0.5)") + b"X\0\0\0\4")
        assert _ended(peer)
    connection.close()
    with gate.route().connect() as other:
        assert eventually(lambda: other.execute("SELECT count(*) FROM goodbye").fetchone() == (1,))


def test_a_target_that_dies_in_the_middle_of_a_result_ends_the_session_in_words(
    gate: Gate, server: TestPostgres
) -> None:
    with contextlib.closing(gate.route().connect()) as connection:
        connection.pgconn.send_query(b"SELECT repeat('x', 1000) FROM generate_series(1, 2000000) AS dies")
        time.sleep(0.3)
        with server.connect() as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE '%dies' AND pid <> pg_backend_pid()"
            )
        with contextlib.closing(wire(connection)) as peer:
            last = b""
            while piece := peer.recv(MIB):
                last = (last + piece)[-500:]
        assert b"C57P01\0" in last or b"C08006\0" in last


@pytest.mark.parametrize(
    "said",
    [b"", b"\0", b"\0\0\0\x30\0\3", SSL_REQUEST, b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01", b"\0\0\0\x08\0\3\0\0"],
    ids=["nothing", "a byte", "half a packet", "SSLRequest", "half a hello", "more of it", "a packet without a user"],
)
def test_an_opening_that_never_ends_is_ended(gate: Gate, said: bytes) -> None:
    before = at_rest(gate)
    peers = [_dial(gate) for _ in range(5)]
    for peer in peers:
        peer.sendall(said)
    started = time.monotonic()
    with gate.route().connect() as other:
        assert other.execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - started < 2
    for peer in peers:
        assert _ended(peer)
        peer.close()
    assert time.monotonic() - started < 6
    assert eventually(lambda: descriptors(gate) <= before)


def test_half_open_connections_in_number_keep_nobody_out(gate: Gate) -> None:
    before = at_rest(gate)
    peers = [_dial(gate) for _ in range(300)]
    started = time.monotonic()
    with gate.route().connect() as other:
        assert other.execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - started < 3
    for peer in peers:
        peer.close()
    assert eventually(lambda: descriptors(gate) <= before)


@pytest.mark.parametrize("asked", [SSL_REQUEST, GSS_REQUEST])
def test_pleas_for_encryption_have_an_end(gate: Gate, asked: bytes) -> None:
    with _dial(gate) as peer:
        peer.sendall(GSS_REQUEST)
        assert peer.recv(1) == b"N"
        peer.sendall(GSS_REQUEST * 9)
        assert _ended(peer)
    del asked


def test_a_cancel_request_of_an_ended_session_or_with_another_key_does_nothing(
    gate: Gate, server: TestPostgres
) -> None:
    text = "SELECT pg_sleep(1), 'cancel'"
    with gate.route().connect() as ended:
        stale = ended.pgconn.get_cancel()
    with contextlib.closing(gate.route().connect()) as connection:
        connection.pgconn.send_query(text.encode())
        assert eventually(lambda: _running(server, text) == 1)
        stale.cancel()
        with _dial(gate) as peer:
            peer.sendall(
                (16).to_bytes(4, "big")
                + (80877102).to_bytes(4, "big")
                + connection.pgconn.backend_pid.to_bytes(4, "big")
                + bytes(4)
            )
            assert _ended(peer)
        assert _running(server, text) == 1
        connection.pgconn.get_cancel().cancel()
        assert eventually(lambda: _running(server, text) == 0, 1)


def test_bytes_that_make_no_sense_end_their_own_session(gate: Gate) -> None:
    with gate.route().connect() as other:
        for garbage in (b"\xff\0\0\0\4", b"Q\0\0\0\1", b"S\0\0\0\x08abcd"):
            with gate.route().connect() as connection, contextlib.closing(wire(connection)) as peer:
                peer.sendall(garbage)
                assert b"C08P01\0" in peer.recv(65536)
                assert _ended(peer)
        assert other.execute("SELECT 1").fetchone() == (1,)


def test_a_message_with_a_broken_body_is_refused_and_the_session_goes_on(gate: Gate) -> None:
    for garbage in (b"Q\0\0\0\6\xff\xff", b"B\0\0\0\x06\0\0" + SYNC):
        with gate.route().connect() as connection, contextlib.closing(wire(connection)) as peer:
            peer.sendall(garbage)
            said = b""
            while not said.endswith(b"Z\0\0\0\5I"):
                said += peer.recv(65536)
            assert b"C08P01\0" in said
            peer.sendall(query("SELECT 41 + 1"))
            assert b"42" in peer.recv(65536)
