"""Reviewers who answer at the same moment: one answer decides, the others are told that it is decided."""

import threading
from collections import Counter
from functools import partial

from yett.core.approvals import TicketState


def all_at_once(calls):
    begin, outcomes = threading.Barrier(len(calls)), []

    def run(call):
        begin.wait()
        outcomes.append(call().outcome)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return Counter(outcomes)


def test_of_many_who_say_yes_one_decides(place):
    for number in range(5):
        ticket = place.ask(number)
        body, path = {"seen": place.seen(ticket)}, f"/api/approvals/{ticket}/approve"
        tokens = [place.token(f"dba{one}", "dba") for one in range(6)]
        found = all_at_once([partial(place.call, path, token, body) for token in tokens])
        assert found == {"200": 1, "409 ended": 5}
        assert len(place.desk.get(ticket).votes) == 1


def test_a_yes_and_a_no_that_race_end_as_no(place):
    for number in range(8):
        ticket = place.ask(number)
        path, seen = f"/api/approvals/{ticket}", {"seen": place.seen(ticket)}
        yes = partial(place.call, f"{path}/approve", place.token("dana", "dba"), seen)
        no = partial(place.call, f"{path}/deny", place.token("dirk", "dba"), {"reason": "no"})
        found = all_at_once([yes, no])
        # A no counts also after a yes that was not used yet, and nothing counts after a no.
        assert found in ({"200": 2}, {"200": 1, "409 ended": 1})
        assert place.desk.get(ticket).state is TicketState.DENIED


def test_an_answer_that_comes_with_the_end_of_time_counts_or_is_too_late_and_never_half(place):
    ticket = place.ask()
    seen = place.seen(ticket)
    place.clock.advance(place.desk.terms(place.desk.get(ticket).asked).wait_seconds)
    token = place.token("dana", "dba")
    answer = place.call(f"/api/approvals/{ticket}/approve", token, {"seen": seen})
    assert answer.outcome == "409 ended"
    place.desk.expire(place.clock.now())
    assert place.desk.get(ticket).state is TicketState.EXPIRED
    assert place.desk.get(ticket).votes == ()
