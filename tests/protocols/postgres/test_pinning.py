"""What waits is looked up once more beside its question; whatever comes of that, its client has an answer."""

from collections.abc import Iterator
from typing import Self

import psycopg
import pytest

from protocols.postgres.conversations import (
    ALLOWED,
    REFUSED,
    SESSION,
    Conversation,
    RealTarget,
    bind,
    execute,
    parse,
    query,
)
from servers.postgres import TestPostgres
from yett.core.operations import Refusal
from yett.core.permits import Permit
from yett.protocols._wire.questions import Inspect, Pin
from yett.protocols.postgres.codec import SYNC


class Waiting(Conversation):
    """A conversation in which every DELETE that is to run waits until it is answered."""

    open: Inspect | None = None

    def __init__(self) -> None:
        super().__init__(restricted=True)
        self.pinned: list[Inspect | Refusal] = []

    def _turned(self) -> Self:
        talk = self.relay.talk
        while (question := talk.question) is not None and not _runs(question):
            self._permitted.add(question.sequence)
            self.relay.judged(ALLOWED, Permit(SESSION, question.sequence, ALLOWED))
            self.relay.pump()
        if question is None:
            return super()._turned()
        if self.open is None:
            self.open = question
            self.relay.pin(Pin(self.pinned.append))
        self._shown += b"".join(talk.to_client)
        talk.to_client.clear()
        self._sent += b"".join(data for _, data in talk.to_target)
        talk.to_target.clear()
        return self

    def answer(self, *, yes: bool) -> Self:
        """Answer what waits."""
        question, self.open = self.relay.talk.question, None
        assert question is not None
        self._permitted.add(question.sequence)
        self.relay.judged(ALLOWED if yes else REFUSED, Permit(SESSION, question.sequence, ALLOWED) if yes else None)
        self.relay.pump()
        return self._turned()


@pytest.fixture
def target(postgres17: TestPostgres) -> Iterator[RealTarget]:
    name = postgres17.create_database("pinning")
    with postgres17.connect(database=name) as connection:
        connection.execute("CREATE TABLE things (n int); INSERT INTO things VALUES (1), (2)")
    with RealTarget(psycopg.connect(postgres17.dsn(database=name, sslmode="disable"), autocommit=True)) as found:
        yield found
    postgres17.drop_database(name)


BOUND = (parse("DELETE FROM things WHERE n = 1"), bind(), execute(), SYNC)
ONE = (query("DELETE FROM things WHERE n = 1"),)


@pytest.mark.parametrize("messages", [BOUND, ONE], ids=["bound", "simple"])
@pytest.mark.parametrize("begun", [True, False], ids=["in a transaction", "alone"])
def test_it_runs_by_what_was_pinned(target: RealTarget, messages: tuple[bytes, ...], *, begun: bool) -> None:
    talk = Waiting()
    if begun:
        target.settle(talk.client_says(query("BEGIN")))
    target.settle(talk.client_says(*messages))
    (found,) = talk.pinned
    assert isinstance(found, Inspect)
    assert any("yett_assert" in name and name.endswith("_code") for name in _proofs(talk))
    target.settle(talk.answer(yes=True))
    assert talk.shown()[-2:] == ["C(DELETE 1)", "Z(T)" if begun else "Z(I)"]


@pytest.mark.parametrize("messages", [BOUND, ONE], ids=["bound", "simple"])
@pytest.mark.parametrize("begun", [True, False], ids=["in a transaction", "alone"])
def test_a_refusal_in_the_middle_of_it_is_heard(
    target: RealTarget, messages: tuple[bytes, ...], *, begun: bool
) -> None:
    talk = Waiting()
    if begun:
        target.settle(talk.client_says(query("BEGIN")))
    talk.client_says(*messages)
    while talk.open is None or not any(due.role.startswith("internal") for due in talk.relay.talk.line):
        # Up to the first of the look-ups of its pinning, which is under way then.
        assert target.settle_one(talk)
    target.settle(talk.answer(yes=False))
    assert talk.pinned == []
    assert talk.shown()[-2:] == ["E(42501)", "Z(E)" if begun else "Z(I)"]
    target.settle(talk.client_says(query("ROLLBACK" if begun else "BEGIN")))
    assert talk.shown()[-1] == ("Z(I)" if begun else "Z(T)")


@pytest.mark.parametrize("begun", [True, False], ids=["in a transaction", "alone"])
def test_what_came_before_may_have_changed_what_names_mean(target: RealTarget, *, begun: bool) -> None:
    talk = Waiting()
    if begun:
        target.settle(talk.client_says(query("BEGIN")))
    talk.client_says(*BOUND)
    while talk.open is None:
        assert target.settle_one(talk)
    talk.relay.talk.view = None
    target.settle(talk)
    (found,) = talk.pinned
    assert isinstance(found, Inspect)
    target.settle(talk.answer(yes=True))
    assert talk.shown()[-2:] == ["C(DELETE 1)", "Z(T)" if begun else "Z(I)"]


def _runs(question: Inspect) -> bool:
    return question.operation.kind == "DELETE" and question.kind != "prepare"


def _proofs(talk: Waiting) -> list[str]:
    resolved = talk.relay._asking.resolved
    assert resolved is not None
    return [proof.assertion.statement for proof in resolved.proofs]
