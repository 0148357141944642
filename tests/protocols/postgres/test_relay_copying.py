"""Transcripts of COPY through the relay: data only where it is asked for, and nothing else in its place."""

import pytest

from protocols.postgres.conversations import (
    BOUND,
    COPY_DONE,
    PARSED,
    Conversation,
    bind,
    complete,
    copy_data,
    copy_response,
    execute,
    parse,
    query,
)
from yett.core.errors import ProtocolError
from yett.protocols.postgres import codec
from yett.protocols.postgres.codec import FLUSH, SYNC, close_portal, error, ready


def test_copy_in_by_a_simple_query():
    talk = Conversation().client_says(query("COPY t FROM STDIN"), copy_data(b"1\n"))
    assert talk.sent_kinds() == "Q"
    talk.target_says(copy_response())
    assert talk.sent_kinds() == "d"
    talk.client_says(copy_data(b"2\n"), COPY_DONE)
    talk.target_says(complete("COPY 2"), ready(b"I"))
    assert talk.shown() == ["G", "C(COPY 2)", "Z(I)"]
    (outcome,) = talk.outcomes
    assert (outcome.status, outcome.rows, outcome.tag, outcome.bytes_in) == ("done", 2, "COPY 2", 19)


def test_copy_in_by_the_extended_protocol_ignores_the_early_sync():
    talk = Conversation().client_says(parse("COPY t FROM STDIN"), bind(), execute(), SYNC)
    talk.target_says(PARSED, BOUND, copy_response())
    talk.client_says(copy_data(b"1\n"), SYNC, FLUSH, COPY_DONE, SYNC)
    assert talk.sent_kinds() == "PBESdcS"
    talk.target_says(complete("COPY 1"), ready(b"I"))
    assert talk.shown() == ["1", "2", "G", "C(COPY 1)", "Z(I)"]
    assert talk.statuses() == {2: "done", 3: "done"}


def test_a_sync_behind_a_simple_copy_is_not_owed():
    talk = Conversation().client_says(query("COPY t FROM STDIN"), SYNC)
    talk.target_says(copy_response())
    talk.client_says(copy_data(b"1\n"), COPY_DONE).target_says(complete("COPY 1"), ready(b"I"))
    assert not talk.relay.talk.line


def test_a_copy_that_the_client_fails_is_the_servers_error():
    talk = Conversation().client_says(query("COPY t FROM STDIN")).target_says(copy_response())
    talk.client_says(codec.message(b"f", b"never mind\0"))
    talk.target_says(error("57014", "COPY from stdin failed: never mind"), ready(b"I"))
    assert talk.shown() == ["G", "E(57014)", "Z(I)"]
    assert talk.outcomes[0].error == "57014"


def test_data_that_comes_after_a_failed_copy_is_dropped():
    talk = Conversation().client_says(query("COPY t FROM STDIN")).target_says(copy_response())
    talk.target_says(error("22P02", "bad"), ready(b"I")).sent()
    talk.client_says(copy_data(b"1\n"), COPY_DONE, query("SELECT 1"))
    assert talk.sent() == [query("SELECT 1")]


@pytest.mark.parametrize("other", [query("SELECT 1"), parse("SELECT 1"), bind(), execute(), close_portal(b"")])
def test_anything_but_data_during_a_copy_ends_the_session(other):
    # The server takes the message for an error of the COPY and drops it: whatever the gate noted for it would be wrong.
    talk = Conversation().client_says(query("COPY t FROM STDIN")).target_says(copy_response())
    with pytest.raises(ProtocolError):
        talk.client_says(other)


def test_a_query_sent_behind_a_copy_before_its_data_ends_the_session():
    talk = Conversation().client_says(query("COPY t FROM STDIN"), query("PREPARE x AS SELECT 1"))
    with pytest.raises(ProtocolError):
        talk.target_says(copy_response())


def test_copy_out_passes_and_is_counted():
    talk = Conversation().client_says(query("COPY t TO STDOUT"))
    talk.target_says(
        copy_response(b"H"), copy_data(b"1\n"), copy_data(b"2\n"), COPY_DONE, complete("COPY 2"), ready(b"I")
    )
    assert talk.shown() == ["H", "d", "d", "c", "C(COPY 2)", "Z(I)"]
    assert talk.outcomes[0].rows == 2
