"""A reviewer sees what a held statement would find: the target's plan, and the rows, as its own session sees them."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import psycopg
import pytest

from e2e.conftest import direct_route
from e2e.gates import Gate
from e2e.held import DBA, asked, asking, counting_gate, foreseen
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.approvals.desk import ApprovalDesk
from yett.core.approvals import Ticket

NO_ANSWER = "no plan: the target has not answered yet"
SCHEMA = """
CREATE TABLE plain (id int PRIMARY KEY, n int, note text);
INSERT INTO plain SELECT i, i % 10, 'n' FROM generate_series(1, 1000) i;
CREATE FUNCTION told(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM set_config('application_name', 'code ran', false); RETURN $1; END $$;
CREATE TABLE odd (id int, n int);
CREATE INDEX odd_index ON odd ((n + told(1)));
CREATE TABLE watched (id int, at timestamptz);
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at = now(); RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION touched();
INSERT INTO watched SELECT i FROM generate_series(1, 5) i;
CREATE TABLE parts (id int, n int) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
INSERT INTO parts SELECT i, 0 FROM generate_series(0, 19) i;
ANALYZE plain, parts, watched;
"""


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate whose policy holds every write, and whose flow has rows counted."""
    with counting_gate(filled(17), authority, "plans", SCHEMA, "10s") as found:
        yield found


def ended(desk: ApprovalDesk, client, ticket: Ticket) -> None:
    desk.decide(ticket.id, DBA, True)
    client.end()
    assert client.error is None


@pytest.mark.parametrize(
    ("statement", "parameters", "planned", "count"),
    [
        ("UPDATE plain SET note = 'x' WHERE id = 7", None, "plain_pkey on plain", "1,"),
        ("UPDATE plain SET note = %s WHERE id = %s", ("y", 7), "plain_pkey on plain", "1,"),
        ("DELETE FROM plain WHERE n = %s AND id < %s", (3, 50), "on plain", "5,"),
        ("UPDATE plain p SET note = 'z' FROM parts q WHERE p.n = q.n AND p.id < 21", None, "on parts_1", "2,"),
        ("UPDATE watched SET id = id", None, "about 5 rows", "5,"),
        ("DELETE FROM parts WHERE id < 3", None, "on parts_1", "3,"),
        ("INSERT INTO watched SELECT id FROM plain WHERE id < 3", None, "on plain", "not counted: an INSERT"),
        ("INSERT INTO watched VALUES (1)", None, "no plan: it writes the one row", "not counted"),
    ],
)
def test_a_reviewer_sees_the_plan_and_the_rows(gate, desk, statement, parameters, planned, count):
    with asking(gate) as client:
        client.run(statement, parameters)
        ticket, plan, rows = foreseen(desk)
        assert planned in plan
        assert rows.startswith(count), rows
        assert "7" not in plan.replace("rows", "").split("cost")[0]
        ended(desk, client, ticket)
        assert client.connection.execute("SELECT 1").fetchone() == (1,)


def test_it_sees_what_the_session_sees_and_leaves_nothing_behind(gate, desk):
    with asking(gate) as client:
        client.connection.execute("SET application_name = 'mine'")
        client.connection.execute("CREATE TEMP TABLE mine (id int)")
        client.connection.execute("BEGIN")
        client.run("INSERT INTO mine SELECT 1 FROM plain WHERE id IN (901, 902, 904)")
        ended(desk, client, foreseen(desk)[0])
        client.run("DELETE FROM mine WHERE id = %s", (1,))
        ticket, plan, rows = foreseen(desk)
        assert "on mine" in plan
        assert rows.startswith("3,")
        with direct_route(gate.server, "plans").connect() as watcher:
            locks = "SELECT l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'mine'"
            assert {row[0] for row in watcher.execute(locks).fetchall()} <= {"AccessShareLock", "RowExclusiveLock"}
        ended(desk, client, ticket)
        shown = client.connection.execute("SHOW transaction_read_only").fetchone()
        timeout = client.connection.execute("SHOW statement_timeout").fetchone()
        assert (shown, timeout) == (("off",), ("0",))
        client.connection.execute("COMMIT")
        assert client.connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)


