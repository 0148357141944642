"""COPY data of a statement that waits, on the wire: taken however it is cut, sent or refused in its place."""

from typing import Self

import pytest

from protocols.postgres.conversations import (
    ALLOWED,
    COPY_DONE,
    REFUSED,
    SESSION,
    Conversation,
    complete,
    copy_data,
    copy_response,
    query,
)
from protocols.postgres.masking.wire import SomeMasks
from yett.core.operations import Refusal
from yett.core.permits import Permit
from yett.protocols._wire.questions import Gather, Inspect
from yett.protocols.postgres import codec
from yett.protocols.postgres.catalog.labels import Sensitivity
from yett.protocols.postgres.codec import FLUSH, SYNC, error, ready
from yett.protocols.postgres.screening import Screen
from yett.protocols.postgres.sql.copied import CopyIn, copy_in_of
from yett.protocols.postgres.talk import RelayLimits

COPY = query("COPY t (a, b) FROM STDIN")


class Waiting(Conversation):
    """A conversation in which every COPY waits until it is answered."""

    open: Inspect | None = None
    gathered: tuple[Refusal | None, ...] = ()

    def _turned(self) -> Self:
        talk = self.relay.talk
        while talk.question is not None and talk.question.operation.kind != "COPY":
            question = talk.question
            self._permitted.add(question.sequence)
            self.relay.judged(ALLOWED, Permit(SESSION, question.sequence, ALLOWED))
            self.relay.pump()
        if talk.question is None:
            return super()._turned()
        if talk.question is not self.open:
            self.open = talk.question
            if self.relay.held().unsent:
                self.relay.gather(Gather(self._gathered))
        if talk.question is None:
            return super()._turned()
        self._shown += b"".join(talk.to_client)
        talk.to_client.clear()
        self._sent += b"".join(data for _, data in talk.to_target)
        talk.to_target.clear()
        return self

    def _gathered(self, refusal: Refusal | None) -> None:
        self.gathered += (refusal,)
        if refusal is not None:
            self.relay.judged(REFUSED, None)

    def answer(self, *, yes: bool) -> Self:
        """Answer what waits."""
        assert self.open is not None
        self._permitted.add(self.open.sequence)
        self.relay.judged(ALLOWED if yes else REFUSED, Permit(SESSION, self.open.sequence, ALLOWED) if yes else None)
        self.relay.pump()
        return self._turned()

    @property
    def data(self) -> bytes:
        """Return the data that waits."""
        ((_, _, value),) = self.relay.held().more
        assert value is not None
        return value


@pytest.mark.parametrize("size", [1, 2, 3, 7, 11, 1000])
def test_data_is_the_same_however_it_is_cut(size):
    said = COPY + copy_data(b"1\tx\n") + SYNC + copy_data(b"") + FLUSH + copy_data(b"2\ty") + COPY_DONE
    talk = Waiting()
    for at in range(0, len(said), size):
        talk.client_says(said[at : at + size])
    assert talk.gathered == (None,)
    assert talk.data == b"1\tx\n2\ty"
    assert talk.shown() == ["G"]
    assert talk.sent() == []


def test_after_the_yes_all_of_it_goes_behind_its_statement_and_before_what_comes_next():
    talk = Waiting().client_says(COPY, copy_data(b"1\tx\n"), copy_data(b"2\ty\n"), COPY_DONE, query("SELECT 1"))
    talk.shown()
    talk.answer(yes=True)
    assert talk.sent() == [COPY, copy_data(b"1\tx\n2\ty\n"), COPY_DONE, query("SELECT 1")]
    talk.target_says(copy_response(), complete("COPY 2"), ready(b"I"), complete("SELECT 1"), ready(b"I"))
    assert talk.shown() == ["C(COPY 2)", "Z(I)", "C(SELECT 1)", "Z(I)"]
    copied = talk.outcomes[0]
    assert (copied.status, copied.rows, copied.tag) == ("done", 2, "COPY 2")


def test_a_target_that_refuses_the_copy_is_heard_in_its_place():
    talk = Waiting().client_says(COPY, copy_data(b"1\tx\n"), COPY_DONE)
    talk.answer(yes=True).target_says(error("42501", "no"), ready(b"I"))
    assert talk.shown() == ["G", "E(42501)", "Z(I)"]
    talk.sent()
    assert talk.client_says(query("SELECT 1")).sent() == [query("SELECT 1")]


def test_a_no_sends_nothing_of_it():
    talk = Waiting().client_says(COPY, copy_data(b"1\tx\n"), COPY_DONE).answer(yes=False)
    (poison,) = talk.sent()
    assert b"refused" in poison
    talk.target_says(error("42601", "syntax error"), ready(b"I"))
    assert talk.shown() == ["G", "E(42501)", "Z(I)"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (copy_data(b"x" * 20) + copy_data(b"x" * 20), "copy_too_large"),
        (copy_data(b"x" * 80)[:60], "copy_too_large"),
        (codec.message(b"f", b"never mind\0"), "copy_failed"),
    ],
)
def test_what_is_refused_while_it_comes_leaves_the_line_in_order(said, code):
    talk = Waiting(limits=RelayLimits(held_copy_bytes_max=32)).client_says(COPY, said)
    assert [one.code for one in talk.gathered if one] == [code]
    talk.target_says(error("42601", "syntax error"), ready(b"I"))
    rest = copy_data(b"x" * 80)[60:] if len(said) == 60 else b""
    talk.sent()
    talk.client_says(rest, copy_data(b"more\n"), COPY_DONE, query("SELECT 1"))
    assert talk.sent() == [query("SELECT 1")]
    assert talk.shown() == ["G", "E(42501)", "Z(I)"]


def test_the_client_is_asked_only_once_all_before_it_is_answered():
    talk = Waiting().client_says(query("SELECT 1"), COPY, copy_data(b"1\tx\n"), COPY_DONE)
    assert talk.shown() == []
    talk.target_says(complete("SELECT 1"), ready(b"I"))
    assert talk.shown() == ["C(SELECT 1)", "Z(I)", "G"]
    assert talk.data == b"1\tx\n"


@pytest.mark.parametrize(
    "said",
    [copy_data(b"1\ttok_1\n"), copy_data(b"1\tto") + copy_data(b"k_1\n"), copy_data(b"1\tto") + copy_data(b"k_")],
)
def test_a_mask_in_the_data_is_refused_and_nobody_is_asked(said):
    talk = Waiting()
    talk.relay.talk.screen = Screen(SomeMasks(), Sensitivity(), scanned=False)
    talk.client_says(COPY, said)
    assert [one.code for one in talk.gathered if one] == ["mask_token"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('COPY s."T" (a, b) FROM STDIN', CopyIn('"s"."T"', 2, binary=False)),
        ("COPY t FROM STDIN WITH (FORMAT csv, HEADER)", CopyIn('"t"', 0, binary=False)),
        ("COPY t FROM STDIN (FORMAT binary)", CopyIn('"t"', 0, binary=True)),
        ("COPY BINARY t FROM STDIN", CopyIn('"t"', 0, binary=True)),
        ("COPY t FROM STDIN BINARY", CopyIn('"t"', 0, binary=True)),
        ("COPY t TO STDOUT", None),
        ("COPY t FROM '/etc/passwd'", None),
        ("COPY t FROM STDIN; COPY u FROM STDIN", None),
        ("SELECT", None),
        ("COPY", None),
    ],
)
def test_the_text_says_in_which_form_the_data_comes(text, found):
    assert copy_in_of(text) == found
