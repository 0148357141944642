"""However bytes arrive, and whatever they are: the same answers, nothing without a permit, one outcome each."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.postgres.conversations import (
    BOUND,
    CLOSED,
    NO_DATA,
    PARSED,
    Conversation,
    bind,
    complete,
    described,
    execute,
    parse,
    query,
    refuse_kinds,
    row,
)
from yett.core.errors import LimitExceeded, ProtocolError
from yett.protocols.postgres import codec
from yett.protocols.postgres.codec import FLUSH, SYNC, error, ready
from yett.protocols.postgres.talk import RelayLimits

STEPS = st.sampled_from(
    [
        query("SELECT 1"),
        query("DROP TABLE t"),
        query("SELECT broken"),
        query(""),
        parse("SELECT 1", "a"),
        parse("SELECT broken", "a"),
        parse("DROP TABLE t", "a"),
        parse("SELECT 2"),
        bind("a", "p"),
        bind(),
        bind("a") + codec.describe_portal(b"") + execute() + SYNC,
        bind("a") + execute() + SYNC,
        codec.describe_portal(b"p"),
        execute("p"),
        execute(),
        codec.close_portal(b"p"),
        codec.close_statement(b"a"),
        codec.message(b"F", bytes(10)),
        SYNC,
        SYNC,
        FLUSH,
    ]
)
CUTS = st.lists(st.integers(1, 60), max_size=30)


class Server:
    """Answers as PostgreSQL does, outside of transactions: enough of it for pipelines and their errors."""

    def __init__(self) -> None:
        self.skipping = False

    def answer(self, frame: bytes) -> bytes:
        """Return what the server says to one message."""
        kind, body = frame[:1], frame[5:]
        if self.skipping and kind != b"S":
            return b""
        if kind == b"S":
            self.skipping = False
            return ready(b"I")
        if b"broken" in body or b"yett refused" in body:
            self.skipping = kind != b"Q"
            return error("42601", "syntax error") + (ready(b"I") if kind == b"Q" else b"")
        return self._good(kind)

    def _good(self, kind: bytes) -> bytes:
        answer = {b"P": PARSED, b"B": BOUND, b"D": NO_DATA, b"C": CLOSED, b"H": b""}
        if kind == b"Q":
            return described("n") + row("1") + complete("SELECT 1") + ready(b"I")
        if kind == b"E":
            return row("1") + complete("SELECT 1")
        return answer[kind]


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *(edge for edge in itertools.accumulate(cuts) if edge < len(data)), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def held(steps: list[bytes], client_cuts: list[int], target_cuts: list[int]) -> Conversation:
    """Hold a conversation to its end and return it."""
    talk, server = Conversation(refuse_kinds("DROP TABLE", "function call")), Server()
    # Without cuts every step comes alone, which is when some are taken as one; with cuts they rarely do.
    for piece in pieces(b"".join(steps) + SYNC, client_cuts) if client_cuts else [*steps, SYNC]:
        talk.client_says(piece)
        while sent := talk.sent():
            for answer in pieces(b"".join(map(server.answer, sent)), target_cuts):
                talk.target_says(answer)
    return talk


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=14), CUTS, CUTS)
def test_any_chunking_of_both_directions_gives_the_same_answers(steps, client_cuts, target_cuts):
    whole, cut = held(steps, [], []), held(steps, client_cuts, target_cuts)
    assert cut.shown() == whole.shown()
    # What the target skips after an error may have been asked for before the error came back, or not at all.
    done = [[status for status in one.statuses().values() if status != "skipped"] for one in (cut, whole)]
    assert done[0] == done[1]


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=14), CUTS)
def test_every_operation_has_one_outcome_and_the_line_ends_empty(steps, cuts):
    talk = held(steps, cuts, [])
    assert not talk.relay.talk.line
    assert not talk.relay.talk.acts
    released = [one.sequence for one in talk.questions if one.operation.kind not in ("DROP TABLE", "function call")]
    assert sorted(talk.statuses()) == released


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=12), st.lists(st.binary(max_size=60), max_size=12))
def test_garbage_ends_a_session_or_says_nothing_and_is_never_forwarded_without_a_permit(from_client, from_target):
    talk = Conversation(limits=RelayLimits(message_bytes_max=1000, target_message_bytes_max=1000))
    try:
        for client, target in itertools.zip_longest(from_client, from_target, fillvalue=b""):
            talk.client_says(client)
            talk.target_says(target)
            assert talk.relay.backlog <= 1000
    except (ProtocolError, LimitExceeded):
        return


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list("QPBEDCSHXFdcfp")), st.binary(max_size=40))
def test_a_body_that_makes_no_sense_is_a_protocol_error(kind, body):
    talk = Conversation()
    try:
        talk.client_says(codec.message(kind.encode(), body))
    except ProtocolError:
        return
