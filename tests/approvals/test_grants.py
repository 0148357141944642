"""Roles for a while: asked for, approved, had, ended by time or by somebody, and never longer than was approved."""

from dataclasses import replace

import pytest

from approvals.questions import ANA, BEA, BOT, CARL, ELSE, asked, flow, person
from yett.approvals.desk import ApprovalDesk
from yett.approvals.grants import Grants
from yett.approvals.refusals import NotAllowed
from yett.approvals.settings import AccessSettings
from yett.approvals.watch import FRESH_SECONDS
from yett.core.approvals import TicketState
from yett.core.durations import Duration

ROLE = AccessSettings(requestable_by=("corp/support", "corp/agents"), approval="dba", max=Duration(7200))


@pytest.fixture
def open_grants(store, clock):
    def opened(**roles):
        desk = ApprovalDesk(store, {"dba": flow()}, clock)
        return desk, Grants(store, desk, roles or {"orders-writer": ROLE}, clock)

    return opened


@pytest.fixture
def rooms(open_grants):
    return open_grants()


def given(rooms, principal=ANA, seconds=1800.0, reason="ticket 4711", role="orders-writer"):
    desk, grants = rooms
    ticket = grants.request(principal, role, seconds, reason)
    desk.decide(ticket.id, BEA, True)
    desk.changed()
    return ticket


def passing(rooms, clock, seconds):
    clock.advance(seconds)
    rooms[0].changed()
    rooms[1].expire(clock.now())


def test_a_role_is_had_from_its_approval_until_its_end(rooms, clock):
    desk, grants = rooms
    ticket = grants.request(ANA, "orders-writer", 1800.0, "ticket 4711")
    desk.changed()
    assert grants.roles_for(ANA, clock.now()) == frozenset()
    clock.advance(100)
    used = desk.decide(ticket.id, BEA, True)
    assert (used.state, used.outcome) == (TicketState.USED, "granted")
    desk.changed()
    assert grants.roles_for(ANA, clock.now()) == {"orders-writer"}
    passing(rooms, clock, 1799.9)
    assert grants.roles_of(ANA.key, clock.now()) == {"orders-writer"}
    passing(rooms, clock, 0.1)
    assert grants.roles_of(ANA.key, clock.now()) == frozenset()
    assert grants.in_force(clock.now()) == ()


def test_a_denied_request_gives_nothing(rooms, clock):
    desk, grants = rooms
    ticket = grants.request(ANA, "orders-writer", 60.0, "x")
    desk.decide(ticket.id, BEA, False)
    desk.changed()
    assert grants.roles_for(ANA, clock.now()) == frozenset()


def test_the_approval_of_a_request_cannot_be_used_again(rooms, clock):
    desk, _ = rooms
    ticket = given(rooms)
    assert not desk.consume(ticket.id, ticket.asked.digest)
    with pytest.raises(NotAllowed):
        desk.decide(ticket.id, CARL, True)


@pytest.mark.parametrize(
    ("who", "role", "seconds", "reason", "code"),
    [
        (ANA, "orders-writr", 60.0, "x", "role_unknown"),
        (ELSE, "orders-writer", 60.0, "x", "not_requestable"),
        (person("ana", "support"), "orders-writer", 60.0, "x", "not_requestable"),
        (ANA, "orders-writer", 7200.1, "x", "duration_unfit"),
        (ANA, "orders-writer", 0.0, "x", "duration_unfit"),
        (ANA, "orders-writer", float("nan"), "x", "duration_unfit"),
        (ANA, "orders-writer", float("inf"), "x", "duration_unfit"),
        (ANA, "orders-writer", 60.0, " ", "reason_needed"),
        (ANA, "orders-writer", 60.0, "x" * 501, "reason_too_long"),
    ],
)
def test_what_cannot_be_asked_for(rooms, who, role, seconds, reason, code):
    with pytest.raises(NotAllowed) as failure:
        rooms[1].request(who, role, seconds, reason)
    assert failure.value.code == code


def test_asking_twice_is_asking_once(rooms):
    _, grants = rooms
    first = grants.request(ANA, "orders-writer", 60.0, "x")
    assert grants.request(ANA, "orders-writer", 60.0, "x").id == first.id
    assert grants.request(ANA, "orders-writer", 61.0, "x").id != first.id


def test_nobody_approves_their_own_request(rooms):
    desk, grants = rooms
    both = person("both", "corp/dba", "corp/support")
    ticket = grants.request(both, "orders-writer", 60.0, "x")
    with pytest.raises(NotAllowed) as failure:
        desk.decide(ticket.id, both, True)
    assert failure.value.code == "own"


