"""Questions beside a statement that waits end as they began, or the session does; a cancel may hit any of them."""

import pytest

from protocols.postgres.conversations import ALLOWED, SESSION
from yett.core.errors import ProtocolError
from yett.core.permits import Permit
from yett.protocols.postgres.aside import Answers, Aside, Failed, Step
from yett.protocols.postgres.line import Act
from yett.protocols.postgres.talk import RelayLimits, Talk

IN, FAILED, IDLE = b"T", b"E", b"I"


def begun(status: bytes) -> tuple[Talk, Aside, list[Answers]]:
    permit = Permit(SESSION, 2, ALLOWED)
    talk = Talk(permit, RelayLimits(), {}, lambda: 0.0)
    talk.status = status
    told: list[Answers] = []
    aside = Aside(talk, Act(permit, 0.0), [Step("SELECT 1", title="one")], told.append)
    aside.start()
    return talk, aside, told


def answer(talk: Talk, aside: Aside, *answers: tuple[bytes, str]) -> bool:
    more = True
    for status, sqlstate in answers:
        if sqlstate:
            aside.fail(sqlstate, "")
        talk.status = status
        more = aside.answered()
    return more


def test_what_is_asked_is_answered_and_the_status_is_the_clients():
    talk, aside, told = begun(IDLE)
    assert answer(talk, aside, (IN, ""), (IN, ""))
    assert talk.status == IDLE
    aside.row(("1",))
    assert not answer(talk, aside, (IN, ""), (IDLE, ""), (IDLE, ""))
    assert told == [{"one": [("1",)]}]


@pytest.mark.parametrize("at", range(5))
def test_a_cancel_outside_a_transaction_may_hit_any_of_them(at):
    talk, aside, told = begun(IDLE)
    inside = [IN, IN, FAILED if at == 2 else IN, IN if at == 3 else IDLE, IDLE]
    assert not answer(talk, aside, *((status, "57014" if at == n else "") for n, status in enumerate(inside)))
    assert talk.status == IDLE
    assert len(told) == 1


def test_a_cancel_of_the_end_inside_a_transaction_fails_the_clients_transaction():
    talk, aside, told = begun(IN)
    assert not answer(talk, aside, (IN, ""), (IN, ""), (IN, ""), (IN, ""), (FAILED, "57014"))
    assert talk.status == FAILED
    assert told == [{"one": []}]


def test_a_question_that_fails_leaves_the_transaction_as_it_was():
    talk, aside, told = begun(IN)
    assert not answer(talk, aside, (IN, ""), (FAILED, "55P03"), (IN, ""), (IN, ""), (IN, ""))
    assert talk.status == IN
    assert told == [{"one": Failed("one", "55P03")}]


def test_an_end_that_nobody_understands_ends_the_session():
    talk, aside, _ = begun(IN)
    with pytest.raises(ProtocolError):
        answer(talk, aside, (IN, ""), (IN, ""), (IN, ""), (IN, ""), (FAILED, "XX000"))
