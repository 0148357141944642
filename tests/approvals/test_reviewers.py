"""Who may answer: people of the flow's groups with their issuer, never for themselves."""

from dataclasses import replace

import pytest

from approvals.questions import ANA, BEA, BOT, CARL, ELSE, asked, flow, person
from yett.approvals.refusals import NotAllowed
from yett.approvals.reviewers import acted_for
from yett.core.approvals import TicketState
from yett.core.principals import Principal, PrincipalKind


def code(desk, ticket, reviewer, yes=True) -> str:
    with pytest.raises(NotAllowed) as failure:
        desk.decide(ticket.id, reviewer, yes)
    assert desk.why_not(reviewer, ticket) == failure.value.code
    return failure.value.code


@pytest.mark.parametrize("yes", [True, False])
def test_nobody_answers_their_own_question(desk, yes):
    assert code(desk, desk.ask(asked(BEA)), BEA, yes) == "own"


def test_nobody_answers_what_was_asked_on_their_behalf(desk):
    boss = person("boss", "corp/dba")
    far = replace(BOT, on_behalf_of=replace(BOT, subject="relay", on_behalf_of=boss))
    ticket = desk.ask(asked(far, on_behalf_of=acted_for(far)))
    assert code(desk, ticket, boss) == "acted_for"
    assert desk.decide(ticket.id, BEA, True).state is TicketState.APPROVED


def test_the_same_person_counts_whatever_name_or_groups_they_come_with(desk):
    ticket = desk.ask(asked(BEA))
    renamed = replace(BEA, name="Somebody", groups=frozenset({"corp/dba", "corp/x"}), session_key="corp/s9")
    assert code(desk, ticket, renamed) == "own"


def test_the_same_subject_of_another_issuer_is_somebody_else(open_desk):
    desk = open_desk(dba=flow(reviewers=("corp/dba", "local/dba")))
    ticket = desk.ask(asked(BEA))
    assert desk.decide(ticket.id, person("bea", "local/dba", issuer="local"), True).state is TicketState.APPROVED


@pytest.mark.parametrize("kind", [PrincipalKind.AGENT, PrincipalKind.SERVICE])
def test_machines_never_answer_whatever_their_groups(desk, kind):
    machine = Principal(kind, "corp", "m", "M", frozenset({"corp/dba"}))
    assert code(desk, desk.ask(asked()), machine) == "machine"


def test_a_person_who_acts_for_somebody_does_not_answer(desk):
    assert code(desk, desk.ask(asked()), replace(BEA, on_behalf_of=CARL)) == "machine"


@pytest.mark.parametrize("groups", [(), ("dba",), ("local/dba",), ("corp/dba2",), ("corp/DBA",), ("evil/corp/dba",)])
def test_a_group_counts_only_with_its_issuer_and_its_exact_name(desk, groups):
    assert code(desk, desk.ask(asked()), person("eve", *groups)) == "not_reviewer"


def test_whoever_is_not_asked_learns_no_more_than_that(desk):
    ticket = desk.ask(asked())
    desk.decide(ticket.id, BEA, False)
    assert code(desk, ticket, ELSE) == "not_reviewer"


def test_a_flow_may_ask_only_those_who_hold_unmask(open_desk):
    desk = open_desk(dba=flow(unmask_needed=True))
    ticket = desk.ask(asked())
    assert code(desk, ticket, BEA) == "unmask_needed"
    assert code(desk, ticket, BEA, yes=False) == "unmask_needed"
    assert (desk.visible_to(BEA), [one.id for one in desk.visible_to(CARL)]) == ((), [ticket.id])
    assert desk.decide(ticket.id, CARL, True).state is TicketState.APPROVED


def test_a_flow_that_was_removed_from_the_settings_has_no_reviewers(open_desk):
    ticket = open_desk().ask(asked())
    assert code(open_desk(other=flow()), ticket, BEA) == "not_reviewer"


def test_who_is_acted_for_is_the_whole_chain():
    assert acted_for(ANA) == ""
    assert acted_for(replace(BOT, on_behalf_of=replace(BOT, subject="relay"))) == "corp/relay\ncorp/ana"


@pytest.mark.parametrize("reason", ["x" * 501, "x" * 10_000])
def test_a_reason_has_an_end(desk, reason):
    ticket = desk.ask(asked())
    with pytest.raises(NotAllowed) as failure:
        desk.decide(ticket.id, BEA, False, reason)
    assert failure.value.code == "reason_too_long"


def test_a_reason_drives_no_terminal(desk):
    ticket = desk.ask(asked())
    assert desk.decide(ticket.id, BEA, False, "no\n\x1b[2Jway\u202e").reason == "no \\x1b[2Jway\\u202e"
