"""The approval store's contract: the in-memory twin and the control database keep it alike."""

import math
import threading
from dataclasses import replace
from uuid import uuid4

import pytest

from approvals.questions import ANA, BEA, BOT, asked, flow
from yett.approvals.desk import ApprovalDesk
from yett.approvals.memory import MemoryApprovalStore
from yett.approvals.store import Grant
from yett.core.approvals import Ticket, TicketState, Vote
from yett.core.clock import ManualClock
from yett.core.errors import LimitExceeded
from yett.storage.approval_store import SqlApprovalStore
from yett.storage.database import open_database

KEY = bytes(range(32))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryApprovalStore()
        return
    url = postgresql_url(request.getfixturevalue("postgres17")) if request.param == "postgresql" else ""
    with open_database(tmp_path / "data", url) as database:
        yield SqlApprovalStore(database, KEY)


def postgresql_url(server) -> str:
    name = server.create_database(f"control_{uuid4().hex[:12]}")
    return server.url(database=name).replace("postgresql://", "postgresql+psycopg://")


def ticket(name="t1", at=100.0, state=TicketState.OPEN, **changes) -> Ticket:
    values = {"asked": asked(), "expires_at": at + 900, **changes}
    return Ticket(name, state, created_at=at, **values)


FULL = ticket(
    state=TicketState.USED,
    votes=(
        Vote(BEA.key, yes=True, at=101.25, reason="fine", for_shape_seconds=60.0, flows=("dba",)),
        Vote("corp/chief", yes=True, at=102.0, break_glass=True),
    ),
    ended_at=103.5,
    reason="done",
    window_until=161.25,
    escalated_at=100.5,
    outcome="done",
)
GRANT = Grant("t1", "orders-writer", BOT.key, ANA.key, "dba", 100.0, 1900.0)


def put(store, *things) -> None:
    with store.writing() as page:
        for one in things:
            page.put_grant(one) if isinstance(one, Grant) else page.put(one)


def test_a_ticket_comes_back_as_it_was_kept(store):
    put(store, FULL)
    assert store.ticket("t1") == FULL
    assert store.ticket("t2") is None


def test_a_changed_ticket_takes_the_place_of_the_old_one(store):
    put(store, ticket())
    put(store, FULL)
    assert store.latest(10) == (FULL,)


def test_a_grant_comes_back_as_it_was_kept_and_changed(store):
    put(store, GRANT)
    ended = replace(GRANT, ended_at=200.0, ended_by=BEA.key, reason="over")
    with store.writing() as page:
        assert page.grant("t1") == GRANT
        assert page.grant("t2") is None
        page.put_grant(ended)
    with store.writing() as page:
        assert page.grant("t1") == ended


def test_what_a_failed_page_wrote_is_gone(store):
    put(store, ticket())
    with pytest.raises(ZeroDivisionError), store.writing() as page:
        page.put(FULL)
        page.put(ticket("t2"))
        page.put_grant(GRANT)
        _ = 1 / 0
    assert store.ticket("t1") == ticket()
    assert store.ticket("t2") is None
    assert store.changes_since(None).grants == ()


def test_a_page_sees_what_it_wrote(store):
    with store.writing() as page:
        page.put(ticket())
        assert page.ticket("t1") == ticket()
        assert page.open_count(BOT.key, 100.0) == 1


def test_alike_are_the_live_ones_of_that_digest_the_oldest_first(store):
    put(store, ticket("b", 102.0), ticket("a", 101.0), ticket("c", 100.0, TicketState.APPROVED))
    put(store, ticket("d", 99.0, TicketState.DENIED), ticket("e", 98.0, asked=asked(statement=b"other")))
    with store.writing() as page:
        assert [one.id for one in page.alike(asked().digest)] == ["c", "a", "b"]
        assert page.alike(b"") == ()


def test_open_ones_are_counted_by_principal_and_time(store):
    put(store, ticket("a"), ticket("b"), ticket("c", state=TicketState.APPROVED), ticket("d", asked=asked(ANA)))
    with store.writing() as page:
        assert [page.open_count(who, now) for who, now in ((BOT.key, 100.0), (ANA.key, 100.0), (BOT.key, 1000.0))] == [
            2,
            1,
            0,
        ]


def test_what_is_due_is_live_and_its_time_is_up(store):
    put(store, ticket("a"), ticket("b", 101.0, TicketState.APPROVED), ticket("c", state=TicketState.DENIED))
    assert [store.has_due(now) for now in (999.9, 1000.0)] == [False, True]
    with store.writing() as page:
        assert [one.id for one in page.due(1000.0)] == ["a"]
        assert [one.id for one in page.due(1001.0)] == ["a", "b"]


