"""A yes covers what was shown: where others change what the statement would run meanwhile, it is asked anew."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from e2e.conftest import direct_route
from e2e.gates import Gate, gate_before
from e2e.test_holds import DBA, FLOW, POLICIES, asked, asking
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.app.approvals import open_approvals
from yett.approvals.desk import ApprovalDesk
from yett.config import load_config
from yett.core.approvals import TicketState
from yett.core.clock import SystemClock

SCHEMA = """
DROP SCHEMA IF EXISTS waits CASCADE;
CREATE SCHEMA waits;
SET search_path = waits;
CREATE FUNCTION inner_one(t text) RETURNS text LANGUAGE sql AS $$ SELECT t || '!' $$;
CREATE FUNCTION outer_one(t text) RETURNS text LANGUAGE sql AS $$ SELECT waits.inner_one(t) $$;
CREATE FUNCTION opaque(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN waits.inner_one(t); END $$;
CREATE FUNCTION touches(t text) RETURNS text LANGUAGE plpgsql
  AS $$ BEGIN UPDATE waits.child SET note = t; RETURN t; END $$;
CREATE FUNCTION on_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE DOMAIN word AS text;
CREATE TABLE things (id int PRIMARY KEY, note text DEFAULT 'a', name varchar(9), said word);
CREATE TABLE child (id int PRIMARY KEY, parent int, note text);
CREATE TABLE watched (id int PRIMARY KEY, note text);
CREATE TRIGGER watching BEFORE UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION on_row();
CREATE VIEW shown AS SELECT id, note FROM things WHERE id < 10;
INSERT INTO things SELECT i, 'n', 'x', 'd' FROM generate_series(1, 20) i;
INSERT INTO child SELECT i, i, 'c' FROM generate_series(1, 20) i;
INSERT INTO watched VALUES (1, 'w');
"""
STATE = """
SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM (
  SELECT id, note, name::text, said::text FROM waits.things UNION ALL SELECT id, note, '', '' FROM waits.child
  UNION ALL SELECT id, note, '', '' FROM waits.watched) t
"""
EVIL = "RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$"
CHANGES = {
    "what a function calls": (
        "UPDATE waits.things SET note = waits.outer_one('a') WHERE id = 1",
        f"CREATE OR REPLACE FUNCTION waits.inner_one(t text) {EVIL}",
    ),
    "how what a function calls is run": (
        "UPDATE waits.things SET note = waits.outer_one('a') WHERE id = 1",
        "ALTER FUNCTION waits.inner_one(text) SET search_path = evil",
    ),
    "what opaque code calls": (
        "UPDATE waits.things SET note = waits.opaque('a') WHERE id = 1",
        f"CREATE OR REPLACE FUNCTION waits.inner_one(t text) {EVIL}",
    ),
    "a trigger on what opaque code writes": (
        "UPDATE waits.things SET note = waits.touches('a') WHERE id = 1",
        "CREATE TRIGGER late BEFORE UPDATE ON waits.child FOR EACH ROW EXECUTE FUNCTION waits.on_row()",
    ),
    "a trigger's function": (
        "UPDATE waits.watched SET note = 'z'",
        """CREATE OR REPLACE FUNCTION waits.on_row() RETURNS trigger LANGUAGE plpgsql
           AS $$ BEGIN DELETE FROM waits.child; RETURN NEW; END $$""",
    ),
    "a trigger": (
        "UPDATE waits.things SET note = 'z' WHERE id = 1",
        "CREATE TRIGGER late BEFORE UPDATE ON waits.things FOR EACH ROW EXECUTE FUNCTION waits.on_row()",
    ),
    "an operator that fits better": (
        "DELETE FROM waits.things WHERE name = 'nobody'",
        """CREATE FUNCTION public.same(varchar, varchar) RETURNS bool LANGUAGE sql AS 'SELECT true';
           CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.same)""",
    ),
    "a domain's check": (
        "UPDATE waits.things SET said = 'q' WHERE id = 3",
        "ALTER DOMAIN waits.word ADD CHECK (waits.inner_one(VALUE) <> 'zz')",
    ),
    "a cascade": (
        "DELETE FROM waits.things WHERE id = 5",
        "ALTER TABLE waits.child ADD FOREIGN KEY (parent) REFERENCES waits.things (id) ON DELETE CASCADE",
    ),
    "a default": (
        "INSERT INTO waits.things (id) VALUES (30)",
        "ALTER TABLE waits.things ALTER note SET DEFAULT 'evil'",
    ),
    "a view": (
        "UPDATE waits.shown SET note = 'z' WHERE id > 8",
        "CREATE OR REPLACE VIEW waits.shown AS SELECT id, note FROM waits.things",
    ),
    "a table in the place of another": (
        "UPDATE waits.things SET note = 'z' WHERE id = 3",
        "ALTER TABLE waits.things RENAME TO old; CREATE TABLE waits.things AS TABLE waits.old",
    ),
    "code, before something that runs by itself": (
        "REINDEX TABLE CONCURRENTLY waits.things",
        """CREATE FUNCTION waits.later(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
           CREATE INDEX later ON waits.things (waits.later(id))""",
    ),
}


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate whose policy holds whatever writes or maintains."""
    policies = {
        "holds": POLICIES["holds"]
        .replace('Action::"execute"]', 'Action::"execute", Action::"define", Action::"administer"]')
        .replace('action == Action::"write"', 'action in [Action::"write", Action::"define", Action::"administer"]')
    }
    with gate_before(filled(17), authority, policies=policies, extra=FLOW) as found:
        yield found


@pytest.fixture
def desk(gate: Gate) -> Iterator[ApprovalDesk]:
    """Open the desk beside the gate, as another process would."""
    with open_approvals(load_config(gate.config), SystemClock()) as approvals:
        yield approvals.desk


@pytest.fixture
def target(gate: Gate) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Make the tables anew, and connect beside the gate as whoever changes them."""
    with closing(direct_route(gate.server).connect()) as connection:
        connection.execute("DROP OPERATOR IF EXISTS public.= (varchar, varchar)")
        connection.execute("DROP FUNCTION IF EXISTS public.same(varchar, varchar)")
        connection.execute(SCHEMA)
        yield connection
        connection.execute("DROP OPERATOR IF EXISTS public.= (varchar, varchar)")


@pytest.mark.parametrize(("statement", "change"), CHANGES.values(), ids=CHANGES)
def test_it_is_asked_anew(gate: Gate, desk: ApprovalDesk, target, statement: str, change: str) -> None:
    with asking(gate) as client:
        client.run(statement)
        first = asked(desk)
        target.execute(change)
        before = target.execute(STATE).fetchone()
        assert desk.decide(first.id, DBA, True).state is TicketState.APPROVED
        second = another(desk, first.id)
        desk.decide(second, DBA, False, "not like that")
        client.end()
        assert isinstance(client.error, psycopg.errors.InsufficientPrivilege)
        assert target.execute(STATE).fetchone() == before


def test_what_does_not_concern_it_changes_nothing(gate: Gate, desk: ApprovalDesk, target) -> None:
    with asking(gate) as client:
        client.run("UPDATE waits.things SET note = 'z' WHERE id = 3")
        ticket = asked(desk)
        target.execute("CREATE TABLE waits.other (id int PRIMARY KEY, n int DEFAULT 3 CHECK (n > 2))")
        target.execute("CREATE TEMP TABLE mine (id int PRIMARY KEY, n int DEFAULT 3 CHECK (n > 2))")
        target.execute("ANALYZE waits.things")
        target.execute("GRANT SELECT ON waits.things TO PUBLIC")
        desk.decide(ticket.id, DBA, True)
        client.end()
        assert (client.error, client.tag) == (None, "UPDATE 1")


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_sees_no_changes_cannot_wait(gate: Gate, target, level: str) -> None:
    with asking(gate) as client:
        client.connection.execute(f"BEGIN ISOLATION LEVEL {level}")
        client.run("UPDATE waits.things SET note = 'z' WHERE id = 3")
        client.end()
        assert isinstance(client.error, psycopg.errors.InsufficientPrivilege)
        assert "does not see what others change" in str(client.error)
        client.connection.execute("ROLLBACK")
        assert target.execute("SELECT note FROM waits.things WHERE id = 3").fetchone() == ("n",)


def another(desk: ApprovalDesk, before: str) -> str:
    """Return the ticket that is open instead of one that was approved, as soon as there is one."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = [one.id for one in desk.visible_to(DBA) if one.state is TicketState.OPEN and one.id != before]
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError("nobody was asked anew")
