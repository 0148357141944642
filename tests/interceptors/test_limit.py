"""Limits hold for a principal over all its sessions, and looking rows up by labelled values is counted."""

from dataclasses import replace

import pytest

from yett.core.clock import ManualClock
from yett.core.decisions import Allow, Decision, Deny
from yett.core.ids import SessionId
from yett.core.operations import Operation
from yett.core.principals import Principal, PrincipalKind
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Access, Effect, Resource, Target
from yett.interceptors.buckets import Buckets
from yett.interceptors.limit import MatchLimit, RateLimit
from yett.interceptors.seat import Seat
from yett.protocols._wire.questions import Inspect

ADA = Principal(PrincipalKind.USER, "corp", "ada", "Ada")
BOB = replace(ADA, subject="bob")
MAIL = Target("orders", "Column", ("public", "customers", "mail"), "email")
CARD = Target("orders", "Column", ("public", "payments", "card"), "card")
ALLOWED = Decision(Allow())


def seat(principal: Principal = ADA, number: int = 1) -> Seat:
    session = Session(SessionId(f"s{number}"), principal, Resource("orders", "postgres"), ClientFacts("127.0.0.1"), 0.0)
    return Seat(session, None, lambda: None)  # type: ignore[arg-type]  # what a chain needs of it


def asked(*columns: Target, kind: str = "statement", effect: Effect = Effect.MATCH) -> Inspect:
    accesses = tuple(Access(effect, column) for column in columns)
    return Inspect(1, kind, Operation("postgres", "SELECT", "", accesses))


class Counted:
    """A limit of three a minute behind an authorizer that always answers the same."""

    def __init__(self, per_minute: float = 3, answer: Decision = ALLOWED) -> None:
        self.clock = ManualClock()
        self.total = 0
        self.limit = MatchLimit(lambda _seat, _question: answer, per_minute, self.clock, self.count)

    def count(self, resource: Resource, matches: int) -> None:
        assert resource.name == "orders"
        self.total += matches

    def allowed(self, question: Inspect, where: Seat | None = None) -> bool:
        decision = self.limit(where or seat(), question)
        assert decision is not None
        return isinstance(decision.verdict, Allow)


def test_operations_are_limited_over_all_sessions_of_a_principal() -> None:
    clock = ManualClock()
    limit = RateLimit(1, 2, clock)
    answers = [limit(seat(number=number), asked()) for number in range(3)]
    assert answers[:2] == [None, None]
    assert answers[2].verdict.code == "rate_limited"
    assert limit(seat(BOB), asked()) is None
    clock.advance(1)
    assert limit(seat(), asked()) is None
    assert limit(seat(), asked()) is not None


def test_no_limit_is_no_limit() -> None:
    limit = RateLimit(0, 1, ManualClock())
    assert all(limit(seat(), asked()) is None for _ in range(1000))
    unlimited = Counted(per_minute=0)
    assert all(unlimited.allowed(asked(MAIL)) for _ in range(1000))
    assert unlimited.total == 1000


def test_look_ups_by_a_labelled_column_are_limited_for_each_principal_and_column() -> None:
    gate = Counted()
    assert [gate.allowed(asked(MAIL), seat(number=number)) for number in range(5)] == [True] * 3 + [False] * 2
    assert gate.allowed(asked(CARD))
    assert gate.allowed(asked(MAIL), seat(BOB))
    assert gate.total == 5
    gate.clock.advance(20)
    assert gate.allowed(asked(MAIL))
    assert not gate.allowed(asked(MAIL))


def test_a_refused_look_up_says_so_in_full() -> None:
    gate = Counted(per_minute=1)
    gate.allowed(asked(MAIL))
    decision = gate.limit(seat(), asked(CARD, MAIL))
    assert decision.verdict.code == "match_limited"
    assert decision.verdict.reason == (
        "you look rows up by orders/public.customers.mail more than 1 times a minute, over all your sessions"
    )
    assert decision.access.target == MAIL
    assert gate.allowed(asked(CARD)), "what was refused has taken nothing"


def test_many_values_in_one_statement_count_each() -> None:
    gate = Counted()
    assert not gate.allowed(asked(MAIL, MAIL, MAIL, MAIL))
    assert gate.allowed(asked(MAIL, MAIL))
    assert not gate.allowed(asked(MAIL, MAIL))
    assert gate.total == 2


def test_many_statements_in_one_text_count_each() -> None:
    gate = Counted()
    several = Operation("postgres", "SELECT", "", (Access(Effect.MATCH, MAIL),), {"statements": 4})
    assert not gate.allowed(Inspect(1, "statement", several))
    assert gate.allowed(asked(MAIL, MAIL, MAIL))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (asked(MAIL, kind="prepare"), ALLOWED),
        (asked(MAIL, effect=Effect.READ), ALLOWED),
        (asked(MAIL), Decision(Deny("no_policy_permits", "no"))),
        (replace(asked(MAIL), unrestricted=True), ALLOWED),
    ],
    ids=["only prepared", "no match", "refused by policy", "unrestricted"],
)
def test_what_tells_nothing_is_not_counted(question, answer) -> None:
    gate = Counted(answer=answer)
    assert all(gate.limit(seat(), question) is answer for _ in range(10))
    assert gate.total == 0


def test_buckets_that_are_full_again_are_forgotten() -> None:
    clock = ManualClock()
    buckets: Buckets[int] = Buckets(1, 1, clock)
    for key in range(30_000):
        clock.advance(0.001)
        assert buckets.take({key: 1}) is None
    assert len(buckets._levels) <= 11_000
    assert buckets.take({29_999: 1}) == 29_999