def test_an_agents_role_is_its_own_and_only_while_it_acts_for_the_same_person(rooms, clock):
    _, grants = rooms
    given(rooms, BOT)
    now = clock.now()
    assert grants.roles_for(BOT, now) == {"orders-writer"}
    assert grants.roles_for(replace(BOT, on_behalf_of=CARL), now) == frozenset()
    assert grants.roles_for(replace(BOT, on_behalf_of=None), now) == frozenset()
    assert grants.roles_for(ANA, now) == frozenset()


def test_a_longer_time_takes_a_new_approval(rooms, clock):
    _, grants = rooms
    given(rooms, seconds=600.0)
    passing(rooms, clock, 500)
    given(rooms, seconds=600.0, reason="longer")
    passing(rooms, clock, 599)
    assert grants.roles_for(ANA, clock.now()) == {"orders-writer"}
    passing(rooms, clock, 1)
    assert grants.roles_for(ANA, clock.now()) == frozenset()


def test_a_revoked_role_is_gone_at_once_and_for_good(rooms, clock, open_grants):
    desk, grants = rooms
    ticket = given(rooms)
    ended = grants.revoke(ticket.id, CARL.key, "no longer needed")
    assert (ended.ended_by, ended.ended_at) == (CARL.key, clock.now())
    assert grants.revoke(ticket.id, BEA.key, "again").ended_by == CARL.key
    desk.changed()
    assert grants.roles_for(ANA, clock.now()) == frozenset()
    again = open_grants()
    again[0].changed()
    assert again[1].roles_for(ANA, clock.now()) == frozenset()


def test_a_grant_that_does_not_exist_cannot_be_revoked(rooms):
    with pytest.raises(NotAllowed) as failure:
        rooms[1].revoke("none", CARL.key)
    assert failure.value.code == "grant_unknown"


def test_who_may_end_a_grant(rooms, clock):
    _, grants = rooms
    given(rooms, BOT)
    (grant,) = grants.in_force(clock.now())
    assert grants.may_revoke(BOT, grant)
    assert grants.may_revoke(ANA, grant)
    assert grants.may_revoke(CARL, grant)
    assert not grants.may_revoke(ELSE, grant)
    assert not grants.may_revoke(replace(BOT, subject="other"), grant)


def test_a_role_survives_a_restart(rooms, clock, open_grants):
    given(rooms)
    again = open_grants()
    again[0].changed()
    assert again[1].roles_for(ANA, clock.now()) == {"orders-writer"}


def test_a_role_that_left_the_settings_is_had_by_nobody(rooms, clock, open_grants):
    given(rooms)
    again = open_grants(other=ROLE)
    again[0].changed()
    assert again[1].roles_for(ANA, clock.now()) == frozenset()


def test_who_could_not_ask_any_more_has_it_no_more(rooms, clock):
    given(rooms)
    assert rooms[1].roles_for(replace(ANA, groups=frozenset({"corp/sales"})), clock.now()) == frozenset()


def test_nobody_has_a_role_when_the_store_was_not_read_for_a_while(rooms, clock):
    desk, grants = rooms
    given(rooms)
    told = []
    grants.on_change(told.append)
    clock.advance(FRESH_SECONDS + 1)
    assert grants.roles_for(ANA, clock.now()) == frozenset()
    grants.expire(clock.now())
    desk.changed()
    grants.expire(clock.now())
    assert grants.roles_for(ANA, clock.now()) == {"orders-writer"}
    assert told == [{ANA.key}, {ANA.key}]


def test_whose_roles_change_is_told(rooms, clock):
    desk, grants = rooms
    told = []
    undo = grants.on_change(told.append)
    given(rooms)
    desk.changed()
    ticket = given(rooms, BOT)
    grants.revoke(ticket.id, ANA.key)
    desk.changed()
    passing(rooms, clock, 1800)
    assert told == [{ANA.key}, {BOT.key}, {BOT.key}, {ANA.key}]
    undo()
    given(rooms)
    assert len(told) == 4


def test_requests_count_among_the_open_questions(rooms):
    desk, grants = rooms
    for number in range(5):
        desk.ask(asked(ANA, statement=str(number).encode()))
    with pytest.raises(Exception, match="too_many_tickets"):
        grants.request(ANA, "orders-writer", 60.0, "x")


def test_what_can_be_asked_for_is_told(rooms):
    assert list(rooms[1].requestable(ANA)) == ["orders-writer"]
    assert rooms[1].requestable(ELSE) == {}


def test_the_reviewer_sees_what_a_request_asks(rooms):
    ticket = rooms[1].request(ANA, "orders-writer", 5400.0, "ticket 4711")
    assert ticket.asked.operation == "access"
    assert dict(ticket.asked.shown) == {"role": "orders-writer", "for": "1h 30m", "reason": "ticket 4711"}
