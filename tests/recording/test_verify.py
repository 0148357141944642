"""Whatever is changed, moved or taken away, verify names it."""

import shutil

import pytest

from yett.recording.container import HEAD_BYTES, Kind
from yett.recording.reader import reading
from yett.recording.settings import FileAnchor, RecordingSettings
from yett.recording.verify import verify_all, verify_lone, verify_session

from .conftest import ALLOWED


def entries(path):
    with reading(path) as reader:
        return list(reader)


def flip(path, offset):
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x40
    path.write_bytes(data)


@pytest.fixture
def two(evidence):
    vault = evidence.vault()
    files = [evidence.record(vault), evidence.record(vault)]
    vault.refused({"user": "mallory"})
    vault.close()
    evidence._vaults.clear()
    return evidence, *files


def problems(evidence):
    return verify_all(evidence.folder, evidence.public()).problems


def test_untouched_recordings_pass(two):
    evidence, *_ = two
    report = verify_all(evidence.folder, evidence.public())
    assert report.ok, report.problems
    assert {f.state for f in report.files if not f.file.startswith(("gate", "index"))} == {"complete"}
    assert "whole folder" in report.unknowable[0]


@pytest.mark.parametrize("part", [0, 4, 5, 6, 8, 16, 24, HEAD_BYTES, HEAD_BYTES + 20, HEAD_BYTES + 50, -1])
@pytest.mark.parametrize("number", [0, 2, 3, 4])
def test_a_changed_byte_names_its_entry(two, number, part):
    evidence, file, _ = two
    path = evidence.path(file)
    found = entries(path)
    end = found[number + 1].offset
    flip(path, found[number].offset + part if part >= 0 else end + part)
    (problem,) = problems(evidence)
    assert (problem.file, problem.entry, problem.offset) == (file, number, found[number].offset)
    assert "attested" not in problem.what


@pytest.mark.parametrize("offset", [0, 9, 14, 40, 130])
def test_a_changed_file_header_is_named(two, offset):
    evidence, file, _ = two
    path = evidence.path(file)
    flip(path, offset)
    (problem,) = problems(evidence)
    assert problem.file == file
    assert problem.entry in {-1, 0}


def test_a_changed_checkpoint_is_named(two):
    evidence, file, _ = two
    path = evidence.path(file)
    last = entries(path)[-1]
    assert last.kind == Kind.CHECKPOINT
    flip(path, last.offset + HEAD_BYTES + 3)
    (problem,) = problems(evidence)
    assert problem.entry == last.number


def test_a_changed_index_is_named(two):
    evidence, *_ = two
    path = next((evidence.folder / "index").glob("*.yrec"))
    middle = entries(path)[3]
    flip(path, middle.offset + HEAD_BYTES + 60)
    found = problems(evidence)
    assert (found[0].file, found[0].entry) == (path.stem, 3)


def test_a_recording_cut_short_is_named(two):
    evidence, file, _ = two
    path = evidence.path(file)
    at = entries(path)[4].offset
    path.write_bytes(path.read_bytes()[:at])
    (problem,) = problems(evidence)
    assert problem.file == file
    assert "attested" in problem.what


def test_a_deleted_recording_is_named(two):
    evidence, file, _ = two
    evidence.path(file).unlink()
    (problem,) = problems(evidence)
    assert (problem.file, problem.what) == (file, "the file is missing")


def test_a_recording_the_index_does_not_name_is_named(two):
    evidence, file, _ = two
    shutil.copy(evidence.path(file), evidence.path(file).with_name("stray.yrec"))
    (problem,) = problems(evidence)
    assert problem.file == "stray"


def test_swapped_recordings_are_named(two):
    evidence, one, other = two
    a, b = evidence.path(one), evidence.path(other)
    content = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(content)
    assert {p.file for p in problems(evidence)} == {one, other}


def test_reordered_entries_are_named(two):
    evidence, file, _ = two
    path = evidence.path(file)
    found = entries(path)
    data = path.read_bytes()
    first, second = found[3], found[4]
    end = found[5].offset
    path.write_bytes(data[: first.offset] + data[second.offset : end] + data[first.offset : second.offset] + data[end:])
    (problem,) = problems(evidence)
    assert problem.entry == 3


