"""What anybody wrote is told once, in order, with what it means."""

import pytest

from approvals.questions import ANA, BEA, CARL, asked, flow
from yett.core.approvals import TicketState


@pytest.fixture
def heard(open_desk):
    """Return a desk of another process, and what the first one hears of it."""
    ours, theirs = open_desk(dba=flow(quorum=2)), open_desk(dba=flow(quorum=2))
    ours.changed()
    found = []
    ours.watch.on_event(lambda event: found.append((event.kind, event.by)))
    return ours, theirs, found


def test_each_step_is_told_with_who_did_it(heard):
    ours, theirs, found = heard
    ticket = theirs.ask(asked(ANA))
    ours.changed()
    theirs.decide(ticket.id, BEA, True)
    ours.changed()
    theirs.decide(ticket.id, CARL, True)
    ours.changed()
    theirs.consume(ticket.id, ticket.asked.digest)
    ours.changed()
    assert found == [
        ("asked", ANA.key),
        ("voted", BEA.key),
        ("voted", CARL.key),
        ("approved", CARL.key),
        ("used", ""),
    ]


def test_steps_between_two_looks_are_told_all_the_same(heard):
    ours, theirs, found = heard
    ticket = theirs.ask(asked(ANA))
    theirs.decide(ticket.id, BEA, True)
    theirs.decide(ticket.id, CARL, True)
    theirs.consume(ticket.id, ticket.asked.digest)
    ours.changed()
    assert [kind for kind, _ in found] == ["asked", "voted", "voted", "approved", "used"]


def test_nothing_is_told_twice(heard):
    ours, theirs, found = heard
    ticket = theirs.ask(asked(ANA))
    assert [one.id for one in ours.changed()] == [ticket.id]
    assert ours.changed() == ()
    assert len(found) == 1


def test_a_yes_that_becomes_a_no_is_told(heard):
    ours, theirs, found = heard
    ticket = theirs.ask(asked(ANA))
    theirs.decide(ticket.id, BEA, True)
    ours.changed()
    theirs.decide(ticket.id, BEA, False, "no")
    ours.changed()
    assert found[-2:] == [("voted", BEA.key), ("denied", BEA.key)]


def test_what_stood_before_is_no_news_but_is_known(open_desk):
    first = open_desk()
    ticket = first.ask(asked())
    second = open_desk()
    found = []
    second.watch.on_event(lambda event: found.append(event.kind))
    assert [one.id for one in second.changed()] == [ticket.id]
    assert found == []
    first.decide(ticket.id, BEA, False)
    second.changed()
    assert found == ["voted", "denied"]


def test_what_a_failing_store_kept_back_is_told_later(open_desk, store, monkeypatch):
    ours, theirs = open_desk(), open_desk()
    ours.changed()
    theirs.ask(asked())
    with monkeypatch.context() as patch:
        patch.setattr(store, "changes_since", lambda _: (_ for _ in ()).throw(OSError))
        with pytest.raises(OSError):
            ours.changed()
    assert len(ours.changed()) == 1


def test_one_listener_that_fails_keeps_nothing_from_the_others(open_desk):
    desk, found = open_desk(), []
    desk.changed()
    desk.watch.on_event(lambda _: 1 / 0)
    desk.watch.on_event(lambda event: found.append(event.kind))
    desk.ask(asked())
    with pytest.raises(ZeroDivisionError):
        desk.changed()
    assert found == ["asked"]
    assert desk.changed() == (), "it was told"


def test_who_begins_to_listen_late_can_ask_where_a_ticket_stood(open_desk):
    desk = open_desk()
    ticket = desk.ask(asked())
    assert desk.watch.state_of(ticket.id) is None
    desk.decide(ticket.id, BEA, True)
    desk.changed()
    assert desk.watch.state_of(ticket.id) is TicketState.APPROVED


def test_who_no_longer_listens_hears_nothing(open_desk):
    desk, found = open_desk(), []
    desk.changed()
    undo = desk.watch.on_event(found.append)
    undo()
    desk.ask(asked())
    desk.changed()
    assert found == []
