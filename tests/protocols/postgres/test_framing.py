"""A byte stream is cut into the same messages however it arrives, and never grows beyond the limit."""

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.core.errors import LimitExceeded, ProtocolError
from yett.protocols.postgres.codec import message
from yett.protocols.postgres.framing import Inbox

LIMIT = 1000
MESSAGES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40)), max_size=8)


def drained(inbox):
    found = []
    while (one := inbox.next()) is not None:
        found.append(one)
    return found


def chunks(data, cuts):
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(MESSAGES, st.lists(st.integers(0, 400), max_size=12))
def test_any_chunking_gives_the_same_messages(messages, cuts):
    stream = b"".join(message(bytes([kind]), body) for kind, body in messages)
    inbox, found = Inbox(LIMIT), []
    for chunk in chunks(stream, cuts):
        inbox.put(chunk)
        found += drained(inbox)
    assert [(kind, body) for kind, body, _ in found] == messages
    assert b"".join(frame for _, _, frame in found) == stream
    assert len(inbox) == 0


@given(MESSAGES)
def test_byte_by_byte_gives_the_same_messages(messages):
    inbox, found = Inbox(LIMIT), []
    for byte in b"".join(message(bytes([kind]), body) for kind, body in messages):
        inbox.put(bytes([byte]))
        found += drained(inbox)
    assert [(kind, body) for kind, body, _ in found] == messages


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_garbage_is_cut_or_refused_and_nothing_is_lost(pieces):
    inbox, taken = Inbox(LIMIT), 0
    try:
        for number, piece in enumerate(pieces):
            inbox.put(piece)
            taken += sum(len(frame) for _, _, frame in drained(inbox))
            assert taken + len(inbox) == sum(map(len, pieces[: number + 1]))
            assert len(inbox) <= LIMIT
    except (ProtocolError, LimitExceeded):
        return


@pytest.mark.parametrize("length", [0, 3])
def test_an_impossible_length_is_refused(length):
    inbox = Inbox(LIMIT)
    inbox.put(b"Q" + struct.pack("!I", length))
    with pytest.raises(ProtocolError):
        inbox.next()


@pytest.mark.parametrize("length", [LIMIT, 2**31, 2**32 - 1])
def test_a_message_that_would_be_too_long_is_refused_at_its_header(length):
    inbox = Inbox(LIMIT)
    inbox.put(b"Q" + struct.pack("!I", length))
    with pytest.raises(LimitExceeded):
        inbox.next()


def test_a_message_of_exactly_the_limit_passes():
    inbox = Inbox(LIMIT)
    inbox.put(message(b"Q", bytes(LIMIT - 5)))
    assert inbox.next() is not None


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=6), st.binary(max_size=4))
def test_a_run_of_copy_data_ends_where_another_message_begins(rows, rest):
    run = b"".join(message(b"d", row) for row in rows)
    inbox = Inbox(LIMIT)
    inbox.put(run + b"c\0\0\0\4" + rest)
    assert inbox.run() == (len(rows), run)
    assert inbox.peek() == ord("c")


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_a_message_that_was_put_back_comes_again(first, second):
    inbox = Inbox(LIMIT)
    inbox.put(message(b"Q", first) + message(b"P", second))
    one = inbox.next()
    assert one is not None
    inbox.push_back(one[2])
    assert inbox.next() == one
    assert inbox.next() == (ord("P"), second, message(b"P", second))
