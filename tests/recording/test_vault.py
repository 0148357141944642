"""What a session leaves behind, and what a gate that died leaves to be sealed."""

import os
import stat

import msgspec
import pytest

from yett.core.errors import ConfigError, RecordingFailed
from yett.recording.container import Kind
from yett.recording.entries import Event, Intention, Opened, Outcome
from yett.recording.index import read_listing
from yett.recording.keys import load_keys
from yett.recording.reader import Opener, reading
from yett.recording.settings import KeySettings, RecordingSettings
from yett.recording.verify import verify_all

from .conftest import ALLOWED, MARKER


def payloads(evidence, file):
    keys = load_keys(evidence.data, KeySettings(), {}, create=False)
    with reading(evidence.path(file)) as reader:
        opener = Opener(reader, keys.recording)
        return [(entry.kind, entry.operation, opener.open(entry)) for entry in reader]


def test_a_session_is_recorded_whole_and_exactly(evidence):
    vault = evidence.vault()
    session = evidence.session()
    recorder = vault.open_session(session, {"database": "orders"}, policy_version="v9")
    parameters = [(0, 25, b"caf\xc3\xa9"), (1, 23, b"\0\0\0\x01"), (0, 25, None), (0, 25, b"")]
    recorder.intend(7, "SELECT", b"SELECT \xff$1", parameters, ALLOWED, details={"portal": ""})
    recorder.outcome(7, "done", "SELECT 1", 1, b"d" * 32, 10, 20, timings_ns={"target": 5})
    recorder.close("client_left", {"bytes_in": 10})
    found = payloads(evidence, session.id)
    assert [kind for kind, _, _ in found] == [1, 6, 2, 3, 5, 6]
    opened = msgspec.msgpack.decode(found[0][2], type=Opened)
    assert opened.principal["on_behalf_of"]["subject"] == "ada"
    assert opened.policy_version == "v9"
    assert opened.client["address"] == "10.0.0.7"
    intention = msgspec.msgpack.decode(found[2][2], type=Intention)
    assert intention.text == b"SELECT \xff$1"
    assert intention.parameters == [list(p) for p in parameters]
    assert msgspec.msgpack.decode(intention.decision)["policies"] == ["orders-read"]
    assert msgspec.msgpack.decode(found[3][2], type=Outcome).timings_ns == {"target": 5}
    assert msgspec.msgpack.decode(found[4][2], type=Event).data["counters"] == {"bytes_in": 10}


def test_large_payloads_are_split_and_come_back_whole(evidence):
    vault = evidence.vault()
    session = evidence.session()
    recorder = vault.open_session(session)
    text = os.urandom(3 << 20)
    recorder.intend(1, "INSERT", text, (), ALLOWED)
    recorder.outcome(1, "done")
    recorder.close("client_left")
    parts = [data for kind, _, data in payloads(evidence, session.id) if kind == Kind.INTENTION]
    assert len(parts) == 4
    assert msgspec.msgpack.decode(b"".join(parts), type=Intention).text == text
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok
    assert next(f for f in report.files if f.file == session.id).operations == 1


def test_nothing_is_in_the_clear_in_any_file(evidence):
    vault = evidence.vault()
    evidence.record(vault)
    vault.refused({"user": MARKER.decode()})
    vault.event("replayed", {"by": MARKER.decode()})
    vault.tick()
    for path in evidence.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert MARKER not in content
            assert b"corp/bot" not in content


def test_keys_and_recordings_are_private(evidence):
    vault = evidence.vault()
    file = evidence.record(vault)
    assert stat.S_IMODE((evidence.data / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((evidence.data / "keys" / "recording.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(evidence.path(file).stat().st_mode) == 0o600


def test_a_key_that_others_can_read_is_refused(evidence):
    evidence.vault().close()
    evidence._vaults.clear()
    (evidence.data / "keys" / "recording.key").chmod(0o644)
    with pytest.raises(ConfigError, match="can be read by others"):
        evidence.vault()


def test_a_second_gate_on_the_same_folder_is_refused(evidence):
    evidence.vault()
    with pytest.raises(ConfigError, match="another gate") as refusal:
        evidence.vault()
    assert refusal.value.code == "store_in_use"


def test_the_index_finds_sessions(evidence):
    vault = evidence.vault()
    file = evidence.record(vault, operations=2)
    keys = load_keys(evidence.data, KeySettings(), {}, create=False)
    summary = read_listing(evidence.folder, keys.recording).files[file].summary
    assert (summary.principal, summary.on_behalf_of, summary.resource) == ("corp/bot", "corp/ada", "orders")
    assert (summary.operations, summary.reason) == (2, "client_left")


def test_idle_files_are_parked_and_wake_again(evidence):
    vault = evidence.vault(RecordingSettings(reserve_bytes=0, free_bytes_min=0, open_files_max=4))
    recorders = [vault.open_session(evidence.session()) for _ in range(12)]
    assert sum(r.chain.fileno() >= 0 for r in recorders) <= 4
    for recorder in recorders:
        recorder.intend(1, "SELECT", b"SELECT 1")
        recorder.outcome(1, "done")
        recorder.close("client_left")
    assert verify_all(evidence.folder, evidence.public()).ok


def test_nothing_is_written_after_the_end(evidence):
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    recorder.close("client_left")
    recorder.close("again")
    with pytest.raises(RecordingFailed):
        recorder.intend(1, "SELECT", b"SELECT 1")
    assert verify_all(evidence.folder, evidence.public()).ok
