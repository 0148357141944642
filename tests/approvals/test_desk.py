"""What happens to a question: asked, joined, answered, used once, or ended."""

import threading

import pytest

from approvals.questions import ANA, BEA, BOT, CARL, CHIEF, DORA, ELSE, asked, flow
from yett.approvals.refusals import NotAllowed
from yett.core.approvals import TicketState
from yett.core.errors import LimitExceeded

OTHER = b"UPDATE orders SET paid = true WHERE id = 8"


def refusal(act, *arguments, **more) -> str:
    with pytest.raises((NotAllowed, LimitExceeded)) as failure:
        act(*arguments, **more)
    return failure.value.code


def approved(desk, question=None, reviewer=BEA):
    ticket = desk.ask(question or asked())
    return desk.decide(ticket.id, reviewer, True)


def test_a_yes_lets_exactly_what_was_asked_pass_exactly_once(desk):
    ticket = approved(desk)
    assert ticket.state is TicketState.APPROVED
    assert desk.consume(ticket.id, asked().digest)
    assert not desk.consume(ticket.id, asked().digest)
    assert desk.get(ticket.id).state is TicketState.USED


def test_a_yes_is_for_nothing_else_and_waits_for_the_thing_itself(desk):
    ticket = approved(desk)
    assert not desk.consume(ticket.id, asked(statement=OTHER).digest)
    assert not desk.consume(ticket.id, b"")
    assert desk.consume(ticket.id, asked().digest)


def test_nothing_passes_before_the_yes_and_nothing_after_a_no(desk):
    ticket = desk.ask(asked())
    assert not desk.consume(ticket.id, ticket.asked.digest)
    assert desk.decide(ticket.id, BEA, False, "not on a Friday").reason == "not on a Friday"
    assert not desk.consume(ticket.id, ticket.asked.digest)
    assert desk.get(ticket.id).state is TicketState.DENIED


def test_silence_is_a_no(desk, clock):
    ticket = desk.ask(asked())
    clock.advance(899.9)
    assert desk.expire(clock.now()) == ()
    clock.advance(0.1)
    assert refusal(desk.decide, ticket.id, BEA, True) == "ended"
    assert [one.state for one in desk.expire(clock.now())] == [TicketState.EXPIRED]
    assert desk.expire(clock.now()) == ()


def test_a_yes_that_is_not_used_ends_too_counted_from_the_yes(desk, clock):
    ticket = desk.ask(asked())
    clock.advance(890)
    desk.decide(ticket.id, BEA, True)
    clock.advance(890)
    assert desk.get(ticket.id).expires_at > clock.now()
    clock.advance(10)
    assert not desk.consume(ticket.id, ticket.asked.digest)
    assert desk.expire(clock.now())[0].reason == "the approval was not used in time"


def test_inside_a_transaction_the_wait_is_shorter(desk, clock):
    ticket = desk.ask(asked(in_transaction=True))
    assert ticket.expires_at - clock.now() == 60


def test_a_repeat_joins_the_ticket_once_nobody_waits_on_it(desk):
    first = desk.ask(asked())
    assert desk.ask(asked()).id != first.id, "two in flight at once are two tickets"
    desk.let_go(first.id)
    assert desk.ask(asked()).id == first.id


def test_a_repeat_joins_an_approved_ticket_before_an_open_one(desk):
    first, second = desk.ask(asked()), desk.ask(asked())
    desk.decide(second.id, BEA, True)
    desk.let_go(first.id)
    desk.let_go(second.id)
    assert desk.ask(asked()).id == second.id


def test_the_caller_may_know_better_who_waits(desk):
    first = desk.ask(asked())
    assert desk.ask(asked(), joinable=lambda ticket: ticket.id == first.id).id == first.id
    desk.let_go(first.id)
    assert desk.ask(asked(), joinable=lambda _: False).id != first.id


def test_a_restarted_gate_finds_the_ticket_again(open_desk):
    first = open_desk().ask(asked())
    again = open_desk()
    assert again.ask(asked()).id == first.id
    again.decide(first.id, BEA, True)
    assert open_desk().consume(first.id, asked().digest)


