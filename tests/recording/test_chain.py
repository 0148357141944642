"""Under which keys and nonces payloads go: no key meets a nonce twice, and only what is erased together shares one."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yett.recording.archive import Archive
from yett.recording.container import ZERO_NONCE, Flag, Kind, binding
from yett.recording.erase import erase
from yett.recording.keys import KeySettings, load_keys
from yett.recording.reader import Opener, reading
from yett.recording.settings import RecordingSettings

from .conftest import ALLOWED


@pytest.fixture
def keyed(evidence):
    """Record operations begun one after the other and two at a time; return (entry, payload key, nonce) of each."""
    vault = evidence.vault()
    recorder = vault.open_session(evidence.session())
    for begun in ((1,), (2, 3), (4,)):
        for number in begun:
            recorder.intend(number, "SELECT", b"SELECT 1", (), ALLOWED)
        for number in begun:
            recorder.outcome(number, "done")
    recorder.outcome(4, "done")
    recorder.close("client_left")
    keys = load_keys(evidence.data, KeySettings(), {}, create=False).readers
    with reading(evidence.path(recorder.chain.file)) as reader:
        file_cipher, opener = AESGCM(reader.file_key(*keys)), Opener(reader, *keys)
        found = []
        for entry in (one for one in reader if not one.clear):
            assert opener.open(entry)
            bound, nonce = binding(reader.header.file) + entry.head_bytes, entry.head_bytes[16:28]
            key = file_cipher.decrypt(nonce, entry.slot, bound)
            found.append((entry, key, nonce if entry.flags & Flag.AGAIN else ZERO_NONCE))
    return recorder.chain.file, found


def test_no_key_meets_a_nonce_twice(keyed):
    _, found = keyed
    assert len({(key, nonce) for _, key, nonce in found}) == len(found)


def test_only_an_outcome_shares_a_key_and_only_with_its_own_intention(keyed):
    _, found = keyed
    by_key = {}
    for entry, key, _ in found:
        by_key.setdefault(key, []).append(entry)
    shared = [entries for entries in by_key.values() if len(entries) > 1]
    assert [[one.operation for one in entries] for entries in shared] == [[1, 1], [3, 3], [4, 4]]
    assert all([one.kind for one in entries] == [Kind.INTENTION, Kind.OUTCOME] for entries in shared)
    assert all(
        bool(entry.flags & Flag.AGAIN) == (key_at > 0) for es in by_key.values() for key_at, entry in enumerate(es)
    )


def test_a_key_that_two_payloads_share_is_gone_when_its_operation_is_erased(evidence, keyed):
    file, found = keyed
    key = next(key for entry, key, _ in found if entry.operation == 1)
    archive = Archive(evidence.data, RecordingSettings(), {})
    erase(archive, archive.find(file), frozenset({1}), "ada", "asked to")
    with reading(evidence.path(file)) as reader:
        left = [entry for entry in reader if entry.operation == 1 and not entry.clear]
    assert [entry.erased for entry in left] == [True, True]
    assert key not in evidence.path(file).read_bytes()
