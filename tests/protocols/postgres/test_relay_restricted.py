"""The relay for a principal whom policy restricts, with a real server's bytes: what is judged is what runs."""

from collections.abc import Iterator

import psycopg
import pytest

from protocols.postgres.conversations import Conversation, RealTarget, bind, execute, only_tables, parse, query
from servers.postgres import TestPostgres
from yett.protocols.postgres.codec import SYNC

SCHEMA = """
CREATE TABLE open (n int); INSERT INTO open VALUES (1), (2);
CREATE TABLE secret (n int); INSERT INTO secret VALUES (666);
CREATE SCHEMA other; CREATE TABLE other.open (n int); INSERT INTO other.open VALUES (666);
CREATE VIEW window_on_secret AS SELECT n FROM secret;
"""


@pytest.fixture
def admin(postgres17: TestPostgres) -> Iterator:
    """Return somebody else's connection to a database with something to hide."""
    name = postgres17.create_database("relay_restricted")
    with postgres17.connect(database=name) as connection:
        connection.execute(SCHEMA)
        yield connection
    postgres17.drop_database(name)


@pytest.fixture
def target(postgres17: TestPostgres, admin) -> Iterator[RealTarget]:
    """Return the session's own connection, in plain text."""
    plain = psycopg.connect(postgres17.dsn(database=admin.info.dbname, sslmode="disable"), autocommit=True)
    with RealTarget(plain) as found:
        yield found


def said(talk: Conversation, target: RealTarget, *messages: bytes) -> list[str]:
    """Have the client say something, let everything settle, and return what it was told."""
    target.settle(talk.client_says(*messages))
    shown = talk.shown()
    assert "666" not in "".join(shown)
    return shown


@pytest.fixture
def talk() -> Conversation:
    """Return a conversation in which only `public.open` may be touched."""
    return Conversation(only_tables("public.open"), restricted=True)


ROWS = ["D(1)", "D(2)", "C(SELECT 2)"]


def test_what_is_permitted_comes_by_every_path(talk, target):
    assert said(talk, target, query("SELECT n FROM open"))[1:] == [*ROWS, "Z(I)"]
    assert said(talk, target, parse("SELECT n FROM open"), bind(), execute(), SYNC) == ["1", "2", *ROWS, "Z(I)"]
    assert said(talk, target, query("PREPARE x AS SELECT n FROM open"))[-1] == "Z(I)"
    assert said(talk, target, query("EXECUTE x"))[1:] == [*ROWS, "Z(I)"]
    assert said(talk, target, bind("x"), execute(), SYNC) == ["2", *ROWS, "Z(I)"]
    said(talk, target, query("BEGIN"))
    assert said(talk, target, query("DECLARE c CURSOR FOR SELECT n FROM open"))[-1] == "Z(T)"
    assert said(talk, target, query("FETCH 1 FROM c"))[1:] == ["D(1)", "C(FETCH 1)", "Z(T)"]
    assert said(talk, target, execute("c", 5), SYNC) == ["D(2)", "C(SELECT 1)", "Z(T)"]


@pytest.mark.parametrize("begun", ["", "BEGIN"])
@pytest.mark.parametrize("table", ["secret", "window_on_secret", "other.open"])
def test_what_is_not_is_refused_by_every_path(talk, target, table, begun):
    if begun:
        said(talk, target, query("BEGIN"), query("SAVEPOINT s"))
    for step in (
        (query(f"SELECT n FROM {table}"),),
        (query(f"SELECT n FROM open; SELECT n FROM {table}"),),
        (parse(f"SELECT n FROM {table}"), bind(), execute(), SYNC),
        (query(f"PREPARE y AS SELECT n FROM {table}"),),
        (query(f"DECLARE d CURSOR WITH HOLD FOR SELECT n FROM {table}"),),
        (query(f"COPY {table} TO STDOUT"),),
        (query(f"EXPLAIN ANALYZE SELECT n FROM {table}"),),
        (query(f"CREATE TEMP TABLE t AS SELECT n FROM {table}"),),
    ):
        shown = said(talk, target, *step)
        assert shown[-2:] == ["E(42501)", "Z(E)" if begun else "Z(I)"], step
        if begun:
            said(talk, target, query("ROLLBACK TO s"))


