"""Finding out what a held statement would touch costs its client nothing: no answer, transaction or place in line."""

import os
import socket
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from e2e.conftest import direct_route
from e2e.gates import Gate
from e2e.held import DBA, Asking, asked, asking, becomes, counting_gate, foreseen, until, waiting
from e2e.raw import sign_in
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.core.approvals import TicketState
from yett.protocols.postgres import codec

SCHEMA = """
CREATE TABLE plain (id int PRIMARY KEY, n int, note text);
INSERT INTO plain SELECT i, i % 10, 'n' FROM generate_series(1, 1000) i;
ANALYZE plain;
"""
SLOW = "DELETE FROM plain WHERE id IN (SELECT a.id FROM plain a, plain b, plain c WHERE a.n + b.n = -1 - c.n)"
COUNTING = """
SELECT pid FROM pg_stat_activity
WHERE state = 'active' AND query LIKE '%count(*) FROM%plain c%' AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate whose policy holds every write, and whose flow has rows counted."""
    with counting_gate(filled(17), authority, "ahead", SCHEMA, "60s") as found:
        yield found


def counting(gate: Gate) -> int:
    """Return the backend that counts for a reviewer, as soon as one does."""
    with direct_route(gate.server, "ahead").connect() as watcher:
        found: list[tuple[int]] = []
        assert until(lambda: found or found.extend(watcher.execute(COUNTING).fetchall())), "nobody counts"
        return found[0][0]


def end(gate: Gate, backend: int) -> None:
    """End a backend as an administrator would."""
    with direct_route(gate.server, "ahead").connect() as watcher:
        watcher.execute("SELECT pg_terminate_backend(%s)", (backend,))


def lives(client: Asking) -> bool:
    return client.connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cancel_ends_the_counting_too(gate, desk):
    with asking(gate) as client:
        client.run(SLOW)
        ticket = asked(desk)
        counting(gate)
        begun = time.monotonic()
        client.connection.cancel_safe()
        client.end()
        assert isinstance(client.error, psycopg.errors.QueryCanceled)
        assert time.monotonic() - begun < 2
        assert becomes(desk, ticket, TicketState.WITHDRAWN)
        assert lives(client)


def test_a_client_that_leaves_meanwhile_finds_its_ticket_again(gate, desk):
    client = Asking(gate)
    client.run(SLOW)
    ticket = asked(desk)
    backend = counting(gate)
    with socket.socket(fileno=os.dup(client.connection.fileno())) as its_socket:
        its_socket.shutdown(socket.SHUT_RDWR)
    end(gate, backend)
    client.thread.join(10)
    with asking(gate) as again:
        again.run(SLOW)
        assert until(lambda: again.told)
        assert ticket.id in again.told[0]
        desk.decide(ticket.id, DBA, False, "too slow")
        again.end()
        assert "too slow" in str(again.error)
        assert lives(again)


def test_an_answer_that_comes_meanwhile_counts(gate, desk):
    with asking(gate) as client:
        client.run(SLOW)
        ticket = asked(desk)
        counting(gate)
        desk.decide(ticket.id, DBA, False, "no need to count")
        client.end()
        assert "no need to count" in str(client.error)
        assert lives(client)


def test_a_target_that_dies_meanwhile_ends_the_session_and_not_the_ticket(gate, desk):
    with asking(gate) as client:
        client.run(SLOW)
        ticket = asked(desk)
        end(gate, counting(gate))
        client.end()
        assert isinstance(client.error, psycopg.OperationalError)
        assert desk.get(ticket.id).state is TicketState.OPEN
        desk.withdraw(ticket.id, "test")


