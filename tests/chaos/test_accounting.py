"""The accounting of chaos can fail: each thing that must never be is fed to it, and named."""

from dataclasses import replace
from pathlib import Path

import pytest

from chaos.accounting import KINDS, Answer, Attempt, Evidence, Intention, TicketSeen, violations
from chaos.acts import ANY, Act, act_in, traces

HELD = Act("r1.c0.0", "held", 7)
FREE = Act("r1.c1.0", "free", 8)
KEY, FREE_KEY = ("r1.c0.0", 7), ("r1.c1.0", 8)
TICKET = TicketSeen(
    "t1",
    "used",
    HELD.bound(),
    "corp/c0-1",
    "dba",
    frozenset({"corp/dana-1"}),
    ended_at=1.0,
    expires_at=2.0,
    outcome="done",
)
GOOD = Evidence(
    attempts=(
        Attempt(KEY, HELD.bound(), "dba", "done"),
        Attempt(FREE_KEY, FREE.literal(), "", "done"),
    ),
    rows={KEY: 1, FREE_KEY: 1},
    forwarded={KEY: 1, FREE_KEY: 1},
    intentions=(
        Intention("s1", 3, HELD.bound(), "hold", status="held"),
        Intention("s1", 4, HELD.bound(), "allow", "t1", "done"),
        Intention("s2", 2, FREE.literal(), "allow", status="done"),
    ),
    tickets=(TICKET,),
    answers=(
        Answer("t1", "corp/dana-1", yes=True, state="approved"),
        Answer("t1", "corp/dora-1", yes=True, code="ended"),
    ),
    uses=("t1",),
)


def kinds(seen: Evidence) -> set[str]:
    return {one.kind for one in violations(seen)}


def with_ticket(**changes: object) -> Evidence:
    return replace(GOOD, tickets=(replace(TICKET, **changes),))


def test_what_went_well_adds_up() -> None:
    assert violations(GOOD) == []


def test_an_act_that_its_client_was_told_of_and_that_is_not_there_is_lost() -> None:
    assert "acts lost" in kinds(replace(GOOD, rows={KEY: 1}))


def test_an_act_that_is_there_twice_is_doubled() -> None:
    assert "acts doubled" in kinds(replace(GOOD, rows={KEY: 1, FREE_KEY: 2}))


def test_a_lost_attempt_and_its_repeat_may_both_be_there() -> None:
    lost = Attempt(FREE_KEY, FREE.literal(), "", "lost")
    again = Intention("s3", 2, FREE.literal(), "allow", status="outcome_unknown")
    seen = replace(
        GOOD,
        attempts=(*GOOD.attempts, lost),
        intentions=(*GOOD.intentions, again),
        rows={KEY: 1, FREE_KEY: 2},
        forwarded={KEY: 1, FREE_KEY: 2},
    )
    assert violations(seen) == []


@pytest.mark.parametrize("part", ["rows", "forwarded"])
def test_what_has_no_intention_is_unrecorded(part: str) -> None:
    seen = replace(GOOD, intentions=GOOD.intentions[:2])
    assert "forwarded but unrecorded" in kinds(
        replace(seen, **{"rows": {KEY: 1}, "forwarded": {KEY: 1}, part: GOOD.rows})
    )


def test_an_intention_with_another_parameter_is_none_for_this_act() -> None:
    other = replace(GOOD.intentions[1], wire=(HELD.bound()[0], ("r1.c0.0", "9")))
    assert {"forwarded but unrecorded", "approved but changed"} <= kinds(
        replace(GOOD, intentions=(GOOD.intentions[0], other, GOOD.intentions[2]))
    )


def test_a_denied_intention_is_no_leave() -> None:
    denied = replace(GOOD.intentions[2], verdict="deny", status="denied")
    assert "forwarded but unrecorded" in kinds(replace(GOOD, intentions=(*GOOD.intentions[:2], denied)))


