"""Whatever bytes the reader is given, it says torn or damaged, and nothing else."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yett.recording.checkpoints import read_checkpoint
from yett.recording.keys import load_keys
from yett.recording.reader import Damaged, Opener, RecordingReader
from yett.recording.settings import KeySettings


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    from .conftest import Evidence

    evidence = Evidence(tmp_path_factory.mktemp("sample"))
    file = evidence.record(evidence.vault())
    evidence.close()
    return evidence.path(file).read_bytes(), load_keys(evidence.data, KeySettings(), {}, create=False)


def walk(data):
    try:
        reader = RecordingReader(io.BytesIO(data))
        count = sum(1 for _ in reader)
    except Damaged:
        return None
    return count, reader.torn


@given(st.binary(max_size=2000))
def test_garbage_is_damaged(data):
    assert walk(data) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.data())
def test_garbage_after_good_entries_is_torn_or_damaged(sample, data):
    good, _ = sample
    walk(good + data.draw(st.binary(max_size=200)))


@settings(max_examples=300)
@given(st.data())
def test_any_changed_byte_is_noticed(sample, data):
    good, _keys = sample
    whole = walk(good)
    changed = bytearray(good)
    at = data.draw(st.integers(0, len(good) - 1))
    changed[at] ^= data.draw(st.integers(1, 255))
    assert walk(bytes(changed)) != whole


@settings(max_examples=200)
@given(st.data())
def test_any_cut_is_noticed_or_leaves_fewer_entries(sample, data):
    good, _ = sample
    count, _ = walk(good)
    found = walk(good[: data.draw(st.integers(0, len(good) - 1))])
    assert found is None or found[0] < count


@given(st.binary(max_size=500))
def test_garbage_is_no_checkpoint(data):
    try:
        read_checkpoint(data)
    except ValueError:
        return


def test_the_wrong_key_opens_nothing(sample, tmp_path):
    good, _ = sample
    other = load_keys(tmp_path, KeySettings(), {}, create=True)
    reader = RecordingReader(io.BytesIO(good))
    from yett.recording.reader import Unreadable

    with pytest.raises(Unreadable):
        Opener(reader, other.recording)
