"""Outcomes may be written with what comes next: nothing of the evidence is lost by that but what a kill may take."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from yett.core.errors import RecordingFailed
from yett.recording.container import Kind
from yett.recording.reader import reading
from yett.recording.verify import verify_all

from .conftest import ALLOWED


@pytest.fixture
def held(evidence):
    """Return a vault that holds outcomes back, with a recorder, and a list that grows when it wants to be flushed."""
    vault, wanted = evidence.vault(), []
    vault.hold_outcomes(lambda: wanted.append(1))
    return vault, vault.open_session(evidence.session()), wanted


def kinds(path: Path) -> list[Kind]:
    with reading(path) as reader:
        return [Kind(entry.kind) for entry in reader if entry.kind in (Kind.INTENTION, Kind.OUTCOME)]


def intend(recorder, number):
    recorder.intend(number, "SELECT", b"SELECT 1", (), ALLOWED)


def test_an_outcome_goes_with_the_next_intention(evidence, held):
    _, recorder, wanted = held
    path = evidence.path(recorder.chain.file)
    intend(recorder, 1)
    recorder.outcome(1, "done")
    assert kinds(path) == [Kind.INTENTION]
    assert wanted == [1]
    intend(recorder, 2)
    assert kinds(path) == [Kind.INTENTION, Kind.OUTCOME, Kind.INTENTION]
    recorder.outcome(2, "done")
    recorder.close("client_left")
    assert kinds(path) == [Kind.INTENTION, Kind.OUTCOME] * 2
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
    assert next(f for f in report.files if f.file == recorder.chain.file).unknown == ()


def test_a_flush_writes_what_is_held_of_every_session_and_is_asked_for_once(evidence, held):
    vault, recorder, wanted = held
    other = vault.open_session(evidence.session())
    for one in (recorder, other):
        intend(one, 1)
        one.outcome(1, "done")
    assert wanted == [1]
    vault.flush()
    for one in (recorder, other):
        assert kinds(evidence.path(one.chain.file)) == [Kind.INTENTION, Kind.OUTCOME]
    recorder.outcome(1, "done")
    assert wanted == [1, 1]


def test_a_large_outcome_is_written_at_once_behind_what_is_held(evidence, held):
    _, recorder, _ = held
    for number in (1, 2):
        intend(recorder, number)
    recorder.outcome(1, "done")
    recorder.outcome(2, "done", answer=os.urandom(2_000))
    assert kinds(evidence.path(recorder.chain.file)) == [Kind.INTENTION] * 2 + [Kind.OUTCOME] * 2


def test_a_recording_that_is_parked_holds_nothing(evidence, held):
    _, recorder, _ = held
    intend(recorder, 1)
    recorder.outcome(1, "done")
    recorder.chain.park()
    assert kinds(evidence.path(recorder.chain.file)) == [Kind.INTENTION, Kind.OUTCOME]


def test_what_does_not_fit_is_held_until_it_does_and_no_intention_overtakes_it(evidence, held):
    vault, recorder, _ = held
    path = evidence.path(recorder.chain.file)
    intend(recorder, 1)
    recorder.outcome(1, "done")
    vault.release_reserve()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 40, before[1]))
        vault.flush()
        with pytest.raises(RecordingFailed):
            intend(recorder, 2)
        assert kinds(path) == [Kind.INTENTION]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert vault.tick()
    assert kinds(path) == [Kind.INTENTION, Kind.OUTCOME]
    intend(recorder, 3)
    recorder.outcome(3, "done")
    recorder.close("client_left")
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems


KILLED = """
import sys, os, signal
sys.path.insert(0, {tests!r})
from pathlib import Path
from recording.conftest import Evidence, ALLOWED
evidence = Evidence(Path({data!r}))
vault = evidence.vault()
vault.hold_outcomes(lambda: None)
recorder = vault.open_session(evidence.session())
for number in range(1, 41):
    recorder.intend(number, "INSERT", b"INSERT", (), ALLOWED)
    recorder.outcome(number, "done")
print(recorder.chain.file, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_kill_9_takes_no_intention_and_only_the_last_outcome(evidence, tmp_path):
    code = KILLED.format(tests=str(Path(__file__).parents[1]), data=str(tmp_path))
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout
    vault = evidence.vault()
    (sealed,) = [one for one in vault.sealed if one.file == said.strip()]
    assert sealed.unknown == (40,)
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