def test_a_role_that_is_left_is_told() -> None:
    assert kinds(replace(GOOD, roles=("yett_e_1",))) == {"roles left behind"}


def test_a_ticket_that_ran_twice_was_used_twice() -> None:
    twice = Intention("s9", 4, HELD.bound(), "allow", "t1", "done")
    assert "approvals used twice" in kinds(replace(GOOD, intentions=(*GOOD.intentions, twice)))
    assert "approvals used twice" in kinds(replace(GOOD, uses=("t1", "t1")))


def test_more_rows_than_approvals_are_approvals_used_twice() -> None:
    lost = Attempt(KEY, HELD.bound(), "dba", "lost")
    seen = replace(GOOD, attempts=(*GOOD.attempts, lost), rows={KEY: 2, FREE_KEY: 1})
    assert "approvals used twice" in kinds(seen)


def test_a_ticket_that_ran_and_could_run_again_is_told() -> None:
    assert "approvals used twice" in kinds(with_ticket(state="approved"))


def test_what_ran_must_be_what_the_ticket_shows() -> None:
    assert "approved but changed" in kinds(with_ticket(wire=HELD.changed().bound()))


def test_what_nobody_sent_must_not_run() -> None:
    made_up = Intention("s2", 9, FREE.changed().literal(), "allow", status="done")
    assert "approved but changed" in kinds(replace(GOOD, intentions=(*GOOD.intentions, made_up)))


def test_a_held_act_without_its_ticket_ran_without_approval() -> None:
    alone = replace(GOOD.intentions[1], ticket="")
    assert "ran without approval" in kinds(replace(GOOD, intentions=(GOOD.intentions[0], alone, GOOD.intentions[2])))


@pytest.mark.parametrize("changes", [{"yes": frozenset()}, {"yes": frozenset({"corp/c0-1"})}, {"flow": "pair"}])
def test_a_ticket_without_enough_other_people_is_no_approval(changes: dict[str, object]) -> None:
    assert "ran without approval" in kinds(with_ticket(**changes))


def test_what_somebody_said_no_to_must_not_run() -> None:
    assert "denied, yet ran" in kinds(with_ticket(no=frozenset({"corp/dora-1"})))


def test_what_its_client_was_refused_must_not_be_there() -> None:
    refused = replace(GOOD.attempts[1], ended="refused")
    assert "denied, yet ran" in kinds(replace(GOOD, attempts=(GOOD.attempts[0], refused)))


def test_what_policy_forbade_in_the_end_must_not_run() -> None:
    under = replace(GOOD.intentions[1], version="v2")
    seen = replace(GOOD, intentions=(GOOD.intentions[0], under, GOOD.intentions[2]), frozen=frozenset({"v2"}))
    assert kinds(seen) == {"denied, yet ran"}


@pytest.mark.parametrize("changes", [{"state": "expired"}, {"state": "withdrawn"}, {"ended_at": 2.0}])
def test_what_nobody_answered_in_time_must_not_run(changes: dict[str, object]) -> None:
    assert "expired, yet ran" in kinds(with_ticket(**changes))


def test_a_yes_that_was_taken_is_not_forgotten() -> None:
    assert "answers lost" in kinds(replace(GOOD, tickets=()))
    assert "answers lost" in kinds(with_ticket(yes=frozenset({"corp/dora-1"})))


def test_a_no_that_was_taken_stands() -> None:
    no = Answer("t1", "corp/dora-1", yes=False, state="denied")
    assert "answers lost" in kinds(replace(GOOD, answers=(*GOOD.answers, no)))


@pytest.mark.parametrize("status", ["failed", "denied", "cancelled"])
def test_what_the_record_says_did_not_happen_must_not_be_there(status: str) -> None:
    said = replace(GOOD.intentions[2], status=status)
    assert "records untrue" in kinds(replace(GOOD, intentions=(*GOOD.intentions[:2], said)))