def test_an_entry_taken_out_is_named(two):
    evidence, file, _ = two
    path = evidence.path(file)
    found = entries(path)
    data = path.read_bytes()
    path.write_bytes(data[: found[3].offset] + data[found[4].offset :])
    (problem,) = problems(evidence)
    assert problem.entry == 3


def test_a_chain_made_anew_without_the_signing_key_fails_at_the_next_checkpoint(two):
    evidence, file, _ = two
    path = evidence.path(file)
    found = entries(path)
    from yett.recording.container import item_digest, next_link

    data = bytearray(path.read_bytes()[: found[3].offset])
    link = found[2].link
    for entry in found[3:]:
        body = entry.body[:-1] + bytes([entry.body[-1] ^ 1]) if entry.number == 3 else entry.body
        link = next_link(link, entry.head_bytes, item_digest(entry.slot, body))
        data += entry.head_bytes + entry.slot + body + link
    path.write_bytes(data)
    (problem,) = problems(evidence)
    assert problem.entry == found[-1].number
    assert "are not the ones that were signed" in problem.what


def test_an_index_segment_that_is_gone_is_named(two):
    evidence, *_ = two
    shutil.rmtree(evidence.folder / "index")
    assert any("there is no index" in p.what for p in problems(evidence))


def test_an_earlier_state_is_seen_only_with_an_anchor(evidence, tmp_path):
    anchor = tmp_path / "elsewhere.jsonl"
    settings = RecordingSettings(
        reserve_bytes=0, free_bytes_min=0, anchors=(FileAnchor(str(anchor)),), anchor_every=0.01
    )
    vault = evidence.vault(settings)
    evidence.record(vault)
    vault.close()
    evidence._vaults.clear()
    shutil.copytree(evidence.folder, tmp_path / "before")
    vault = evidence.vault(settings)
    evidence.record(vault)
    vault.close()
    evidence._vaults.clear()
    shutil.rmtree(evidence.folder)
    shutil.copytree(tmp_path / "before", evidence.folder)
    assert verify_all(evidence.folder, evidence.public()).ok
    report = verify_all(evidence.folder, evidence.public(), [anchor])
    assert not report.ok
    assert not report.unknowable


def test_one_recording_can_be_proved_alone(two, tmp_path):
    evidence, file, _ = two
    copy = tmp_path / evidence.path(file).name
    shutil.copy(evidence.path(file), copy)
    report = verify_lone(copy, evidence.public())
    assert report.ok
    assert len(report.unknowable) == 2
    assert verify_session(evidence.folder, file, evidence.public()).ok


def test_another_gates_signature_is_not_trusted(two, tmp_path_factory):
    from .conftest import Evidence

    evidence, *_ = two
    stranger = Evidence(tmp_path_factory.mktemp("stranger"))
    stranger.vault()
    found = verify_all(evidence.folder, stranger.public()).problems
    stranger.close()
    assert all("not trusted" in p.what for p in found[:1])


def test_an_open_recording_is_unfinished_and_not_bad(evidence):
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    recorder.intend(1, "SELECT", b"SELECT 1", (), ALLOWED)
    report = verify_all(evidence.folder, evidence.public())
    found = next(f for f in report.files if f.file == recorder.chain.file)
    assert report.ok
    assert (found.state, found.unknown, found.unsigned) == ("unfinished", (1,), 1)


def test_an_earlier_signed_state_of_a_recording_is_named(evidence):
    """The tail that was signed then is a valid recording by itself; the index knows better."""
    vault = evidence.vault(RecordingSettings(reserve_bytes=0, free_bytes_min=0, checkpoint_every_entries=2))
    recorder = vault.open_session(evidence.session())
    for number in range(1, 4):
        recorder.intend(number, "SELECT", b"SELECT 1", (), ALLOWED)
        recorder.outcome(number, "done")
    path = evidence.path(recorder.chain.file)
    earlier = path.read_bytes()
    recorder.intend(9, "DELETE", b"DELETE FROM customers", (), ALLOWED)
    recorder.outcome(9, "done")
    recorder.close("client_left")
    path.write_bytes(earlier)
    assert verify_lone(path, evidence.public()).ok
    (problem,) = verify_all(evidence.folder, evidence.public()).problems
    assert problem.file == recorder.chain.file
