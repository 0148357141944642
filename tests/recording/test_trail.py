"""The index and the gate's stream: shared by processes, cut by month and day, kept as long as policy says."""

import asyncio
import errno
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from yett.core.errors import RecordingFailed
from yett.recording.archive import Archive
from yett.recording.checkpoints import About
from yett.recording.pen import Pen
from yett.recording.retention import retire
from yett.recording.settings import FileAnchor, HttpAnchor, RecordingSettings
from yett.recording.verify import verify_all

from .conftest import ALLOWED, SMALL

NOTER = """
from pathlib import Path
from yett.recording.archive import Archive
from yett.recording.settings import RecordingSettings
archive = Archive(Path({data!r}), RecordingSettings(), {{}})
for number in range(40):
    archive.note("replayed", {{"number": number}})
"""


def test_the_gate_and_the_command_line_append_at_the_same_time(evidence):
    vault = evidence.vault()
    code = NOTER.format(data=str(evidence.data))
    others = [subprocess.Popen([sys.executable, "-c", code], env={**os.environ}) for _ in range(2)]
    while any(other.poll() is None for other in others):
        vault.event("setting", {"name": "x"})
        evidence.record(vault, operations=1)
        time.sleep(0.005)
    assert [other.returncode for other in others] == [0, 0]
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
    archive = Archive(evidence.data, RecordingSettings(), {})
    stream = archive.find(next(f.file for f in report.files if f.file.startswith("gate-")))
    with archive.story(stream) as story:
        kinds = [getattr(m.payload, "kind", "") for m in story]
    assert kinds.count("replayed") == 80