@pytest.mark.parametrize(
    "changed",
    [
        {"statement": OTHER},
        {"run": "run-2"},
        {"flows": ("dba", "security")},
        {"in_transaction": True},
        {"operation": "DELETE"},
        {"parameters": ((23, 0, b"8"),)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_whatever_differs_is_asked_anew(open_desk, changed):
    desk = open_desk(dba=flow(), security=flow())
    first = desk.ask(asked())
    desk.let_go(first.id)
    assert desk.ask(asked(**changed)).id != first.id
    # Not even a caller who gets the digest wrong joins what was asked otherwise.
    assert desk.ask(asked(**changed, digest=first.asked.digest)).id != first.id


@pytest.mark.parametrize("state", ["denied", "expired", "withdrawn", "used"])
def test_what_has_ended_is_never_joined(desk, clock, state):
    ticket = desk.ask(asked())
    if state == "denied":
        desk.decide(ticket.id, BEA, False)
    elif state == "expired":
        clock.advance(900)
    elif state == "withdrawn":
        desk.withdraw(ticket.id, "cancelled")
    else:
        desk.decide(ticket.id, BEA, True)
        desk.consume(ticket.id, ticket.asked.digest)
    assert desk.ask(asked()).id != ticket.id


def test_one_principal_has_only_so_many_open_questions(open_desk, clock):
    desk = open_desk(dba=flow(open_per_principal=2))
    first = desk.ask(asked(statement=b"1"))
    desk.ask(asked(statement=b"2"))
    assert refusal(desk.ask, asked(statement=b"3")) == "too_many_tickets"
    assert desk.ask(asked(ANA, statement=b"3")), "others are not affected"
    desk.decide(first.id, BEA, False)
    desk.ask(asked(statement=b"3"))
    clock.advance(900)
    assert desk.ask(asked(statement=b"4")), "what is over is not open, marked or not"


def test_what_no_person_could_be_shown_whole_is_not_asked(desk):
    assert refusal(desk.ask, asked(statement=b"x" * (1 << 20) + b"x")) == "approval_too_large"
    assert refusal(desk.ask, asked(parameters=((0, 0, b"x" * (1 << 20)),))) == "approval_too_large"


def test_a_flow_that_is_not_configured_asks_nobody(desk):
    assert refusal(desk.ask, asked(flows=("dbaa",))) == "flow_unknown"
    assert refusal(desk.ask, asked(flows=())) == "flow_unknown"


def test_a_question_without_a_digest_is_not_asked(desk):
    from dataclasses import replace

    assert refusal(desk.ask, replace(asked(), digest=b"")) == "digest_missing"


def test_a_quorum_needs_different_people(open_desk):
    desk = open_desk(dba=flow(quorum=2))
    ticket = desk.ask(asked())
    assert desk.decide(ticket.id, BEA, True).state is TicketState.OPEN
    assert refusal(desk.decide, ticket.id, BEA, True) == "voted"
    assert desk.decide(ticket.id, CARL, True).state is TicketState.APPROVED


def test_every_flow_needs_its_own_quorum(open_desk):
    desk = open_desk(dba=flow(), chiefs=flow(reviewers=("corp/chiefs",)))
    ticket = desk.ask(asked(flows=("dba", "chiefs")))
    half = desk.decide(ticket.id, BEA, True)
    assert (half.state, half.votes[0].flows) == (TicketState.OPEN, ("dba",))
    assert desk.decide(ticket.id, CARL, True).state is TicketState.OPEN
    assert desk.decide(ticket.id, CHIEF, True).state is TicketState.APPROVED


def test_one_no_is_enough(open_desk):
    desk = open_desk(dba=flow(quorum=3))
    ticket = desk.ask(asked())
    desk.decide(ticket.id, BEA, True)
    desk.decide(ticket.id, CARL, True)
    assert desk.decide(ticket.id, DORA, False).state is TicketState.DENIED


def test_a_yes_may_be_taken_back_until_it_is_used_and_a_no_never(desk):
    ticket = approved(desk)
    taken = desk.decide(ticket.id, BEA, False, "wait")
    assert (taken.state, [(one.reviewer, one.yes) for one in taken.votes]) == (TicketState.DENIED, [(BEA.key, False)])
    assert not desk.consume(ticket.id, ticket.asked.digest)
    assert refusal(desk.decide, ticket.id, BEA, True) == "ended"
    used = approved(desk)
    desk.consume(used.id, used.asked.digest)
    assert refusal(desk.decide, used.id, CARL, False) == "ended"


def test_a_second_yes_comes_too_late(desk):
    ticket = approved(desk)
    assert refusal(desk.decide, ticket.id, CARL, True) == "ended"


def test_who_gives_up_ends_the_question(desk):
    ticket = desk.ask(asked())
    assert desk.withdraw(ticket.id, "the client cancelled").reason == "the client cancelled"
    assert refusal(desk.decide, ticket.id, BEA, True) == "ended"
    used = approved(desk)
    desk.consume(used.id, used.asked.digest)
    assert desk.withdraw(used.id, "too late").state is TicketState.USED


def test_break_glass_goes_on_without_a_reviewer_and_says_so(open_desk):
    desk = open_desk(dba=flow(break_glass=("corp/chiefs", "corp/support")))
    ticket = desk.ask(asked())
    assert refusal(desk.break_glass, ticket.id, CHIEF, "  ") == "reason_needed"
    assert refusal(desk.break_glass, ticket.id, BEA, "x") == "not_reviewer"
    assert refusal(desk.break_glass, ticket.id, BOT, "x") == "machine"
    heard = []
    desk.changed()
    desk.watch.on_event(heard.append)
    broken = desk.break_glass(ticket.id, ANA, "shop is down")  # on whose behalf it was asked: that is the right
    assert (broken.state, broken.votes[0].break_glass) == (TicketState.APPROVED, True)
    assert desk.consume(ticket.id, ticket.asked.digest)
    desk.changed()
    (loud,) = [one for one in heard if one.kind == "break_glass"]
    assert (loud.by, loud.reason) == (ANA.key, "shop is down")


def test_break_glass_must_be_had_in_every_flow(open_desk):
    desk = open_desk(dba=flow(break_glass=("corp/chiefs",)), security=flow())
    ticket = desk.ask(asked(flows=("dba", "security")))
    assert refusal(desk.break_glass, ticket.id, CHIEF, "x") == "not_reviewer"


def test_escalation_asks_further_people_later_and_is_told_once(open_desk, clock):
    desk = open_desk(dba=flow(escalate_after=300, escalate_to=("corp/chiefs",)))
    ticket = desk.ask(asked())
    assert refusal(desk.decide, ticket.id, CHIEF, True) == "not_reviewer"
    assert desk.escalate(clock.now()) == ()
    clock.advance(300)
    assert [one.id for one in desk.escalate(clock.now())] == [ticket.id]
    assert desk.escalate(clock.now()) == ()
    assert desk.decide(ticket.id, CHIEF, True).state is TicketState.APPROVED


def test_what_became_of_the_act_is_noted_once(desk):
    ticket = approved(desk)
    desk.settle(ticket.id, "done")
    assert not desk.get(ticket.id).outcome, "nothing was done yet"
    desk.consume(ticket.id, ticket.asked.digest)
    desk.settle(ticket.id, "done")
    desk.settle(ticket.id, "failed")
    assert desk.get(ticket.id).outcome == "done"


def test_after_a_crash_between_use_and_act_the_outcome_is_unknown_and_a_repeat_is_asked_anew(open_desk):
    desk = open_desk()
    ticket = approved(desk)
    desk.consume(ticket.id, ticket.asked.digest)
    again = open_desk()
    assert [one.id for one in again.settle_unknown()] == [ticket.id]
    assert (again.get(ticket.id).outcome, again.settle_unknown()) == ("outcome_unknown", ())
    assert again.ask(asked()).id != ticket.id


def test_people_see_what_concerns_them_and_nothing_else(open_desk):
    desk = open_desk(dba=flow(break_glass=("corp/chiefs",)))
    ticket = desk.ask(asked())
    assert {one.name for one in (ANA, BEA, CARL, CHIEF, ELSE, BOT) if desk.visible_to(one)} == {
        "Ana",
        "Bea",
        "Carl",
        "Chief",
        "Bot",
    }
    desk.decide(ticket.id, BEA, False)
    assert desk.visible_to(BEA) == ()
    assert [one.id for one in desk.past(BEA)] == [ticket.id]
    assert desk.past(ELSE) == ()


def test_earlier_tickets_of_the_shape_are_found(desk, clock):
    first = approved(desk)
    clock.advance(1)
    second = desk.ask(asked(statement=OTHER))
    desk.ask(asked(statement=b"DROP", shape=b"another"))
    assert [one.id for one in desk.earlier(second)] == [first.id]


def test_ended_questions_of_one_principal_do_not_pile_up(desk, clock, store):
    for number in range(150):
        clock.advance(1)
        ticket = desk.ask(asked(statement=str(number).encode()))
        desk.withdraw(ticket.id, "cancelled")
    assert len(store.latest(1000)) == 101


def test_of_many_threads_that_use_one_approval_one_may(desk):
    ticket = approved(desk)
    won = []
    threads = [
        threading.Thread(target=lambda: won.append(desk.consume(ticket.id, ticket.asked.digest))) for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(won) == [False] * 7 + [True]
