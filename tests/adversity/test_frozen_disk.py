"""A disk that hangs in the middle of a write freezes nobody: clients are let go, and the gate comes back with it."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from e2e.gates import EVERYTHING, Gate, gate_before


def _run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a small file system of its own that can be frozen."""
    image, folder = tmp_path / "image", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(200 << 20)
    folder.mkdir()
    made = (
        os.getuid() == 0
        and _run("mkfs.ext4", "-q", "-F", str(image))
        and _run("mount", "-o", "loop", str(image), str(folder))
    )
    if not made:
        pytest.skip("no file system can be made and mounted here")
    try:
        yield folder
    finally:
        _run("fsfreeze", "-u", str(folder))
        _run("umount", "-l", str(folder))


@pytest.mark.slow
def test_a_frozen_disk_freezes_no_client(server, authority, disk: Path) -> None:
    with gate_before(server, authority, policies={"everything": EVERYTHING}) as gate:
        gate.terminate()
        gate.config.write_text(gate.config.read_text().replace(str(gate.data), str(disk / "data")))
        gate.start()
        connection = gate.route().connect()
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert _run("fsfreeze", "-f", str(disk))
        began = time.monotonic()
        try:
            with pytest.raises(psycopg.Error):
                connection.execute("SELECT 2")
            with pytest.raises(psycopg.Error):
                gate.route().connect()
            assert time.monotonic() - began < 30
        finally:
            _run("fsfreeze", "-u", str(disk))
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
