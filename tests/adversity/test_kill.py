"""Whatever kills the gate, and whenever: what the target saw was on record before."""

import re
import resource
import secrets
import subprocess
import sys
import threading
import time

import psycopg

from e2e.gates import Gate
from e2e.routes import Route
from servers.postgres import TestPostgres

ROUNDS = 3
CLIENTS = 4


def _exported(gate: Gate) -> str:
    """Return all recordings as JSON lines."""
    command = [sys.executable, "-m", "yett", "export", "--config", str(gate.config)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def _verified(gate: Gate) -> bool:
    command = [sys.executable, "-m", "yett", "verify", "--config", str(gate.config)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


def _load(route: Route, client: int, stop: threading.Event) -> None:
    """Ask as fast as it goes, every statement with a number of its own, by both protocols."""
    try:
        with route.connect() as connection:
            number = 0
            while not stop.is_set():
                number += 1
                text = f"SELECT 'load_{client}_{time.monotonic_ns()}_{number}'".encode()
                if number % 2:
                    connection.pgconn.exec_(text)
                else:
                    connection.pgconn.exec_params(text, [])
                if connection.pgconn.status != psycopg.pq.ConnStatus.OK:
                    return
    except psycopg.Error:
        return


def test_all_that_the_target_saw_is_on_record_after_kill_9(new_gate, server: TestPostgres) -> None:
    gate = new_gate()
    for round_ in range(ROUNDS):
        if round_:
            gate.start()
        stop = threading.Event()
        clients = [
            threading.Thread(target=_load, args=(gate.route(), round_ * CLIENTS + one, stop)) for one in range(CLIENTS)
        ]
        for one in clients:
            one.start()
        time.sleep(0.7 + 0.13 * round_)
        gate.kill9()
        stop.set()
        for one in clients:
            one.join(20)
    seen = set(re.findall(r"load_\d+_\d+_\d+", server.log_text))
    recorded = set(re.findall(r"load_\d+_\d+_\d+", _exported(gate)))
    assert len(seen) > 200
    assert seen <= recorded
    assert _verified(gate)


def test_a_gate_that_may_write_no_more_refuses_in_words_and_lives_on(new_gate) -> None:
    gate = new_gate()
    with gate.route().connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        _limit_files(gate, 4096)
        codes = set()
        for _ in range(3):
            try:
                connection.execute("SELECT '" + secrets.token_hex(20_000) + "'")
            except psycopg.Error as error:
                codes.add(error.sqlstate)
                if connection.closed:
                    break
        assert codes & {"53100", "57P03"}, codes
    _limit_files(gate, -1)
    with gate.route().connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert gate.process.process.poll() is None


def _limit_files(gate: Gate, size_bytes: int) -> None:
    """Let the gate's process write no file beyond this size: to it, the disk is full."""
    pid = gate.process.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size_bytes < 0 else size_bytes, hard))