def test_nothing_but_access_share_is_held_while_people_are_asked(gate, desk):
    with asking(gate) as client:
        client.connection.execute("BEGIN")
        client.connection.execute("SELECT 1")
        client.run("UPDATE plain SET note = 'q' WHERE id = 1")
        ticket, _, _ = foreseen(desk)
        with direct_route(gate.server, "plans").connect() as watcher:
            locks = "SELECT l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'plain'"
            assert watcher.execute(locks).fetchall() == []
        ended(desk, client, ticket)
        client.connection.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DELETE FROM odd WHERE id = 1", "code that is not PostgreSQL's own"),
        ("DELETE FROM plain WHERE told(id) = -1", "code that is not PostgreSQL's own"),
        ("DELETE FROM plain WHERE id = (SELECT id FROM plain WHERE id = -1 FOR UPDATE)", "locks rows"),
    ],
)
def test_what_could_run_code_has_no_plan(gate, desk, statement, why):
    with asking(gate) as client:
        client.run(statement)
        ticket, plan, rows = foreseen(desk)
        assert plan.startswith("no plan: ")
        assert why in plan
        assert rows.startswith("not counted: ")
        ended(desk, client, ticket)
        assert client.connection.execute("SELECT 1").fetchone() == (1,)


def test_a_lock_of_somebody_else_costs_a_moment_and_the_plan(gate, desk):
    with direct_route(gate.server, "plans").connect() as other, asking(gate) as client:
        client.connection.execute("SELECT count(*) FROM plain WHERE id < 5")
        client.run("DELETE FROM plain WHERE id = -1")
        ended(desk, client, foreseen(desk)[0])
        other.execute("BEGIN")
        other.execute("LOCK TABLE plain IN ACCESS EXCLUSIVE MODE")
        client.run("DELETE FROM plain WHERE id = -1")
        ticket, plan, _ = foreseen(desk)
        assert plan == "no plan: something has locked what it reads"
        other.execute("ROLLBACK")
        ended(desk, client, ticket)


def test_a_session_that_is_serializable_by_itself_is_planned_and_counted(gate, desk):
    with asking(gate) as client:
        client.connection.execute("SET default_transaction_isolation = 'serializable'")
        client.run("DELETE FROM plain WHERE id = %s", (-1,))
        ticket, plan, rows = foreseen(desk)
        assert "on plain" in plan
        assert rows.startswith("0, counted")
        ended(desk, client, ticket)


def test_a_cancel_while_it_is_counted_comes_through_and_the_session_lives_on(gate, desk):
    with asking(gate) as client:
        client.run("DELETE FROM plain WHERE id IN (SELECT a.id FROM plain a, plain b, plain c WHERE a.n + b.n = -c.n)")
        ticket = asked(desk)
        client.connection.cancel_safe()
        client.end()
        assert isinstance(client.error, psycopg.errors.QueryCanceled)
        assert client.connection.execute("SELECT 1").fetchone() == (1,)
        assert desk.get(ticket.id).state.value in {"open", "withdrawn"}


def test_pipelined_statements_before_it_are_not_disturbed(gate, desk):
    with asking(gate) as client, client.connection.pipeline():
        cursor = client.connection.execute("SELECT %s::int", (4,))
        client.run("UPDATE plain SET note = %s WHERE id = %s", ("p", 8))
        ticket, plan, _ = foreseen(desk)
        assert plan.startswith(("no plan: other statements", "about 1 rows"))
        desk.decide(ticket.id, DBA, True)
        client.end()
        assert cursor.fetchone() == (4,)


def test_the_look_ahead_is_on_record(gate, desk):
    with asking(gate, "planner") as client:
        client.run("UPDATE plain SET note = 'r' WHERE id = 9")
        ticket, plan, _ = foreseen(desk)
        ended(desk, client, ticket)
    command = [sys.executable, "-m", "yett", "export", "--config", str(gate.config)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = told.splitlines()
    assert any('"foreseen"' in line and ticket.id in line and "plain_pkey" in line for line in lines)
    assert any('"plan"' in line and "SELECT FROM" in line for line in lines)
    assert plan
