"""What a running gate holds: memory and file descriptors, read from /proc."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg

from e2e.gates import Gate


def resident_bytes(gate: Gate) -> int:
    """Return the memory that the gate's process has in use."""
    return _status(gate, "VmRSS")


def peak_bytes(gate: Gate) -> int:
    """Return the most that it ever had."""
    return _status(gate, "VmHWM")


def descriptors(gate: Gate) -> int:
    """Return how many sockets it has open."""
    folder = Path(f"/proc/{gate.process.process.pid}/fd")
    found = 0
    for one in folder.iterdir():
        with suppress(OSError):
            found += str(one.readlink()).startswith("socket:")
    return found


def at_rest(gate: Gate) -> int:
    """Return how many sockets it has open once that number stays the same for a while."""
    found, since = descriptors(gate), time.monotonic()
    while time.monotonic() - since < 0.5:
        time.sleep(0.05)
        if (now := descriptors(gate)) != found:
            found, since = now, time.monotonic()
    return found


def wire(connection: psycopg.Connection) -> socket.socket:
    """Return the socket under a connection, to read from it or not as a test likes."""
    found = socket.socket(fileno=os.dup(connection.fileno()))
    found.setblocking(True)
    found.settimeout(20)
    return found


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait until a condition holds; say whether it did."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def _status(gate: Gate, word: str) -> int:
    for line in Path(f"/proc/{gate.process.process.pid}/status").read_text().splitlines():
        if line.startswith(word):
            return int(line.split()[1]) * 1024
    raise AssertionError(word)
