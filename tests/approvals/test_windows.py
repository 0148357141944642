"""A reviewer may let exactly one shape pass for a while: on purpose, with an end, for one principal and place."""

import pytest

from approvals.questions import ANA, BEA, CARL, asked, flow
from yett.approvals.refusals import NotAllowed
from yett.approvals.watch import FRESH_SECONDS
from yett.core.approvals import TicketState

OTHER = b"UPDATE orders SET paid = true WHERE id = 8"


@pytest.fixture
def desk(open_desk):
    return open_desk(dba=flow(shape_window_max=600, expires=3600))


def opened(desk, seconds=600.0, **changes):
    ticket = desk.ask(asked(**changes))
    desk.decide(ticket.id, BEA, True, for_shape_seconds=seconds)
    desk.changed()
    return ticket


def later(desk, clock, seconds):
    clock.advance(seconds)
    desk.changed()


def test_what_has_the_shape_passes_until_the_window_ends(desk, clock):
    ticket = opened(desk)
    assert desk.standing(asked(statement=OTHER)).id == ticket.id
    later(desk, clock, 599.9)
    assert desk.standing(asked(statement=OTHER))
    later(desk, clock, 0.1)
    assert desk.standing(asked(statement=OTHER)) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"shape": b"another"},
        {"shape": b""},
        {"run": "run-2"},
        {"resource": "stock"},
        {"env": "dev"},
        {"policy_version": "v2"},
        {"principal": "corp/else"},
        {"on_behalf_of": "corp/else"},
        {"operation": "DELETE"},
        {"flows": ("dba", "dba2")},
        {"flows": ()},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_differs_in_anything_else_is_asked(desk, changed):
    opened(desk)
    assert desk.standing(asked(**changed)) is None


def test_a_plain_yes_opens_no_window(desk):
    opened(desk, 0.0)
    assert desk.standing(asked()) is None


@pytest.mark.parametrize("seconds", [600.1, -1.0, float("nan"), float("inf")])
def test_a_window_is_no_longer_than_the_flow_offers(desk, seconds):
    ticket = desk.ask(asked())
    with pytest.raises(NotAllowed) as failure:
        desk.decide(ticket.id, BEA, True, for_shape_seconds=seconds)
    assert (failure.value.code, desk.get(ticket.id).state) == ("window_not_offered", TicketState.OPEN)


def test_a_flow_that_does_not_offer_windows_opens_none(open_desk):
    desk = open_desk(dba=flow())
    ticket = desk.ask(asked())
    with pytest.raises(NotAllowed) as failure:
        desk.decide(ticket.id, BEA, True, for_shape_seconds=1.0)
    assert failure.value.code == "window_not_offered"


def test_every_reviewer_of_a_quorum_must_choose_it_and_the_shortest_counts(open_desk, clock):
    desk = open_desk(dba=flow(quorum=2, shape_window_max=600))
    ticket = desk.ask(asked())
    desk.decide(ticket.id, BEA, True, for_shape_seconds=600.0)
    assert desk.decide(ticket.id, CARL, True, for_shape_seconds=60.0).window_until == clock.now() + 60
    second = desk.ask(asked(statement=OTHER))
    desk.decide(second.id, BEA, True, for_shape_seconds=600.0)
    assert desk.decide(second.id, CARL, True).window_until == 0


def test_a_window_outlives_the_ticket_that_opened_it_and_a_restart(desk, open_desk, clock):
    ticket = opened(desk)
    desk.consume(ticket.id, ticket.asked.digest)
    again = open_desk(dba=flow(shape_window_max=600))
    assert again.standing(asked()) is None, "nothing was read yet"
    again.changed()
    assert again.standing(asked()).id == ticket.id


def test_a_reviewer_ends_a_window_and_so_does_a_no(desk):
    ticket = opened(desk)
    with pytest.raises(NotAllowed):
        desk.close_window(ticket.id, ANA)
    desk.close_window(ticket.id, CARL)
    desk.changed()
    assert desk.standing(asked()) is None
    second = opened(desk, statement=OTHER)
    desk.decide(second.id, CARL, False)
    desk.changed()
    assert desk.standing(asked()) is None


def test_no_window_stands_when_nobody_read_the_store_for_a_while(desk, clock):
    opened(desk)
    clock.advance(FRESH_SECONDS + 0.1)
    assert desk.standing(asked()) is None
    desk.changed()
    assert desk.standing(asked())


def test_no_window_stands_once_the_flow_offers_none_any_more(desk, open_desk):
    opened(desk)
    now = open_desk(dba=flow())
    now.changed()
    assert now.standing(asked()) is None


def test_what_is_remembered_of_a_window_holds_no_statement(desk):
    opened(desk)
    found = desk.standing(asked())
    assert (found.asked.statement, found.asked.parameters, dict(found.asked.shown)) == (b"", (), {})
