"""A payload can be erased for good, and the proof still holds."""

import pytest

from yett.recording.archive import Archive
from yett.recording.container import Kind
from yett.recording.erase import NothingToErase, erase
from yett.recording.reader import reading, slot_offset, wipe
from yett.recording.settings import RecordingSettings
from yett.recording.verify import verify_all


@pytest.fixture
def archive(evidence):
    vault = evidence.vault()
    file = evidence.record(vault)
    found = Archive(evidence.data, RecordingSettings(), {})
    return evidence, found, file


def test_an_erased_operation_is_gone_and_verify_still_passes(archive):
    evidence, found, file = archive
    before = evidence.path(file).read_bytes()
    done = erase(found, found.find(file), frozenset({2}), "ada", "asked to")
    assert done.payloads == 3
    with found.story(found.find(file)) as story:
        gone = [m.operation for m in story if m.erased]
    assert gone == [2, 2, 2]
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
    assert len(next(f for f in report.files if f.file == file).erased) == 3
    after = evidence.path(file).read_bytes()
    assert len(after) == len(before)
    with reading(evidence.path(file)) as reader:
        assert all(not any(e.body) for e in reader if e.erased)


def test_erasing_all_takes_the_name_out_of_the_index_too(archive):
    evidence, found, file = archive
    erase(found, found.find(file), None, "ada", "asked to")
    listed = next(one for one in found.listing() if one.file == file)
    assert listed.summary is None
    assert verify_all(evidence.folder, evidence.public()).ok


def test_an_erasure_that_nobody_recorded_is_named(archive):
    evidence, _found, file = archive
    path = evidence.path(file)
    with reading(path) as reader:
        entry = next(e for e in reader if e.kind == Kind.ROWS)
    data = bytearray(path.read_bytes())
    wiped = wipe(entry)
    data[slot_offset(entry) : slot_offset(entry) + len(wiped)] = wiped
    path.write_bytes(data)
    (problem,) = verify_all(evidence.folder, evidence.public()).problems
    assert (problem.file, problem.entry) == (file, entry.number)
    assert "no erasure of them is recorded" in problem.what


def test_erasing_twice_says_so(archive):
    _, found, file = archive
    erase(found, found.find(file), frozenset({2}), "ada", "asked to")
    with pytest.raises(NothingToErase):
        erase(found, found.find(file), frozenset({2}), "ada", "asked to")