def test_a_failed_look_ahead_leaves_transaction_cursors_and_savepoints_as_they_were(gate, desk):
    with direct_route(gate.server, "ahead").connect() as other, asking(gate) as client:
        connection = client.connection
        connection.execute("SELECT count(*) FROM plain WHERE id < 5")
        connection.execute("BEGIN")
        connection.execute("SAVEPOINT yett_aside")
        connection.execute("DECLARE c CURSOR FOR SELECT i FROM generate_series(1, 9) i")
        assert connection.execute("FETCH 2 FROM c").fetchall() == [(1,), (2,)]
        other.execute("BEGIN")
        other.execute("LOCK TABLE plain IN ACCESS EXCLUSIVE MODE")
        client.run("UPDATE plain SET note = 'c' WHERE id = 3")
        ticket, plan, _ = foreseen(desk)
        assert plan == "no plan: something has locked what it reads"
        other.execute("ROLLBACK")
        desk.decide(ticket.id, DBA, True)
        client.end()
        assert client.tag == "UPDATE 1"
        assert connection.execute("FETCH 2 FROM c").fetchall() == [(3,), (4,)]
        connection.execute("ROLLBACK TO SAVEPOINT yett_aside")
        assert connection.execute("COMMIT").statusmessage == "COMMIT"
        assert other.execute("SELECT note FROM plain WHERE id = 3").fetchone() == ("n",)


def test_a_statement_prepared_for_any_values_is_planned_with_those_it_has(gate, desk):
    with asking(gate) as client:
        for number in range(3):
            cursor = client.connection.cursor()
            client.connection.prepare_threshold = 0
            client.run("DELETE FROM plain WHERE id = %s AND n = %s", (990 + number, number))
            ticket, plan, rows = foreseen(desk)
            assert "plain_pkey" in plan
            assert rows.startswith("1,")
            desk.decide(ticket.id, DBA, True)
            client.end()
            assert client.tag == "DELETE 1"
            cursor.close()


def test_what_fails_at_the_target_while_it_waits_asks_nobody_any_more(gate, desk):
    with asking(gate) as client:
        client.run("UPDATE plain SET n = 'no number' WHERE id = %s", (7,))
        client.thread.join(10)
        assert isinstance(client.error, psycopg.errors.InvalidTextRepresentation), client.error
        assert lives(client)
        assert until(lambda: not waiting(desk))


def test_what_ran_before_it_in_a_pipeline_is_undone_with_it(gate, desk):
    made = (
        codec.parse(b"", b"CREATE TABLE early (id int)"),
        codec.bind_text(b"", b"", ()),
        codec.execute(b""),
        codec.close_portal(b""),
    )
    held = (
        codec.parse(b"", b"UPDATE plain SET note = 'late' WHERE id = 20"),
        codec.bind_text(b"", b"", ()),
        codec.execute(b""),
        codec.SYNC,
    )
    with sign_in(gate.route("wil", "writers")) as peer:
        peer.say(*made, *held)
        ticket, plan, _ = foreseen(desk)
        assert plan == "no plan: other statements of the same pipeline ran before it"
        assert ticket.asked.in_transaction
        desk.decide(ticket.id, DBA, False, "late")
        heard = peer.hear()
        assert [kind for kind, _ in heard if kind not in b"NS"][-2:] == [b"E", b"Z"]
    with direct_route(gate.server, "ahead").connect() as watcher:
        assert watcher.execute("SELECT to_regclass('early')").fetchone() == (None,)


def test_what_comes_behind_it_in_a_pipeline_keeps_its_place(gate, desk):
    with asking(gate) as client, client.connection.pipeline():
        client.run("UPDATE plain SET note = %s WHERE id = %s", ("first", 21))
        ticket, _, rows = foreseen(desk)
        assert rows.startswith("1,")
        behind = client.connection.execute("SELECT note FROM plain WHERE id = %s", (21,))
        desk.decide(ticket.id, DBA, True)
        client.end()
        assert behind.fetchone() == ("first",)


def test_a_gate_that_drains_meanwhile_lets_the_counting_end(gate, desk):
    with asking(gate) as client:
        client.run(SLOW)
        ticket = asked(desk)
        counting(gate)
        begun = time.monotonic()
        gate.restart()
        assert time.monotonic() - begun < 15
        client.end()
        assert client.error is not None
        assert desk.get(ticket.id).state is TicketState.OPEN
        desk.withdraw(ticket.id, "test")
