"""Errors, notices and notifications say nothing of the data they were made from."""

import pytest

from protocols.postgres.masking.wire import MARKER, SomeMasks, Words
from yett.core.errors import ProtocolError
from yett.protocols.postgres.codec import error, message, notice, read_fields
from yett.protocols.postgres.masking.messages import (
    rebuilt_error,
    rebuilt_notice,
    scanned_notification,
    scanned_text,
)

EVERY_FIELD = dict.fromkeys("HPpqWstcdnFLR", MARKER)


def test_an_error_is_rebuilt_from_its_code() -> None:
    left = rebuilt_error(error("23505", f"duplicate {MARKER}", detail=f"Key (email)=({MARKER}) exists.", **EVERY_FIELD))
    fields = read_fields(left[5:])
    assert (fields["S"], fields["V"], fields["C"], fields["M"]) == ("ERROR", "ERROR", "23505", "unique violation")
    assert "withheld" in fields["H"]
    assert set(fields) == set("SVCMH")
    assert MARKER.encode() not in left


def test_the_position_of_an_error_in_the_clients_own_text_stays() -> None:
    assert read_fields(rebuilt_error(error("42703", "x", P="17"))[5:])["P"] == "17"
    assert "P" not in read_fields(rebuilt_error(error("22P02", "x", P="17"))[5:])
    assert "P" not in read_fields(rebuilt_error(error("42703", "x", P=MARKER))[5:])


@pytest.mark.parametrize("code", ["ALICE", "22ALI", "", "planted@secret.example"])
def test_a_code_that_a_routine_made_up_is_not_told(code) -> None:
    left = rebuilt_error(error(code, "x", severity="ALICE"))
    fields = read_fields(left[5:])
    assert (fields["C"], fields["M"], fields["S"]) == ("P0001", "raise exception", "ERROR")
    assert read_fields(rebuilt_notice(notice(code, "x", severity="WARNING"))[5:])["C"] == "01000"


def test_fatal_stays_fatal() -> None:
    assert read_fields(rebuilt_error(error("57P01", "terminating", severity="FATAL"))[5:])["S"] == "FATAL"


def test_warnings_are_rebuilt_and_notices_are_dropped() -> None:
    left = rebuilt_notice(notice("01004", f"truncated {MARKER}", severity="WARNING", detail=MARKER))
    assert read_fields(left[5:])["M"] == "string data right truncation"
    assert MARKER.encode() not in left
    assert rebuilt_notice(notice("00000", MARKER)) == b""


def test_the_words_of_other_errors_are_searched() -> None:
    whole = error("P0001", f"no {MARKER}", detail=MARKER, hint=f"try {MARKER}", P="3", W=f"line {MARKER}")
    left = scanned_text(whole, Words(), SomeMasks())
    assert left == error("P0001", "no [email]", detail="[email]", hint="try [email]", P="3", W="line [email]")
    said = notice("00000", f"is {MARKER}")
    assert scanned_text(said, Words(), SomeMasks()) == notice("00000", "is [email]")
    plain = error("P0001", "nothing")
    assert scanned_text(plain, Words(), SomeMasks()) is plain


def test_the_payload_of_a_notification_is_searched() -> None:
    def told(payload: str) -> bytes:
        return message(b"A", b"\0\0\0\7news\0" + payload.encode() + b"\0")

    assert scanned_notification(told(f"from {MARKER}"), Words(), SomeMasks()) == told("from [email]")
    assert scanned_notification(told("x"), Words(), SomeMasks()) == told("x")
    with pytest.raises(ProtocolError):
        scanned_notification(message(b"A", b"\0\0\0\7news\0x\0y"), Words(), SomeMasks())


@pytest.mark.parametrize("packet", [b"", b"E", b"E\0\0\0\4", error("22000", "x")[:-1], b"N" + error("22000", "x")[1:]])
def test_a_message_that_does_not_add_up_ends_the_session(packet) -> None:
    with pytest.raises(ProtocolError):
        rebuilt_error(packet)
