"""Risky acts wait for a person: told, decided, judged again, done once, or refused in their place."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import psycopg
import pytest

from e2e.conftest import direct_route
from e2e.gates import Gate, gate_before
from e2e.held import DBA, FLOW, POLICIES, asked, asking, becomes, until
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.approvals.desk import ApprovalDesk
from yett.core.approvals import TicketState


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate whose policy holds every write."""
    with gate_before(filled(17), authority, policies=POLICIES, extra=FLOW) as found:
        yield found


def note_of(gate: Gate, order: int) -> object:
    """Return what the target itself holds."""
    with direct_route(gate.server).connect() as connection:
        row = connection.execute("SELECT note FROM orders WHERE id = %s", (order,)).fetchone()
        assert row is not None
        return row[0]


@pytest.mark.parametrize("parameters", [None, ("told", 11)], ids=["simple", "extended"])
def test_a_write_waits_for_a_yes_and_is_done_once(
    gate: Gate, desk: ApprovalDesk, parameters: tuple[object, ...] | None
) -> None:
    text = "UPDATE orders SET note = 'told' WHERE id = 10" if parameters is None else ""
    with asking(gate) as client:
        client.run(text or "UPDATE orders SET note = %s WHERE id = %s", parameters)
        ticket = asked(desk)
        order = 10 if parameters is None else 11
        assert note_of(gate, order) != "told"
        assert b"UPDATE orders SET note" in ticket.asked.statement
        assert ticket.asked.principal == "corp/wil"
        assert ticket.asked.policies == ("writes-need-a-dba",)
        assert desk.decide(ticket.id, DBA, True).state is TicketState.APPROVED
        client.end()
        assert client.error is None
        assert client.tag == "UPDATE 1"
        assert any(ticket.id in line for line in client.told)
        assert note_of(gate, order) == "told"
        assert desk.get(ticket.id).state is TicketState.USED
        assert client.connection.execute("SELECT 1").fetchone() == (1,)


def test_another_parameter_is_another_question(gate: Gate, desk: ApprovalDesk) -> None:
    with asking(gate) as client:
        client.run("UPDATE orders SET note = %s WHERE id = %s", ("first", 12))
        first = asked(desk)
        desk.decide(first.id, DBA, True)
        client.end()
        client.run("UPDATE orders SET note = %s WHERE id = %s", ("first", 13))
        second = asked(desk)
        assert second.id != first.id
        desk.decide(second.id, DBA, False, "not that one")
        client.end()
        assert isinstance(client.error, psycopg.errors.InsufficientPrivilege)
        assert "not that one" in str(client.error)
        assert note_of(gate, 13) != "first"


def test_a_reviewer_reads_what_came_before_and_each_of_it_once(gate: Gate, desk: ApprovalDesk) -> None:
    with asking(gate) as client:
        client.connection.execute("SELECT 7")
        client.run("UPDATE orders SET note = 'one' WHERE id = 21")
        first = asked(desk)
        assert first.asked.shown["last operations"] == "SELECT: SELECT 7"
        desk.decide(first.id, DBA, True)
        client.end()
        client.run("UPDATE orders SET note = 'two' WHERE id = 21")
        second = asked(desk)
        before = second.asked.shown["last operations"].splitlines()
        assert before == ["SELECT: SELECT 7", "UPDATE: UPDATE orders SET note = 'one' WHERE id = 21"]
        desk.decide(second.id, DBA, False, "enough")
        client.end()


def test_silence_is_a_no_and_comes_sooner_in_a_transaction(gate: Gate, desk: ApprovalDesk) -> None:
    with asking(gate) as client:
        client.connection.execute("BEGIN")
        client.connection.execute("SELECT 1")
        client.run("UPDATE orders SET note = 'silence' WHERE id = 14")
        ticket = asked(desk)
        assert ticket.asked.in_transaction
        client.end()
        assert "nobody answered" in str(client.error)
        assert len([line for line in client.told if ticket.id in line]) >= 2
        assert client.connection.execute("ROLLBACK").statusmessage == "ROLLBACK"


def test_a_client_can_cancel_what_waits(gate: Gate, desk: ApprovalDesk) -> None:
    with asking(gate) as client:
        client.run("UPDATE orders SET note = 'cancelled' WHERE id = 15")
        ticket = asked(desk)
        client.connection.cancel_safe()
        client.end()
        assert isinstance(client.error, psycopg.errors.QueryCanceled)
        assert becomes(desk, ticket, TicketState.WITHDRAWN)
        assert client.connection.execute("SELECT 1").fetchone() == (1,)


def test_a_repeat_joins_the_ticket_of_who_left_also_after_a_restart(gate: Gate, desk: ApprovalDesk) -> None:
    statement = "UPDATE orders SET note = 'repeated' WHERE id = 16"
    with asking(gate) as client:
        client.run(statement)
        ticket = asked(desk)
        gate.restart()
        client.end()
    assert note_of(gate, 16) != "repeated"
    desk.decide(ticket.id, DBA, True)
    with asking(gate) as client:
        client.run(statement)
        client.end()
        assert client.tag == "UPDATE 1"
    assert desk.get(ticket.id).state is TicketState.USED
    assert note_of(gate, 16) == "repeated"


def test_exactly_this_shape_may_pass_for_a_while(gate: Gate, desk: ApprovalDesk) -> None:
    with asking(gate, "wes") as client:
        client.run("UPDATE orders SET note = 'one' WHERE id = 17")
        desk.decide(asked(desk).id, DBA, True, for_shape_seconds=30)
        client.end()
        client.run("UPDATE orders SET note = 'two' WHERE id = 17")
        client.end()
        assert client.tag == "UPDATE 1"
        client.run("UPDATE orders SET note = 'two' WHERE id = 18")
        ticket = asked(desk)
        desk.decide(ticket.id, DBA, False, "another row")
        client.end()
        assert "another row" in str(client.error)


def test_the_record_tells_the_whole_story(gate: Gate, desk: ApprovalDesk) -> None:
    with asking(gate, "story") as client:
        client.run("UPDATE orders SET note = 'story' WHERE id = 19")
        ticket = asked(desk)
        desk.decide(ticket.id, DBA, True)
        client.end()
        assert client.tag == "UPDATE 1"
    command = [sys.executable, "-m", "yett", "export", "--config", str(gate.config)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line for line in told.splitlines() if ticket.id in line]
    assert any('"held"' in line for line in lines)
    (approved,) = [json.loads(line) for line in lines if '"approved"' in line and "corp/dora" in line]
    ran = [json.loads(line) for line in told.splitlines() if '"intention"' in line and "note = 'story'" in line]
    assert [one["operation"] for one in ran] == [approved["data"]["operation"], approved["data"]["runs_as"]]
    assert until(lambda: desk.get(ticket.id).outcome == "done")
