"""A cancel request finds the session that its key was given for, whatever process ids the targets have."""

from typing import Any, cast

import pytest

from yett.core.decisions import Allow, Decision
from yett.core.ids import SessionId
from yett.core.permits import Permit
from yett.core.principals import Principal, PrincipalKind
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Resource
from yett.gateway.sessions import SessionLimits, Sessions
from yett.interceptors.seat import Seat
from yett.protocols._wire.reception import CancelRoute, Entry

ORDERS = Resource("orders", "postgres")
WHO = Principal(PrincipalKind.USER, "corp", "ada", "Ada")


@pytest.fixture
def sessions() -> Sessions:
    """Return the sessions of a gate that nobody has come to yet."""
    return Sessions(SessionLimits())


def _seat(sessions: Sessions, name: str) -> Seat:
    session = Session(SessionId(name), WHO, ORDERS, ClientFacts("127.0.0.1"), 0)
    seat = Seat(session, cast("Any", None), lambda: None)
    sessions.take(seat)
    return seat


def _route(name: str, process_id: int) -> CancelRoute:
    permit = Permit(SessionId(name), 1, Decision(Allow()))
    return CancelRoute(Entry(ORDERS, "127.0.0.1", 5432, None), permit, process_id, b"targets")


def test_the_process_id_is_the_targets_and_the_secret_is_not(sessions: Sessions) -> None:
    seat, route = _seat(sessions, "s1"), _route("s1", 4711)
    process_id, secret = sessions.give_cancel_key(seat, route, 32)
    assert process_id == 4711
    assert len(secret) == 32
    assert sessions.cancel(process_id, b"targets") is None
    assert sessions.cancel(process_id, secret) == (seat, route)


def test_two_targets_with_the_same_process_id_are_told_apart_by_the_secret(sessions: Sessions) -> None:
    first, second = _seat(sessions, "s1"), _seat(sessions, "s2")
    route, other_route = _route("s1", 7), _route("s2", 7)
    _, one = sessions.give_cancel_key(first, route, 4)
    _, other = sessions.give_cancel_key(second, other_route, 4)
    assert sessions.cancel(7, one) == (first, route)
    assert sessions.cancel(7, other) == (second, other_route)
    sessions.leave(first)
    assert sessions.cancel(7, one) is None
    assert sessions.cancel(7, other) == (second, other_route)
    sessions.leave(second)
    assert sessions.cancel(7, other) is None


def test_a_target_without_a_process_id_gets_one_of_the_gates_own(sessions: Sessions) -> None:
    seat, route = _seat(sessions, "s1"), _route("s1", 0)
    process_id, secret = sessions.give_cancel_key(seat, route, 4)
    assert process_id > 0
    assert sessions.cancel(process_id, secret) == (seat, route)
    assert sessions.route(seat) == route
