"""A gate that is killed in the middle of writing loses nothing that it confirmed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from yett.recording.reader import reading
from yett.recording.verify import verify_all

from .conftest import ALLOWED, Evidence

WRITER = """
import sys, os
sys.path.insert(0, {tests!r})
from pathlib import Path
from recording.conftest import Evidence, ALLOWED
evidence = Evidence(Path({data!r}))
vault = evidence.vault()
recorder = vault.open_session(evidence.session())
os.write(1, (recorder.chain.file + "\\n").encode())
number = 0
while True:
    number += 1
    recorder.intend(number, "INSERT", os.urandom(300), (), ALLOWED)
    os.write(1, f"{{number}}\\n".encode())
    if number % 3:
        recorder.outcome(number, "done")
"""


@pytest.fixture
def killed(tmp_path):
    """Run a writer, kill it with SIGKILL, and return (evidence, file, the last operation it confirmed)."""
    code = WRITER.format(tests=str(Path(__file__).parents[1]), data=str(tmp_path))
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ})
    lines = [writer.stdout.readline() for _ in range(400)]
    writer.send_signal(signal.SIGKILL)
    lines += writer.stdout.read().splitlines()
    writer.stdout.close()
    writer.wait()
    numbers = [int(line) for line in lines[1:] if line.strip()]
    evidence = Evidence(tmp_path)
    yield evidence, lines[0].decode().strip(), numbers[-1]
    evidence.close()


def test_everything_confirmed_before_kill_9_is_on_disk(killed):
    evidence, file, confirmed = killed
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
    found = next(f for f in report.files if f.file == file)
    assert found.operations >= confirmed
    assert found.state == "unfinished"


def test_the_next_start_seals_what_was_left_open(killed):
    evidence, file, confirmed = killed
    vault = evidence.vault()
    (sealed,) = [s for s in vault.sealed if s.file == file]
    assert not sealed.trouble
    assert set(range(3, confirmed, 3)) <= set(sealed.unknown)
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
    assert next(f for f in report.files if f.file == file).state == "sealed"


def test_a_torn_last_entry_is_torn_and_not_changed(evidence):
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    recorder.intend(1, "SELECT", b"SELECT 1", (), ALLOWED)
    recorder.intend(2, "SELECT", b"SELECT 2", (), ALLOWED)
    path = evidence.path(recorder.chain.file)
    whole = path.read_bytes()
    with reading(path) as reader:
        last = list(reader)[-1]
    for cut in (1, 31, 32, 60, 100):
        path.write_bytes(whole[: last.offset + cut])
        report = verify_all(evidence.folder, evidence.public())
        assert report.ok, report.problems
        assert next(f for f in report.files if f.file == recorder.chain.file).torn_bytes == cut
    path.write_bytes(whole[: last.offset] + bytes(4096))
    assert verify_all(evidence.folder, evidence.public()).ok


def test_a_torn_entry_is_cut_off_before_the_seal(evidence):
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    recorder.intend(1, "SELECT", b"SELECT 1", (), ALLOWED)
    path = evidence.path(recorder.chain.file)
    with path.open("ab") as file:
        file.write(b"\x50\0\0\0half")
    abandon(evidence, vault)
    vault = evidence.vault()
    (sealed,) = [s for s in vault.sealed if s.file == recorder.chain.file]
    assert (sealed.torn_bytes, sealed.unknown, sealed.trouble) == (8, (1,), "")
    assert verify_all(evidence.folder, evidence.public()).ok


def test_a_recording_begun_and_never_indexed_is_adopted(evidence, monkeypatch):
    class Killed(BaseException):
        pass

    vault = evidence.vault()
    evidence.record(vault)

    def dies(*_args):
        raise Killed

    monkeypatch.setattr(vault._trail, "state", dies)
    session = evidence.session()
    with pytest.raises(Killed):
        vault.open_session(session)
    monkeypatch.undo()
    assert any("does not name" in p.what for p in verify_all(evidence.folder, evidence.public()).problems)
    abandon(evidence, vault)
    vault = evidence.vault()
    assert session.id in {s.file for s in vault.sealed}
    assert verify_all(evidence.folder, evidence.public()).ok


def test_a_changed_recording_is_not_sealed_over(evidence):
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    recorder.intend(1, "SELECT", b"SELECT 1", (), ALLOWED)
    recorder.intend(2, "SELECT", b"SELECT 2", (), ALLOWED)
    path = evidence.path(recorder.chain.file)
    data = bytearray(path.read_bytes())
    data[-150] ^= 1
    path.write_bytes(data)
    abandon(evidence, vault)
    vault = evidence.vault()
    (sealed,) = [s for s in vault.sealed if s.file == recorder.chain.file]
    assert "entry 3" in sealed.trouble
    assert not verify_all(evidence.folder, evidence.public()).ok


def test_files_whose_maker_died_before_the_first_byte_do_no_harm(evidence):
    vault = evidence.vault()
    file = evidence.record(vault)
    abandon(evidence, vault)
    evidence.path(file).with_name("emptysession.yrec").touch()
    vault = evidence.vault()
    from yett.recording import paths

    evidence.folder.joinpath(paths.day_of(paths.gate_file(time.time()), time.time())).touch()
    vault.refused({"user": "mallory"})
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems


@pytest.mark.parametrize("entries", [0, 1])
def test_an_index_whose_maker_died_while_beginning_it_is_begun_again(evidence, entries):
    vault = evidence.vault()
    vault.refused({"user": "mallory"})
    abandon(evidence, vault)
    (index,) = (evidence.folder / "index").glob("*.yrec")
    with reading(index) as reader:
        at = [entry.offset for entry in reader][entries]
    index.write_bytes(index.read_bytes()[:at])
    for path in evidence.folder.rglob("gate-*.yrec"):
        path.unlink()
    evidence.record(evidence.vault())
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems


def abandon(evidence, vault):
    """Let go of a vault as a killed gate would: nothing closed, nothing signed."""
    vault._health.stop()
    vault._undo.pop_all()
    os.close(vault._taken)
    evidence._vaults.remove(vault)
    time.sleep(0)
