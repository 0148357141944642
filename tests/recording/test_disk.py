"""A full or stalled disk ends in refusals: never in a frozen gate, never in an unrecorded act."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from yett.core.errors import RecordingFailed
from yett.recording.settings import RecordingSettings
from yett.recording.verify import verify_all

from .conftest import ALLOWED, SMALL


@pytest.fixture
def file_limit():
    """Set a limit on file sizes, which the kernel answers with EFBIG as it answers a full disk with ENOSPC."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def limit(size_bytes):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


def test_an_entry_that_does_not_fit_leaves_the_chain_whole(evidence, file_limit):
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    recorder.intend(1, "SELECT", b"SELECT 1", (), ALLOWED)
    size = evidence.path(recorder.chain.file).stat().st_size
    file_limit(size + 40)
    with pytest.raises(RecordingFailed) as failed:
        recorder.intend(2, "SELECT", b"SELECT 2", (), ALLOWED)
    assert failed.value.code == "recording_disk_full"
    assert evidence.path(recorder.chain.file).stat().st_size == size
    file_limit(resource.RLIM_INFINITY)
    recorder.intend(3, "SELECT", b"SELECT 3", (), ALLOWED)
    recorder.outcome(3, "done")
    recorder.outcome(1, "done")
    recorder.close("client_left")
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
    assert next(f for f in report.files if f.file == recorder.chain.file).unknown == ()


def test_a_large_payload_that_does_not_fit_leaves_nothing_of_it(evidence, file_limit):
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    size = evidence.path(recorder.chain.file).stat().st_size
    file_limit(size + (5 << 19))
    with pytest.raises(RecordingFailed):
        recorder.intend(1, "INSERT", os.urandom(4 << 20), (), ALLOWED)
    file_limit(resource.RLIM_INFINITY)
    assert evidence.path(recorder.chain.file).stat().st_size == size
    recorder.close("client_left")
    assert verify_all(evidence.folder, evidence.public()).ok


FULL = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from recording.conftest import Evidence, ALLOWED
from yett.recording.settings import RecordingSettings
from yett.recording.verify import verify_all
from yett.core.errors import RecordingFailed
import os
evidence = Evidence(Path({data!r}))
vault = evidence.vault(RecordingSettings(reserve_bytes=1 << 20, free_bytes_min=0, probe_every=30.0))
recorder = vault.open_session(evidence.session())
number = 0
try:
    while True:
        number += 1
        recorder.intend(number, "INSERT", os.urandom(100_000), (), ALLOWED)
except RecordingFailed as error:
    assert error.code == "recording_disk_full", error.code
for done in range(1, number):
    recorder.outcome(done, "done")
recorder.close("disk_full")
report = verify_all(evidence.folder, evidence.public())
assert report.ok, report.problems
assert next(f for f in report.files if f.file == recorder.chain.file).unknown == ()
print("ended well", number)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="mounting a small disk needs root")
def test_on_a_full_disk_what_began_is_ended_out_of_the_reserve(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", str(disk).encode(), b"tmpfs", 0, b"size=8m") != 0:
        pytest.skip(f"no small disk can be mounted here: errno {ctypes.get_errno()}")
    try:
        code = FULL.format(tests=str(Path(__file__).parents[1]), data=str(disk / "data"))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=False)
        assert done.returncode == 0, done.stderr
        assert "ended well" in done.stdout
    finally:
        libc.umount2(str(disk).encode(), 2)


def test_too_little_free_space_refuses_new_operations_only(evidence):
    vault = evidence.vault(SMALL)
    recorder = vault.open_session(evidence.session())
    recorder.intend(1, "SELECT", b"SELECT 1", (), ALLOWED)
    vault._health._trouble = "recording_disk_full"
    assert not vault.healthy()
    with pytest.raises(RecordingFailed, match="nearly full"):
        recorder.intend(2, "SELECT", b"SELECT 2", (), ALLOWED)
    with pytest.raises(RecordingFailed):
        vault.open_session(evidence.session())
    recorder.outcome(1, "done")
    recorder.close("client_left")


def test_the_free_space_is_watched(evidence):
    settings = RecordingSettings(reserve_bytes=0, free_bytes_min=1 << 60, probe_every=0.01)
    vault = evidence.vault(settings)
    assert vault.trouble() == "recording_disk_full"


def test_a_stalled_disk_is_noticed_and_refused_without_touching_it(evidence, monkeypatch):
    """The probe is stuck as in a read from a hung disk: a FIFO that nobody writes to blocks its opener."""
    settings = RecordingSettings(reserve_bytes=0, free_bytes_min=0, probe_every=0.01, stall_after=0.05)
    vault = evidence.vault(settings)
    recorder = vault.open_session(evidence.session())
    stuck = evidence.data / "stuck"
    os.mkfifo(stuck)
    monkeypatch.setattr(vault._health, "_probe", stuck)
    deadline = time.monotonic() + 5
    while vault.healthy() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert vault.trouble() == "recording_stalled"
    began = time.monotonic()
    with pytest.raises(RecordingFailed) as failed:
        recorder.intend(1, "SELECT", b"SELECT 1", (), ALLOWED)
    assert failed.value.code == "recording_stalled"
    assert time.monotonic() - began < 0.01
    monkeypatch.undo()
    reader = os.open(stuck, os.O_RDONLY | os.O_NONBLOCK)
    deadline = time.monotonic() + 5
    while not vault.healthy() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.close(reader)
    recorder.intend(1, "SELECT", b"SELECT 1", (), ALLOWED)
