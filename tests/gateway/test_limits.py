"""Limits on sessions that are silent and on connections that do not come to anything."""

import contextlib
import socket
import time
from collections.abc import Iterator

import psycopg
import pytest

from e2e.gates import EVERYTHING, Gate, gate_before
from gateway.processes import eventually
from servers.authority import Authority
from servers.postgres import TestPostgres

LIMITS = """
[limits]
startup_deadline = "4s"
idle_deadline = "2s"
openings_per_address = 20
"""


@pytest.fixture(scope="module")
def limited(server: TestPostgres, authority: Authority) -> Iterator[Gate]:
    """Return a gate that permits everything, for a while and a few at a time."""
    with gate_before(server, authority, policies={"everything": EVERYTHING}, extra=LIMITS) as found:
        yield found


@pytest.mark.parametrize("before", ["SELECT 1", "BEGIN"])
def test_a_session_that_is_silent_is_ended_and_told_why(limited: Gate, before: str) -> None:
    with contextlib.closing(limited.route().connect()) as connection:
        connection.execute(before)
        assert eventually(lambda: _has_ended(connection), 8)
        with pytest.raises(psycopg.OperationalError, match="was idle for longer"):
            connection.execute("SELECT 1")


def test_a_session_in_which_something_runs_is_not_idle(limited: Gate) -> None:
    with limited.route().connect() as connection:
        assert connection.execute("SELECT pg_sleep(4), 1").fetchone() == ("", 1)
        for _ in range(4):
            time.sleep(1)
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_one_address_may_have_only_so_many_connections_that_are_signing_in(limited: Gate) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(_dial(limited))
        time.sleep(0.2)
        with _dial(limited) as late:
            assert late.recv(1) == b""
    assert eventually(lambda: _can_connect(limited), 5)


def _dial(gate: Gate) -> socket.socket:
    return socket.create_connection((gate.host, gate.port), timeout=3)


def _has_ended(connection: psycopg.Connection) -> bool:
    peer = socket.socket(fileno=connection.fileno())
    try:
        peer.setblocking(False)
        return bool(peer.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        peer.detach()


def _can_connect(gate: Gate) -> bool:
    try:
        gate.route().connect().close()
    except psycopg.OperationalError:
        return False
    return True