def test_what_was_not_escalated_is_found_by_its_age(store):
    put(store, ticket("a"), ticket("b", escalated_at=1.0), ticket("c", 200.0), ticket("d", state=TicketState.APPROVED))
    assert [one.id for one in store.unescalated(150.0)] == ["a"]
    assert store.unescalated(99.0) == ()


def test_the_newest_are_told_page_by_page_and_by_shape(store):
    put(store, *(ticket(str(number), 100.0 + number, asked=asked(shape=bytes([number % 2]))) for number in range(6)))
    assert [one.id for one in store.latest(2)] == ["5", "4"]
    assert [one.id for one in store.latest(2, before=104.0)] == ["3", "2"]
    assert [one.id for one in store.latest(9, bytes([1]), math.inf)] == ["5", "3", "1"]


def test_the_first_reading_tells_what_can_still_count(store):
    window = ticket("w", state=TicketState.USED, window_until=500.0)
    put(store, ticket("a"), window, ticket("d", state=TicketState.DENIED), ticket("p", state=TicketState.APPROVED))
    put(store, GRANT, replace(GRANT, id="t2", ended_at=5.0))
    found = store.changes_since(None)
    assert {one.id for one in found.tickets} == {"a", "w", "p"}
    assert found.grants == (GRANT,)


def test_later_readings_tell_all_that_was_written_since(store):
    put(store, ticket("a"))
    seen = store.changes_since(None).revision
    assert not store.changes_since(seen)
    put(store, ticket("d", state=TicketState.DENIED), GRANT)
    found = store.changes_since(seen)
    assert ([one.id for one in found.tickets], found.grants) == (["d"], (GRANT,))
    assert found.revision > seen


def test_poll_tells_of_writes_once(store):
    store.poll()
    assert not store.poll()
    put(store, ticket())
    assert store.poll()
    assert not store.poll()


def test_only_what_is_over_for_long_is_forgotten(store):
    put(
        store,
        ticket("open"),
        ticket("new", state=TicketState.DENIED, ended_at=500.0),
        ticket("old", state=TicketState.DENIED, ended_at=100.0),
        ticket("window", state=TicketState.USED, ended_at=100.0, window_until=900.0),
        GRANT,
        replace(GRANT, id="t2", until=150.0),
        replace(GRANT, id="t3", ended_at=150.0),
    )
    assert store.prune(200.0) == 3
    assert store.prune(200.0) == 0
    assert {one.id for one in store.latest(9)} == {"open", "new", "window"}
    with store.writing() as page:
        assert [page.grant(name) is None for name in ("t1", "t2", "t3")] == [False, True, True]


def test_of_the_ended_ones_the_newest_are_kept(store):
    ended = [ticket(str(number), 100.0 + number, TicketState.DENIED, ended_at=200.0) for number in range(5)]
    put(store, *ended, ticket("open", 1.0), ticket("window", 2.0, TicketState.USED, window_until=900.0))
    put(store, ticket("other", 3.0, TicketState.DENIED, asked=asked(ANA)))
    with store.writing() as page:
        page.trim(BOT.key, 2, 300.0)
    assert {one.id for one in store.latest(99)} == {"3", "4", "open", "window", "other"}


def test_of_many_threads_that_use_one_approval_one_may(store):
    desk = ApprovalDesk(store, {"dba": flow()}, ManualClock())
    one = desk.decide(desk.ask(asked()).id, BEA, True)
    won = []
    threads = [threading.Thread(target=lambda: won.append(desk.consume(one.id, one.asked.digest))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 5 + [True]


def test_of_many_threads_that_ask_the_limit_lets_no_more_in(store):
    desks = [ApprovalDesk(store, {"dba": flow(open_per_principal=3)}, ManualClock()) for _ in range(6)]
    got = []

    def ask(number, desk):
        try:
            got.append(desk.ask(asked(statement=str(number).encode())).id)
        except LimitExceeded as refusal:
            got.append(refusal.code)

    threads = [threading.Thread(target=ask, args=pair) for pair in enumerate(desks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one == "too_many_tickets" for one in got) == 3


def test_a_desk_does_all_of_it_on_this_store(store):
    clock = ManualClock()
    desk = ApprovalDesk(
        store, {"dba": flow(quorum=1, shape_window_max=600, escalate_after=60, escalate_to=("a/b",))}, clock
    )
    desk.changed()
    first = desk.ask(asked())
    clock.advance(60)
    assert [one.id for one in desk.escalate(clock.now())] == [first.id]
    desk.decide(first.id, BEA, True, "fine", 600.0)
    assert desk.consume(first.id, asked().digest)
    assert not desk.consume(first.id, asked().digest)
    assert [one.state for one in desk.changed()] == [TicketState.USED]
    assert desk.standing(asked()).id == first.id
    second = desk.ask(asked())
    clock.advance(900)
    assert [one.id for one in desk.expire(clock.now())] == [second.id]