def test_a_hanging_process_does_not_freeze_the_gate(evidence):
    import fcntl

    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    with (evidence.folder / ".append.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        with pytest.raises(RecordingFailed, match="locked"):
            vault.open_session(evidence.session())
        assert time.monotonic() - began < 1
        recorder.intend(1, "SELECT", b"SELECT 1", (), ALLOWED)
    recorder.outcome(1, "done")
    recorder.close("client_left")
    assert verify_all(evidence.folder, evidence.public()).ok


def test_what_comes_after_the_end_is_refused_and_reaches_no_other_file(evidence, tmp_path):
    vault = evidence.vault()
    vault.event("setting", {"name": "x"})
    vault.close()
    # The descriptors that were let go are given out again.
    with (tmp_path / "one").open("wb"), (tmp_path / "two").open("wb"), pytest.raises(RecordingFailed, match="ended"):
        vault.event("setting", {"name": "y"})


def test_a_disk_without_room_for_a_new_day_is_a_refusal(evidence, monkeypatch):
    vault = evidence.vault()
    vault.event("setting", {"name": "x"})

    def full(*_arguments: object, **_words: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    tomorrow = time.time_ns() + 86_400 * 1_000_000_000
    monkeypatch.setattr(Pen, "time_ns", lambda _pen: tomorrow)
    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(RecordingFailed) as refused:
        vault.event("setting", {"name": "y"})
    assert refused.value.code == "recording_disk_full"


def test_index_and_stream_go_on_in_new_files_by_the_day(evidence, monkeypatch):
    vault = evidence.vault()
    first = vault.open_session(evidence.session())
    vault.refused({"user": "mallory"})
    later = time.time_ns() + 40 * 86_400 * 10**9
    monkeypatch.setattr(vault._pen, "time_ns", lambda: later)
    evidence.record(vault)
    vault.refused({"user": "mallory"})
    assert len(list((evidence.folder / "index").glob("*.yrec"))) == 2
    assert len(list(evidence.folder.rglob("gate-*.yrec"))) == 2
    first.close("client_left")
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
    (older, _) = sorted((evidence.folder / "index").glob("*.yrec"))
    content = older.read_bytes()
    older.unlink()
    assert any("is missing" in p.what for p in verify_all(evidence.folder, evidence.public()).problems)
    older.write_bytes(content[:-20])
    assert not verify_all(evidence.folder, evidence.public()).ok


def test_old_recordings_are_removed_and_the_index_says_so(evidence):
    vault = evidence.vault()
    old, fresh = evidence.record(vault), vault.open_session(evidence.session())
    removed = retire(evidence.folder, Pen(vault._pen.keys, SMALL), 30, time.time() + 31 * 86_400)
    assert old in removed
    assert fresh.chain.file not in removed
    assert not list(evidence.folder.rglob(f"{old}.yrec"))
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
    listed = next(one for one in Archive(evidence.data, SMALL, {}).listing() if one.file == old)
    assert listed.retired
    assert listed.summary is None


def test_a_recording_that_cannot_be_closed_now_is_closed_later(evidence):
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    vault._health._began_ns = 1
    with pytest.raises(RecordingFailed):
        recorder.close("client_left")
    assert not vault.tick()
    vault._health._began_ns = 0
    assert vault.tick()
    assert recorder.closed
    report = verify_all(evidence.folder, evidence.public())
    assert next(f for f in report.files if f.file == recorder.chain.file).state == "complete"


def test_idle_sessions_are_signed_by_the_tick(evidence):
    vault = evidence.vault(RecordingSettings(reserve_bytes=0, free_bytes_min=0, checkpoint_every=0.001))
    recorder = vault.open_session(evidence.session())
    vault._pen.checkpoint_ns = 10**18
    recorder.intend(1, "SELECT", b"SELECT 1", (), ALLOWED)
    vault._pen.checkpoint_ns = 0
    assert vault.tick()
    report = verify_all(evidence.folder, evidence.public())
    assert next(f for f in report.files if f.file == recorder.chain.file).unsigned == 0


def test_power_durability_syncs_many_sessions_together(evidence):
    vault = evidence.vault(RecordingSettings(reserve_bytes=0, free_bytes_min=0, durability="power"))
    recorders = [vault.open_session(evidence.session()) for _ in range(20)]

    async def one(recorder):
        for number in range(1, 4):
            recorder.intend(number, "SELECT", b"SELECT 1", (), ALLOWED)
            await recorder.durable()
            recorder.outcome(number, "done")

    async def run():
        async with asyncio.TaskGroup() as group:
            for recorder in recorders:
                group.create_task(one(recorder))

    asyncio.run(run())
    for recorder in recorders:
        recorder.close("client_left")
    assert verify_all(evidence.folder, evidence.public()).ok


def test_a_sync_that_fails_is_told_to_the_session(evidence):
    vault = evidence.vault(RecordingSettings(reserve_bytes=0, free_bytes_min=0, durability="power"))
    recorder = vault.open_session(evidence.session())

    path = Path(recorder.chain.path)
    path.rename(path.with_suffix(".away"))
    with pytest.raises(RecordingFailed):
        asyncio.run(recorder.durable())
    path.with_suffix(".away").rename(path)


def test_checkpoints_are_posted_to_an_http_anchor(evidence, monkeypatch):
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.headers["Authorization"], body))
            self.send_response(500 if len(received) == 1 else 204)
            self.end_headers()

        def log_message(self, *_args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("NO_PROXY", "*")
    try:
        url = f"http://127.0.0.1:{server.server_port}/anchor"
        from yett.recording.anchors import Anchoring, make_places

        places = make_places((HttpAnchor(url, "ANCHOR_AUTH"),), {"ANCHOR_AUTH": "Bearer x"})
        anchoring = Anchoring(places, 0.01)
        anchoring.checkpointed("one", b"signed")
        deadline = time.monotonic() + 5
        while len(received) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        anchoring.stop()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert anchoring.failures == 1
    assert received[-1][0] == "Bearer x"
    assert json.loads(received[-1][1])["file"] == "one"


def test_an_anchor_that_was_changed_is_named(evidence, tmp_path):
    anchor = tmp_path / "elsewhere.jsonl"
    settings = RecordingSettings(reserve_bytes=0, free_bytes_min=0, anchors=(FileAnchor(str(anchor)),))
    vault = evidence.vault(settings)
    evidence.record(vault)
    vault.close()
    evidence._vaults.clear()
    assert verify_all(evidence.folder, evidence.public(), [anchor]).ok
    anchor.write_bytes(anchor.read_bytes().replace(b"A", b"B", 3))
    assert "not signed" in verify_all(evidence.folder, evidence.public(), [anchor]).problems[0].what


def test_a_path_that_leaves_the_folder_is_not_followed(evidence):
    vault = evidence.vault()
    vault._trail.state(About("opened", "evil", "../../../etc/passwd"))
    assert any(
        "leaves the recordings' folder" in p.what for p in verify_all(evidence.folder, evidence.public()).problems
    )


def test_a_flood_of_refused_logins_is_counted_and_not_listed(evidence):
    vault = evidence.vault()
    for _ in range(500):
        vault.refused({"user": "mallory"})
    assert vault.tick()
    (stream,) = evidence.folder.rglob("gate-*.yrec")
    archive = Archive(evidence.data, SMALL, {})
    with archive.story(archive.find(stream.stem)) as story:
        events = [m.payload for m in story if m.kind == 5]
    listed = sum(e.kind == "login_refused" for e in events)
    assert listed < 200
    assert listed + sum(e.data["count"] for e in events if e.kind == "logins_refused_unlisted") == 500


def test_a_gate_does_not_start_on_a_damaged_index(evidence):
    vault = evidence.vault()
    evidence.record(vault)
    vault.close()
    evidence._vaults.clear()
    (index,) = (evidence.folder / "index").glob("*.yrec")
    data = bytearray(index.read_bytes())
    data[700] ^= 1
    index.write_bytes(data)
    with pytest.raises(RecordingFailed, match="damaged"):
        evidence.vault()


def test_recordings_that_lost_their_index_are_not_taken_in_again(evidence):
    vault = evidence.vault()
    file = evidence.record(vault)
    vault.close()
    evidence._vaults.clear()
    for path in (evidence.folder / "index").glob("*.yrec"):
        path.unlink()
    evidence.record(evidence.vault())
    found = verify_all(evidence.folder, evidence.public()).problems
    assert file in {problem.file for problem in found}


def test_another_process_that_begins_the_day_names_what_is_still_open(evidence, monkeypatch):
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    archive = Archive(evidence.data, SMALL, {})
    later = time.time_ns() + 2 * 86_400 * 10**9
    from yett.recording import pen

    monkeypatch.setattr(pen.time, "time_ns", lambda: later)
    with archive.trail() as trail:
        trail._pen.time_ns = lambda: later
        trail.event("replayed", {})
    from yett.recording.index import read_listing

    assert recorder.chain.file in read_listing(evidence.folder, segments=1).files
    assert archive.find(recorder.chain.file).begun
    monkeypatch.undo()
    recorder.close("client_left")
    assert verify_all(evidence.folder, evidence.public()).ok


def test_the_newest_sessions_are_found_over_many_days(evidence):
    vault = evidence.vault()
    files = []
    for day in range(12):
        at = time.time_ns() + day * 86_400 * 10**9
        vault._pen.time_ns = lambda at=at: at
        files.append(evidence.record(vault, operations=1))
    archive = Archive(evidence.data, SMALL, {})
    assert [one.file for one in archive.newest(lambda _: True, 3)] == files[-3:]
    assert [one.file for one in archive.newest(lambda _: True, 50)] == files
    assert archive.find(files[0]).file == files[0]
    assert verify_all(evidence.folder, evidence.public()).ok


def test_a_recording_whose_end_could_not_be_signed_is_signed_later(evidence, monkeypatch):
    from yett.recording.chain import ChainFile

    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())

    def full(*_args):
        raise RecordingFailed("full", code="recording_disk_full")

    monkeypatch.setattr(ChainFile, "checkpoint", full)
    with pytest.raises(RecordingFailed):
        recorder.close("client_left")
    with pytest.raises(RecordingFailed, match="closed"):
        recorder.intend(1, "SELECT", b"SELECT 1")
    monkeypatch.undo()
    assert vault.tick()
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
    assert next(f for f in report.files if f.file == recorder.chain.file).state == "complete"


def test_an_index_that_could_not_be_told_of_an_end_is_told_later(evidence, monkeypatch):
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())

    def locked(*_args):
        raise RecordingFailed("locked")

    monkeypatch.setattr(vault._trail, "state", locked)
    with pytest.raises(RecordingFailed):
        recorder.close("client_left")
    monkeypatch.undo()
    assert vault.tick()
    listed = next(one for one in Archive(evidence.data, SMALL, {}).listing() if one.file == recorder.chain.file)
    assert listed.end is not None
    assert listed.summary.reason == "client_left"
    assert verify_all(evidence.folder, evidence.public()).ok