def test_a_pipeline_with_look_ups_in_its_middle_keeps_order_and_transaction(talk, target):
    insert = (parse("INSERT INTO open VALUES (3)"), bind(), execute())
    shown = said(talk, target, *insert, parse("SELECT count(*) FROM open"), bind(), execute(), SYNC)
    assert shown == ["1", "2", "C(INSERT 0 1)", "1", "2", "D(3)", "C(SELECT 1)", "Z(I)"]
    shown = said(talk, target, *insert, parse("SELECT n FROM secret"), bind(), execute(), SYNC)
    assert shown == ["1", "2", "C(INSERT 0 1)", "E(42501)", "Z(I)"]
    assert said(talk, target, query("SELECT count(*) FROM open"))[1] == "D(3)"


def test_a_view_put_in_a_tables_place_is_judged_for_what_it_shows(talk, target, admin):
    steps = parse("SELECT n FROM open", "a"), bind("a"), execute(), SYNC
    assert said(talk, target, *steps)[-2] == "C(SELECT 2)"
    assert said(talk, target, query("PREPARE x AS SELECT n FROM open"))[-1] == "Z(I)"
    admin.execute("ALTER TABLE open RENAME TO was; CREATE VIEW open AS SELECT n FROM secret")
    assert said(talk, target, bind("a"), execute(), SYNC)[-2] in ("E(40001)", "E(42501)")
    for step in ((query("SELECT n FROM open"),), (bind("a"), execute(), SYNC), (query("EXECUTE x"),)):
        assert said(talk, target, *step) == ["E(42501)", "Z(I)"]


def test_a_view_replaced_beside_the_gate_is_judged_again(talk, target, admin):
    admin.execute("CREATE VIEW v AS SELECT n FROM open")
    talk.decide = only_tables("public.open", "public.v")
    assert said(talk, target, query("SELECT n FROM v"))[1:] == [*ROWS, "Z(I)"]
    assert said(talk, target, parse("SELECT n FROM v", "a"), bind("a"), execute(), SYNC)[-1] == "Z(I)"
    admin.execute("CREATE OR REPLACE VIEW v AS SELECT n FROM secret")
    assert said(talk, target, query("SELECT n FROM v")) == ["E(42501)", "Z(I)"]
    assert said(talk, target, bind("a"), execute(), SYNC)[-2][0] == "E"


def test_a_view_replaced_between_prepare_and_execute_of_sql_and_cursors(talk, target, admin):
    admin.execute("CREATE VIEW v AS SELECT n FROM open")
    talk.decide = only_tables("public.open", "public.v")
    said(talk, target, query("PREPARE x AS SELECT n FROM v"))
    admin.execute("CREATE OR REPLACE VIEW v AS SELECT n FROM secret")
    assert said(talk, target, query("EXECUTE x"))[-2][0] == "E"
    assert said(talk, target, query("EXECUTE x")) == ["E(42501)", "Z(I)"]


def test_a_path_that_changes_what_a_prepared_statement_means_is_followed(talk, target):
    said(talk, target, query("PREPARE x AS SELECT n FROM open"), parse("SELECT n FROM open", "a"), SYNC)
    assert said(talk, target, query("SET search_path = other"))[-1] == "Z(I)"
    assert said(talk, target, query("EXECUTE x")) == ["E(42501)", "Z(I)"]
    assert said(talk, target, bind("a"), execute(), SYNC) == ["E(42501)", "Z(I)"]
    assert said(talk, target, query("RESET search_path"), query("EXECUTE x"))[-2] == "C(SELECT 2)"


def test_a_path_set_in_the_same_pipeline_is_waited_for(talk, target):
    shown = said(talk, target, query("SET search_path = other"), query("SELECT n FROM open"))
    assert shown == ["C(SET)", "Z(I)", "E(42501)", "Z(I)"]
    said(talk, target, query("RESET search_path"))
    steps = parse("SET search_path = other"), bind(), execute(), parse("SELECT n FROM open"), bind(), execute(), SYNC
    assert said(talk, target, *steps) == ["1", "2", "C(SET)", "E(42501)", "Z(I)"]
    assert said(talk, target, query("SELECT n FROM open"))[1:] == [*ROWS, "Z(I)"]  # rolled back with its pipeline


def test_a_temporary_table_that_shadows_is_seen(talk, target):
    said(talk, target, query("CREATE TEMP TABLE open (n int)"))
    shown = said(talk, target, query("SELECT n FROM open"))
    assert shown[-1] == "Z(I)"
    assert said(talk, target, query("DISCARD ALL"))[-1] == "Z(I)"
    assert said(talk, target, query("SELECT n FROM open"))[1:] == [*ROWS, "Z(I)"]