def test_what_the_record_says_was_done_is_there() -> None:
    lost = Attempt(FREE_KEY, FREE.literal(), "", "lost")
    seen = replace(GOOD, attempts=(GOOD.attempts[0], lost), rows={KEY: 1}, forwarded={KEY: 1})
    assert kinds(seen) == {"records untrue"}


def test_a_ticket_that_was_used_says_what_became_of_it() -> None:
    assert kinds(with_ticket(outcome="")) == {"records untrue"}


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("unverified", "recordings that don't verify"),
        ("unanswered", "never answered"),
        ("faults", "faults of the gate"),
    ],
)
def test_what_was_seen_to_go_wrong_is_told(part: str, kind: str) -> None:
    assert kinds(replace(GOOD, **{part: ("something",)})) == {kind}


COPIED = replace(
    GOOD,
    attempts=(Attempt(KEY, HELD.copied(), "dba", "done"), GOOD.attempts[1]),
    forwarded={(HELD.name, ANY): 1, FREE_KEY: 1},
    intentions=(
        replace(GOOD.intentions[0], wire=(HELD.copied()[0], ())),
        replace(GOOD.intentions[1], wire=HELD.copied()),
        GOOD.intentions[2],
    ),
    tickets=(replace(TICKET, wire=HELD.copied()),),
)
BLIND = replace(COPIED, intentions=(*COPIED.intentions[:1], replace(GOOD.intentions[1], wire=(HELD.copied()[0], ()))))


def test_a_copy_adds_up_whether_or_not_its_record_came_to_tell_its_data() -> None:
    assert violations(COPIED) == []
    again = replace(BLIND.intentions[1], status="outcome_unknown")
    assert violations(replace(BLIND, intentions=(BLIND.intentions[0], again, GOOD.intentions[2]))) == []


def test_a_copy_of_other_data_than_was_approved_is_told() -> None:
    changed = HELD.changed()
    other = replace(COPIED.intentions[1], wire=changed.copied())
    assert "approved but changed" in kinds(replace(COPIED, intentions=(COPIED.intentions[0], other)))
    attempt = Attempt((HELD.name, changed.amount), changed.copied(), "dba", "done")
    wrote = {(HELD.name, changed.amount): 1, FREE_KEY: 1}
    seen = replace(BLIND, attempts=(*COPIED.attempts, attempt), rows=wrote)
    assert "approved but changed" in kinds(seen)


def test_a_copy_that_the_target_was_sent_twice_has_two_intentions() -> None:
    seen = replace(COPIED, forwarded={(HELD.name, ANY): 2, FREE_KEY: 1})
    assert kinds(seen) == {"forwarded but unrecorded"}


def test_a_copy_without_its_ticket_ran_without_approval() -> None:
    alone = replace(BLIND.intentions[1], ticket="")
    assert "ran without approval" in kinds(replace(BLIND, intentions=(BLIND.intentions[0], alone)))


def test_every_kind_that_is_counted_can_be_found() -> None:
    text = Path(__file__).with_name("accounting.py").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if text.count(f'"{kind}"') < 2] == []


@pytest.mark.parametrize("table", ["free", "held", "purse"])
@pytest.mark.parametrize("way", ["literal", "bound", "copied"])
def test_an_act_is_found_again_in_its_statement(table: str, way: str) -> None:
    act = Act("r12.c3.45", table, 678)
    assert act_in(getattr(act, way)()) == ("r12.c3.45", 678)


def test_a_look_ahead_is_no_act() -> None:
    text, parameters = HELD.literal()
    assert act_in((f"EXPLAIN {text}", parameters)) is None


def test_acts_are_found_in_a_log_and_in_a_purse() -> None:
    logged = "DETAIL:  Parameters: $1 = 'r1.c2.3', $2 = '44'"
    assert list(traces(logged)) == [("r1.c2.3", 44)]
    assert list(traces(" r1.c2.3=44 r1.c2.4=5")) == [("r1.c2.3", 44), ("r1.c2.4", 5)]
