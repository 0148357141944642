"""One gate per data folder."""

import os
import subprocess
import sys

import pytest

from yett.storage.lock import LOCK, InstanceLock, StoreInUse

HOLD = """
import sys
from pathlib import Path
from yett.storage.lock import InstanceLock
InstanceLock(Path(sys.argv[1])).take()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_gate_is_refused_and_told_who_holds_the_store(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(StoreInUse) as failure:
            InstanceLock(tmp_path).take()
        assert failure.value.code == "store_in_use"
        assert f"process {other.pid}" in failure.value.message
    finally:
        other.kill()
        other.communicate()
    with InstanceLock(tmp_path):
        pass


def test_a_released_lock_can_be_taken_again(tmp_path):
    for _ in range(2):
        with InstanceLock(tmp_path):
            assert str(os.getpid()) in (tmp_path / LOCK).read_text()
    assert (tmp_path / LOCK).stat().st_mode & 0o777 == 0o600


def test_a_lock_within_one_process_counts_too(tmp_path):
    with InstanceLock(tmp_path), pytest.raises(StoreInUse):
        InstanceLock(tmp_path).take()
