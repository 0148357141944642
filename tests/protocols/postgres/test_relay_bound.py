"""A prepared statement run by one packet is taken as one, and comes to the same as message by message."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from protocols.postgres.conversations import (
    BOUND,
    NO_DATA,
    PARSED,
    Conversation,
    RealTarget,
    allow,
    bind,
    complete,
    described,
    execute,
    only_tables,
    parse,
    query,
    refuse_kinds,
    row,
)
from servers.postgres import TestPostgres
from yett.core.decisions import Decision
from yett.protocols._wire.questions import Inspect
from yett.protocols.postgres.codec import SYNC, describe_portal, error, ready

DESCRIBE = describe_portal(b"")
WHOLE = BOUND + described("n") + row("1") + row("2") + complete("SELECT 2") + ready(b"I")
RUN = bind("s") + DESCRIBE + execute() + SYNC


def prepared(text: str = "SELECT n FROM open", decide: Callable[[Inspect], Decision] = allow) -> Conversation:
    """Return a conversation that has prepared a statement."""
    talk = Conversation(decide)
    talk.client_says(parse(text, "s"), SYNC).target_says(PARSED, ready(b"I"))
    talk.sent()
    talk.shown()
    return talk


def test_the_packet_goes_on_as_it_came_and_so_does_its_answer():
    talk = prepared().client_says(RUN)
    assert b"".join(talk.sent()) == RUN
    talk.target_says(WHOLE)
    assert talk.shown_bytes() == WHOLE
    assert talk.statuses()[3] == "done"
    outcome = talk.outcomes[-1]
    assert (outcome.tag, outcome.rows, outcome.bytes_out) == ("SELECT 2", 2, len(row("1") + row("2")))


@pytest.mark.parametrize("size", [1, 7, 33])
def test_an_answer_in_pieces_comes_to_the_same(size):
    at_once, in_pieces = prepared().client_says(RUN).target_says(WHOLE), prepared().client_says(RUN)
    for at in range(0, len(WHOLE), size):
        in_pieces.target_says(WHOLE[at : at + size])
    assert in_pieces.shown_bytes() == at_once.shown_bytes() == WHOLE
    one, other = at_once.outcomes[-1], in_pieces.outcomes[-1]
    assert (one.tag, one.rows, one.bytes_out, one.digest, one.answer) == (
        other.tag,
        other.rows,
        other.bytes_out,
        other.digest,
        other.answer,
    )


def test_messages_one_by_one_come_to_the_same():
    talk = prepared()
    for message in (bind("s"), DESCRIBE, execute(), SYNC):
        talk.client_says(message)
    assert talk.target_says(WHOLE).shown_bytes() == WHOLE
    assert talk.statuses()[3] == "done"


def test_what_returns_no_rows_and_what_was_not_described():
    talk = prepared("INSERT INTO open VALUES (1)").client_says(RUN)
    answer = BOUND + NO_DATA + complete("INSERT 0 1") + ready(b"I")
    assert talk.target_says(answer).shown_bytes() == answer
    talk.client_says(bind("s"), execute(), SYNC)
    answer = BOUND + complete("INSERT 0 1") + ready(b"I")
    assert talk.target_says(answer).shown_bytes() == answer
    assert list(talk.statuses().values()) == ["done", "done", "done"]


def test_a_refusal_takes_the_packets_place():
    talk = prepared(decide=_refused_when_run).client_says(RUN)
    assert talk.sent_kinds() == "PS"
    talk.target_says(error("42601", "syntax error"), ready(b"I"))
    assert talk.shown() == ["E(42501)", "Z(I)"]


def _refused_when_run(question: Inspect) -> Decision:
    return refuse_kinds(question.operation.kind if question.kind == "execute" else "nothing")(question)


def test_an_error_ends_it_and_the_portal_is_as_before():
    talk = prepared().client_says(query("BEGIN")).target_says(complete("BEGIN"), ready(b"T"))
    talk.client_says(RUN).target_says(WHOLE[:-1] + b"T")
    kept = talk.relay.talk.names.portals[b""]
    talk.client_says(RUN).target_says(error("26000", "no such statement"), ready(b"E"))
    assert talk.shown()[-2:] == ["E(26000)", "Z(E)"]
    assert talk.relay.talk.names.portals[b""] is kept
    assert [talk.statuses()[number] for number in (4, 5)] == ["done", "failed"]


def test_what_comes_behind_it_waits_for_its_turn() -> None:
    talk = prepared().client_says(RUN).client_says(RUN).client_says(query("SELECT 1"))
    talk.target_says(WHOLE, WHOLE[:20])
    talk.target_says(WHOLE[20:], described("n"), row("3"), complete("SELECT 1"), ready(b"I"))
    shown = ["2", "T", "D(1)", "D(2)", "C(SELECT 2)", "Z(I)"]
    assert talk.shown() == [*shown, *shown, "T", "D(3)", "C(SELECT 1)", "Z(I)"]


@pytest.fixture
def target(postgres17: TestPostgres) -> Iterator[RealTarget]:
    """Return a connection to a real server, in plain text, to a database with two tables."""
    name = postgres17.create_database("relay_bound")
    with postgres17.connect(database=name) as connection:
        connection.execute("CREATE TABLE open (n int); INSERT INTO open VALUES (1), (2); CREATE TABLE other (n int)")
    plain = psycopg.connect(postgres17.dsn(database=name, sslmode="disable"), autocommit=True)
    with RealTarget(plain) as found:
        yield found
    postgres17.drop_database(name)


def said(talk: Conversation, target: RealTarget, *messages: bytes) -> list[str]:
    """Have the client say something, let everything settle, and return what it was told."""
    target.settle(talk.client_says(*messages))
    return talk.shown()


ROWS = ["2", "T", "D(1)", "D(2)", "C(SELECT 2)"]


@pytest.fixture
def talk(target) -> Conversation:
    """Return a restricted conversation that has run its prepared statement once, so that its proof is prepared."""
    talk = Conversation(only_tables("public.open"), restricted=True)
    assert said(talk, target, parse("SELECT n FROM open", "s"), SYNC) == ["1", "Z(I)"]
    assert said(talk, target, RUN) == [*ROWS, "Z(I)"]
    return talk


def test_a_restricted_run_has_its_proof_behind_its_locks_and_nobody_sees_it(talk, target):
    assert len(talk.client_says(RUN).relay.talk.line) == 1
    assert said(talk, target) == [*ROWS, "Z(I)"]
    assert said(talk, target, query("BEGIN"))[-1] == "Z(T)"
    for _ in range(3):
        assert said(talk, target, RUN) == [*ROWS, "Z(T)"]
    assert said(talk, target, query("COMMIT"))[-1] == "Z(I)"
    assert set(talk.statuses().values()) == {"done"}


def test_a_restricted_run_of_something_that_has_changed_fails_and_is_judged_anew(talk, target, postgres17):
    with postgres17.connect(database="relay_bound") as admin:
        admin.execute("ALTER TABLE open ADD m int")
    assert said(talk, target, RUN) == ["2", "E(40001)", "Z(I)"]
    assert said(talk, target, RUN)[-2:] == ["C(SELECT 2)", "Z(I)"]


def test_a_restricted_run_that_fails_says_why_and_the_next_one_runs(talk, target):
    assert said(talk, target, parse("SELECT 1/(n-1) FROM open", "z"), SYNC) == ["1", "Z(I)"]
    fails = bind("z") + DESCRIBE + execute() + SYNC
    assert said(talk, target, fails)[-2:] == ["E(22012)", "Z(I)"]
    assert said(talk, target, fails)[-2:] == ["E(22012)", "Z(I)"]
    assert said(talk, target, RUN) == [*ROWS, "Z(I)"]


def test_what_was_cancelled_says_so_in_the_record() -> None:
    talk = prepared().client_says(RUN).target_says(BOUND, described("n"), error("57014", "canceling"), ready(b"I"))
    talk.client_says(query("SELECT 1")).target_says(error("57014", "canceling"), ready(b"I"))
    assert [talk.statuses()[number] for number in (3, 4)] == ["cancelled", "cancelled"]
