"""A disk that hangs in the middle of a write freezes nobody: clients are let go, and the gate comes back with it."""

import time
from pathlib import Path

import psycopg
import pytest

from adversity.conftest import run_command
from e2e.gates import EVERYTHING, Gate, gate_before


@pytest.mark.slow
def test_a_frozen_disk_freezes_no_client(server, authority, disk: Path) -> None:
    with gate_before(server, authority, policies={"everything": EVERYTHING}) as gate:
        gate.terminate()
        gate.config.write_text(gate.config.read_text().replace(str(gate.data), str(disk / "data")))
        gate.start()
        connection = gate.route().connect()
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert run_command("fsfreeze", "-f", str(disk))
        began = time.monotonic()
        try:
            with pytest.raises(psycopg.Error):
                connection.execute("SELECT 2")
            with pytest.raises(psycopg.Error):
                gate.route().connect()
            assert time.monotonic() - began < 30
        finally:
            run_command("fsfreeze", "-u", str(disk))
        connection.close()
        _comes_back(gate)


def _comes_back(gate: Gate) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            with gate.route().connect() as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
                return
        except psycopg.Error:
            assert time.monotonic() < deadline
            time.sleep(0.2)
