"""What an auditor types: yett sessions, replay, verify, export, erase."""

import json
import os
import sys

import pytest

from yett.cli.main import main
from yett.core.decisions import Decision, Deny
from yett.recording.archive import Archive
from yett.recording.entries import Intention
from yett.recording.reader import reading
from yett.recording.settings import RecordingSettings
from yett.recording.story import Texts

from .conftest import ALLOWED

ROW = b"D\0\0\0\x12\0\1\0\0\0\x08an-answer"[:-1] + b"C\0\0\0\x0dSELECT 1\0"


@pytest.fixture
def yett(evidence, capfd, monkeypatch):
    """Run a yett command against the evidence; return (status, standard output, standard error)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["yett", *arguments, "--data", str(evidence.data)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return ended.value.code or 0, out, err

    return run


@pytest.fixture
def session(evidence):
    vault = evidence.vault()
    evidence.record(vault, name="other", resource="billing")
    asked = evidence.session()
    recorder = vault.open_session(asked, policy_version="v1")
    recorder.intend(1, "SELECT", b"SELECT '\x1b[2Jclear \xe2\x80\xaetxet'", [(0, 25, None)], ALLOWED)
    recorder.outcome(1, "done", "SELECT 1", 1, bytes(range(32)), timings_ns={"total": 1_500_000}, answer=ROW)
    denied = Decision(Deny("policy_forbids", "schema changes go through migrations"), ("no-ddl-in-prod",))
    recorder.intend(2, "DROP TABLE", b"DROP TABLE customers", (), denied)
    recorder.outcome(2, "denied", code="42501")
    recorder.close("client_left")
    return asked.id


def test_sessions_are_found_by_what_is_known_of_them(yett, session):
    for wanted in (
        ["--resource", "orders"],
        ["--denied"],
        ["--text", "DROP TABLE"],
        ["--text", "AN-ANSW"],
        ["--principal", "corp/bot"],
    ):
        status, out, _ = yett("sessions", *wanted, "--json")
        assert status == 0
        assert [one["session"] for one in json.loads(out)] == [session], wanted
    assert json.loads(yett("sessions", "--until", "2001-01-01", "--json")[1]) == []
    assert len(json.loads(yett("sessions", "--since", "1h", "--principal", "ada", "--json")[1])) == 2


def test_a_replay_shows_who_what_and_why_and_no_control_character(yett, session):
    status, out, _ = yett("replay", session)
    assert status == 0
    assert "Agent corp/bot (Bot) on behalf of corp/ada" in out
    assert "DENY by no-ddl-in-prod (policy_forbids): schema changes go through migrations" in out
    assert "1.50 ms" in out
    assert "an-answe" in out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert r"\x1b[2Jclear \u202etxet" in out


def test_a_replay_can_be_searched_and_begun_later(yett, session):
    assert "SELECT" not in yett("replay", session[-8:], "--search", "customers")[1]
    assert "SELECT" not in yett("replay", session, "--from", "2")[1]


def test_replaying_is_itself_recorded(yett, session, evidence):
    assert yett("replay", session)[0] == 0
    archive = Archive(evidence.data, RecordingSettings(), {})
    (stream,) = evidence.folder.rglob("gate-*.yrec")
    with archive.story(archive.find(stream.stem)) as story:
        (event,) = [m.payload for m in story if getattr(m.payload, "kind", "") == "replayed"]
    assert event.data["session"] == session
    assert event.data["by"]["uid"] == os.getuid()


def test_verify_passes_then_names_the_entry_after_one_byte_is_changed(yett, session, evidence):
    assert yett("verify")[0] == 0
    path = evidence.path(session)
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    status, out, _ = yett("verify")
    assert status == 1
    assert f"{session}.yrec: entry " in out
    status, out, _ = yett("verify", session, "--json")
    assert status == 1
    assert json.loads(out)["problems"][0]["entry"] >= 0


def test_verify_needs_the_public_key_alone(yett, session, evidence, tmp_path_factory):
    keys = evidence.data / "keys"
    elsewhere = tmp_path_factory.mktemp("auditor") / "gate.pem"
    elsewhere.write_bytes((keys / "signing.pub.pem").read_bytes())
    for path in keys.iterdir():
        path.rename(elsewhere.with_name(path.name))
    assert yett("verify", "--key", str(elsewhere))[0] == 0
    assert yett("verify", str(evidence.path(session)), "--key", str(elsewhere))[0] == 0
    assert yett("replay", session)[0] == 3


def test_export_writes_json_lines(yett, session):
    status, out, _ = yett("export", session)
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [line["type"] for line in lines] == ["opened", "intention", "outcome", "intention", "outcome", "event"]
    assert lines[1]["parameters"] == [{"format": 0, "type": 25, "value": None}]
    assert lines[2]["rows_digest"] == bytes(range(32)).hex()


def test_export_writes_ocsf_datastore_activity(yett, session, evidence):
    target = evidence.data / "out.jsonl"
    status, _, _ = yett("export", session, "--format", "ocsf", "--output", str(target))
    events = [json.loads(line) for line in target.read_text().splitlines()]
    assert status == 0
    assert [(e["type_uid"], e["action_id"], e["status_id"]) for e in events] == [
        (600503, 1, 1),
        (600504, 1, 1),
        (600507, 2, 2),
    ]
    required = {"activity_id", "actor", "category_uid", "class_uid", "metadata", "severity_id", "src_endpoint", "time"}
    assert all(required <= event.keys() for event in events)
    assert all("database" in event and event["metadata"]["version"] for event in events)
    assert target.stat().st_mode & 0o077 == 0


def test_erase_needs_a_reason_and_says_what_it_did(yett, session):
    assert yett("erase", session, "--sequence", "1")[0] == 2
    assert yett("erase", session, "--reason", "gdpr")[0] != 0
    status, out, _ = yett("erase", session, "--sequence", "1", "--reason", "gdpr", "--json")
    assert (status, json.loads(out)["payloads_erased"]) == (0, 2)
    assert "[1] (erased)" in yett("replay", session)[1]
    assert yett("verify")[0] == 0


def test_an_unknown_session_is_a_clear_error(yett, session):
    status, _, err = yett("replay", "nosuchsession")
    assert status == 1
    assert "recording_not_found" in err


def test_an_execution_shows_the_statement_that_it_refers_to(yett, evidence):
    recorder = evidence.vault().open_session(evidence.session())
    recorder.intend(1, "prepare", b"DELETE FROM customers WHERE id = $1", (), ALLOWED)
    recorder.outcome(1, "done")
    recorder.intend(2, "execute", b"", [(0, 23, b"7")], ALLOWED, details={"statement": 1})
    recorder.outcome(2, "done", "DELETE 1")
    recorder.close("client_left")
    file = recorder.chain.file
    shown = "[2] execute > DELETE FROM customers WHERE id = $1\n            >   $1 = 7"
    assert shown in yett("replay", file)[1]
    events = [json.loads(line) for line in yett("export", file, "--format", "ocsf")[1].splitlines()]
    assert events[2]["query_info"]["query_string"] == "DELETE FROM customers WHERE id = $1"
    assert events[2]["activity_id"] == 7


def test_texts_that_are_remembered_stay_bounded():
    texts = Texts(bytes_max=1000)
    for number in range(100):
        texts.text_of(number, Intention("prepare", b"x" * 50))
    assert texts.text_of(200, Intention("execute", b"", details={"statement": 0})) == b""
    assert texts.text_of(201, Intention("execute", b"", details={"statement": 99})) == b"x" * 50
    assert len(texts._texts) < 10


def test_in_a_pipeline_each_outcome_names_its_operation(yett, evidence):
    recorder = evidence.vault().open_session(evidence.session())
    for number in (1, 2):
        recorder.intend(number, "statement", b"SELECT 1", (), ALLOWED)
    for number in (1, 2):
        recorder.outcome(number, "done", f"SELECT {number}")
    recorder.close("client_left")
    out = yett("replay", recorder.chain.file)[1]
    assert "    [1] -- done, SELECT 1" in out
    assert "    -- done, SELECT 2" in out


def test_a_replay_of_a_changed_recording_stops_there_and_says_so(yett, session, evidence):
    path = evidence.path(session)
    with reading(path) as reader:
        changed = next(entry for entry in reader if entry.operation == 2)
    data = bytearray(path.read_bytes())
    data[changed.offset + 100] ^= 1
    path.write_bytes(data)
    status, out, err = yett("replay", session)
    assert status == 1
    assert "1.50 ms" in out
    assert "DROP TABLE" not in out
    assert "recording_damaged" in err


def test_the_gates_own_stream_can_be_replayed(yett, session, evidence):
    evidence._vaults[0].refused({"user": "mallory", "address": "10.9.9.9"})
    (stream,) = evidence.folder.rglob("gate-*.yrec")
    assert "* login_refused user=mallory address=10.9.9.9" in yett("replay", stream.stem)[1]
