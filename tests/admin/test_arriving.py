"""Connections that say nothing, or never finish, are ended, and cost nobody else anything for long."""

import socket
import time

import pytest

from yett.admin import arriving, bodies

HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(arriving, "HEAD_SECONDS", 0.6)
    monkeypatch.setattr(bodies, "_SECONDS", 0.6)


def connect(place):
    found = socket.create_connection(("127.0.0.1", place.server.port), timeout=5)
    found.settimeout(5)
    return found


def ended(connection):
    began = time.monotonic()
    while connection.recv(65536):
        pass
    return time.monotonic() - began


def answered(connection):
    got = b""
    while not got.endswith(b'{"status":"ok"}'):
        part = connection.recv(65536)
        assert part, got
        got += part


@pytest.mark.parametrize("first", [b"", b"GET", HEAD])
def test_a_head_that_never_ends_is_not_waited_for(place, first):
    with connect(place) as connection:
        connection.sendall(first)
        assert ended(connection) < 3


def test_a_drip_of_bytes_does_not_help(place):
    with connect(place) as connection:
        began = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - began < 4:
                connection.sendall(b"X")
                time.sleep(0.05)
        assert time.monotonic() - began < 3


def test_a_later_request_of_a_connection_has_the_same_deadline(place):
    with connect(place) as connection:
        connection.sendall(HEAD + b"\r\n")
        answered(connection)
        connection.sendall(b"GET /hea")
        assert ended(connection) < 3


def test_a_connection_between_requests_is_kept_for_a_while(place):
    with connect(place) as connection:
        for _ in range(3):
            connection.sendall(HEAD + b"\r\n")
            answered(connection)
            time.sleep(0.8)


def test_those_who_only_hold_places_give_them_up(place):
    silent = [connect(place) for _ in range(70)]
    time.sleep(1.5)
    assert place.call("/healthz").status == 200
    for one in silent:
        one.close()


def test_a_body_that_never_comes_is_not_waited_for(place):
    ticket, token = place.ask(), place.token("dana", "dba")
    head = (
        f"POST /api/approvals/{ticket}/deny HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{"
    )
    with connect(place) as connection:
        connection.sendall(head.encode())
        assert b" 408 " in connection.recv(65536)


def test_a_long_watch_is_not_cut(place):
    token = place.token("dana", "dba")
    cursor = place.call("/api/approvals/watch", token).body["cursor"]
    assert place.call(f"/api/approvals/watch?since={cursor}&wait=2", token).status == 200
