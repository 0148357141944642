"""Keys come from where the settings say, change without losing what was recorded, and are never printed."""

import pytest

from yett.core.errors import ConfigError
from yett.recording.archive import Archive
from yett.recording.keys import load_keys, load_public_keys
from yett.recording.settings import KeySettings
from yett.recording.verify import verify_all

from .conftest import SMALL


def test_changed_keys_still_read_and_prove_what_was_recorded_before(evidence):
    vault = evidence.vault()
    before = evidence.record(vault)
    vault.close()
    evidence._vaults.clear()
    keys = evidence.data / "keys"
    (keys / "recording.key").rename(keys / "recording-2026.key")
    (keys / "signing.key").unlink()
    vault = evidence.vault()
    after = evidence.record(vault)
    archive = Archive(evidence.data, SMALL, {})
    for file in (before, after):
        with archive.story(archive.find(file)) as story:
            assert len(list(story)) > 5
    report = verify_all(evidence.folder, load_public_keys(*keys.glob("*.pub.pem")))
    assert report.ok, report.problems
    assert len(list(keys.glob("signing-*.pub.pem"))) == 2


def test_keys_may_come_from_the_environment(tmp_path):
    made = load_keys(tmp_path, KeySettings(), {}, create=True)
    texts = {
        "REC": (tmp_path / "keys" / "recording.key").read_text(),
        "SIG": (tmp_path / "keys" / "signing.key").read_text(),
    }
    settings = KeySettings(recording_env="REC", signing_env="SIG")
    found = load_keys(tmp_path / "elsewhere", settings, texts, create=False)
    assert (found.recording.id, found.signing.id) == (made.recording.id, made.signing.id)


@pytest.mark.parametrize("text", ["", "short", "yett-recording-key-v1:AAAA", "é"])
def test_a_malformed_key_is_refused_without_being_shown(tmp_path, text):
    load_keys(tmp_path, KeySettings(), {}, create=True)
    (tmp_path / "keys" / "recording.key").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_keys(tmp_path, KeySettings(), {}, create=False)
    assert refused.value.code == "recording_key_invalid"
    assert not text or text not in refused.value.message


def test_a_missing_environment_variable_is_named(tmp_path):
    with pytest.raises(ConfigError, match="NOSUCH"):
        load_keys(tmp_path, KeySettings(recording_env="NOSUCH"), {}, create=True)


def test_a_public_key_of_another_kind_is_refused(tmp_path):
    (tmp_path / "x.pem").write_text("nonsense")
    with pytest.raises(ConfigError):
        load_public_keys(tmp_path / "x.pem")