def test_prepared_and_dropped_names_are_followed(talk, target):
    said(talk, target, query("PREPARE x AS SELECT n FROM open"), query("DEALLOCATE x"))
    assert said(talk, target, query("EXECUTE x"))[0] == "E(26000)"
    said(talk, target, query("PREPARE x AS SELECT n FROM open"), query("DEALLOCATE ALL"))
    assert said(talk, target, query("EXECUTE x"))[0] == "E(26000)"
    assert said(talk, target, query("SELECT n FROM open"))[1:] == [*ROWS, "Z(I)"]


@pytest.mark.parametrize("runs", ["EXECUTE x", "FETCH 1 FROM c", "EXPLAIN ANALYZE EXECUTE x"])
def test_what_was_prepared_is_not_run_unjudged_among_other_statements(talk, target, runs):
    said(talk, target, query("PREPARE x AS SELECT n FROM open"))
    said(talk, target, query("DECLARE c CURSOR WITH HOLD FOR SELECT n FROM open"))
    talk.decide = only_tables("public.nothing")  # the policy has changed since
    for text in (runs, f"SELECT 1; {runs}", f"{runs}; SELECT 1"):
        assert said(talk, target, query(text)) == ["E(42501)", "Z(I)"], text


@pytest.mark.parametrize("begun", ["", "BEGIN"])
def test_a_text_that_the_server_would_read_otherwise_is_refused_even_if_it_names_nothing(admin, postgres17, begun):
    talk = Conversation(only_tables("public.open"), restricted=True)
    options = "-c standard_conforming_strings=off -c backslash_quote=on"
    dsn = postgres17.dsn(database=admin.info.dbname, sslmode="disable")
    with RealTarget(psycopg.connect(dsn, autocommit=True, options=options)) as target:
        talk.relay.talk.parameters["standard_conforming_strings"] = "off"  # as it was reported at the login
        if begun:
            assert said(talk, target, query("BEGIN")) == ["E(42501)", "Z(I)"]
        # One SELECT of two constants to the grammar; to this server a string, and then a statement of its own.
        two_readings = r"SELECT '\' AS a, ' ; DELETE FROM secret; --'"
        assert said(talk, target, query(two_readings)) == ["E(42501)", "Z(I)"]
    assert admin.execute("SELECT count(*) FROM secret").fetchone() == (1,)


@pytest.mark.parametrize(
    "text", ["EXPLAIN (COSTS OFF) SELECT n FROM open", "COPY open TO STDOUT", "SELECT n FROM open; SELECT 2"]
)
def test_behind_a_query_whose_proof_fails_everything_still_has_its_answer(talk, target, admin, text):
    behind = (query("SELECT 3"), parse("SELECT n FROM open"), bind(), execute(), SYNC, query(text))
    for before in ("SELECT 1", "ALTER TABLE open ADD m int"):
        admin.execute(before)
        said(talk, target, query(text))
        shown = said(talk, target, query(text), *behind)
        assert [one for one in shown if one[0] in "ZE"] == ["Z(I)"] * 4
        assert not talk.relay.talk.line
    admin.execute("ALTER TABLE open ADD k int")
    shown = said(talk, target, query(text), *behind)
    assert [one for one in shown if one[0] in "ZE"] == ["Z(I)"] * 4
    assert not talk.relay.talk.acts


def test_a_proof_that_the_target_skipped_is_prepared_the_next_time(talk, target):
    assert said(talk, target, parse("SELECT n FROM open WHERE n = $1", "s"), SYNC) == ["1", "Z(I)"]
    assert said(talk, target, bind("s", "", "none"), execute(), SYNC) == ["E(22P02)", "Z(I)"]
    assert said(talk, target, bind("s", "", "1"), execute(), SYNC) == ["2", "D(1)", "C(SELECT 1)", "Z(I)"]


def test_names_are_forgotten_after_code_that_nobody_can_look_into_and_kept_after_a_plain_query(target, admin):
    admin.execute("CREATE FUNCTION doubled(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2'")
    admin.execute("CREATE FUNCTION coded(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN $1; END'")
    talk = Conversation(restricted=True)
    assert said(talk, target, query("SELECT doubled(n) FROM open"))[1:] == ["D(2)", "D(4)", "C(SELECT 2)", "Z(I)"]
    assert not talk.names.is_empty
    assert said(talk, target, query("SELECT coded(n) FROM open"))[1:] == [*ROWS, "Z(I)"]
    assert talk.names.is_empty
    assert said(talk, target, query("SELECT doubled(n), coded(n) FROM open"))[-1] == "Z(I)"
    assert talk.names.is_empty
