"""What a statement leaves changed in its session is told exactly."""

import pytest

from protocols.postgres.sql.sql_words import facts, touched
from yett.protocols.postgres.sql.facts import SessionChange, SettingChange, TransactionAct
from yett.protocols.postgres.sql.understanding import understand


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("BEGIN", SessionChange(transaction=TransactionAct.BEGIN)),
        ("COMMIT AND CHAIN", SessionChange(transaction=TransactionAct.COMMIT, chain=True)),
        ("ROLLBACK", SessionChange(transaction=TransactionAct.ROLLBACK)),
        ('SAVEPOINT "S"', SessionChange(transaction=TransactionAct.SAVEPOINT, savepoint="S")),
        ("RELEASE s", SessionChange(transaction=TransactionAct.RELEASE, savepoint="s")),
        ("ROLLBACK TO s", SessionChange(transaction=TransactionAct.ROLLBACK_TO, savepoint="s")),
        ("PREPARE TRANSACTION 'g'", SessionChange(transaction=TransactionAct.PREPARE, savepoint="g")),
        ("COMMIT PREPARED 'g'", SessionChange(transaction=TransactionAct.COMMIT_PREPARED, savepoint="g")),
        ("EXECUTE p(1)", SessionChange(executes="p")),
        ("EXPLAIN ANALYZE EXECUTE p(1)", SessionChange(executes="p")),
        ("DEALLOCATE p", SessionChange(deallocates="p")),
        ("DEALLOCATE ALL", SessionChange(deallocates="*")),
        ("FETCH ALL FROM c", SessionChange(fetches="c")),
        ("MOVE 1 IN c", SessionChange(fetches="c")),
        ("CLOSE c", SessionChange(closes="c")),
        ("CLOSE ALL", SessionChange(closes="*")),
        ("LISTEN c", SessionChange(listens="c")),
        ("UNLISTEN c", SessionChange(unlistens="c")),
        ("UNLISTEN *", SessionChange(unlistens="*")),
        ("NOTIFY c", SessionChange(notifies=("c",))),
        ("SELECT pg_notify('c', x) FROM t", SessionChange(notifies=("c",))),
        ("DISCARD ALL", SessionChange(discards="all")),
        ("DISCARD TEMP", SessionChange(discards="temp")),
        ("DO 'x'", SessionChange(opaque=True)),
        ("CALL p()", SessionChange(opaque=True)),
        ("SELECT mine()", SessionChange(opaque=True)),
        ("SELECT query_to_xml('x', true, true, '')", SessionChange(opaque=True)),
        ("SELECT 1", SessionChange()),
        ("INSERT INTO t VALUES (1)", SessionChange()),
    ],
)
def test_a_change_of_the_session_is_told(text, change):
    assert facts(text).changes == change


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ('SET search_path TO a, "B c", \'d\', "$user"', SettingChange("search_path", 'a, "B c", d, "$user"')),
        ("SET search_path = ''", SettingChange("search_path", '""')),
        ("SET LOCAL work_mem = '4MB'", SettingChange("work_mem", "4MB", is_local=True)),
        ("SET work_mem TO 64", SettingChange("work_mem", "64")),
        ("SET a.b TO -1.5", SettingChange("a.b", "-1.5")),
        ("SET standard_conforming_strings = off", SettingChange("standard_conforming_strings", "off")),
        ("SET datestyle = iso, mdy", SettingChange("datestyle", "iso, mdy")),
        ("SET work_mem TO DEFAULT", SettingChange("work_mem", reset=True)),
        ("RESET work_mem", SettingChange("work_mem", reset=True)),
        ("RESET ALL", SettingChange("*", reset=True)),
        ("SET TIME ZONE LOCAL", SettingChange("timezone", reset=True)),
        ("SET TIME ZONE INTERVAL '1' HOUR", SettingChange("timezone")),
        ("SET ROLE boss", SettingChange("role", "boss")),
        ("SET LOCAL ROLE NONE", SettingChange("role", "none", is_local=True)),
        ("SET SESSION AUTHORIZATION DEFAULT", SettingChange("session_authorization", reset=True)),
        ("SET TRANSACTION READ ONLY", SettingChange("transaction_read_only", "on", is_local=True)),
        ("BEGIN READ WRITE", SettingChange("transaction_read_only", "off", is_local=True)),
        ("SET TRANSACTION SNAPSHOT 'x'", SettingChange("transaction_snapshot", "x", is_local=True)),
        (
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            SettingChange("default_transaction_isolation", "repeatable read"),
        ),
        ("SELECT pg_catalog.set_config('search_path', '', false)", SettingChange("search_path", "")),
        ("SELECT set_config('A', 'b', 't')", SettingChange("a", "b", is_local=True)),
        ("SELECT set_config('a', x, true) FROM t", SettingChange("a", None, is_local=True, certain=False)),
        ("SELECT set_config(x, 'b', true) FROM t", SettingChange(None, "b", is_local=True, certain=False)),
        (
            "SELECT set_config(name, 'b', false) FROM pg_settings WHERE name = 'c'",
            SettingChange("c", "b", certain=False),
        ),
        ("SELECT coalesce(set_config('a', 'b', true))", SettingChange("a", "b", is_local=True, certain=False)),
        ("EXPLAIN ANALYZE SELECT set_config('a', 'b', true)", SettingChange("a", "b", is_local=True)),
    ],
)
def test_a_change_of_a_setting_is_told_with_the_value_the_server_would_keep(text, setting):
    assert facts(text).changes.settings == (setting,)


def test_preparing_and_declaring_tell_what_running_would_do():
    prepared = facts("PREPARE p AS DELETE FROM t").changes.prepares
    assert prepared is not None
    assert (prepared.name, prepared.text, prepared.facts.kind) == ("p", "PREPARE p AS DELETE FROM t", "DELETE")
    declared = facts("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM t").changes.declares
    assert declared is not None
    assert (declared.name, declared.hold, declared.facts.kind) == ("c", True, "SELECT")
    assert not facts("DECLARE c CURSOR FOR SELECT 1").changes.declares.hold


def test_explaining_changes_nothing_unless_it_really_runs():
    assert facts("EXPLAIN SELECT set_config('a', 'b', true)").changes.settings == ()
    for runs in ("ANALYZE", "(ANALYZE)", "(ANALYZE on)", "(ANALYZE 1)", "(ANALYZE off, ANALYZE)", "(ANALYSE true)"):
        assert facts(f"EXPLAIN {runs} CREATE TABLE a AS SELECT 1").changes.defines, runs
    for does_not in ("", "(ANALYZE off)", "(ANALYZE false)", "(ANALYZE 0)", "(VERBOSE)"):
        assert not facts(f"EXPLAIN {does_not} CREATE TABLE a AS SELECT 1").changes.defines, does_not


@pytest.mark.parametrize(
    ("text", "barrier"),
    [
        ("SELECT 1", False),
        ("INSERT INTO t VALUES (1)", False),
        ("BEGIN", False),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", False),
        ("SAVEPOINT a", False),
        ("SET statement_timeout = 1", False),
        ("COMMENT ON TABLE t IS 'x'", False),
        ("COMMIT", True),
        ("ROLLBACK", True),
        ("ROLLBACK TO a", True),
        ("SET search_path TO x", True),
        ("SET ROLE x", True),
        ("RESET ALL", True),
        ("DISCARD ALL", True),
        ("SELECT set_config('search_path', 'x', true)", True),
        ("CREATE TABLE t (a int)", True),
        ("SELECT 1 AS a INTO t", True),
        ("CREATE TABLE t AS SELECT 1", True),
        ("DROP VIEW v", True),
        ("DO 'x'", True),
        ("SELECT mine()", True),
        ("PREPARE p AS SELECT 1", True),
        ("EXECUTE p", True),
        ("LOAD 'x'", True),
        ("EXPLAIN ANALYZE SELECT set_config('search_path', 'x', true)", True),
    ],
)
def test_what_may_change_the_meaning_of_later_text_is_a_barrier(text, barrier):
    assert facts(text).barrier is barrier


def test_statements_of_one_text_are_told_apart_with_their_places():
    text = "SELECT 'é;' ;; /* ; */ UPDATE \"ü\" SET a = 1;\n DROP TABLE x -- end"
    found = understand(text).statements
    assert [one.kind for one in found] == ["SELECT", "UPDATE", "DROP TABLE"]
    assert [one.text_of(text).strip() for one in found] == [
        "SELECT 'é;'",
        'UPDATE "ü" SET a = 1',
        "DROP TABLE x -- end",
    ]
    prepares = understand("SELECT 'é'; PREPARE p AS SELECT 2;").statements[1].changes.prepares
    assert prepares.text.strip() == "PREPARE p AS SELECT 2"


@pytest.mark.parametrize("text", ["", ";", " ; ;\n", "-- nothing", "/* nothing */"])
def test_an_empty_query_has_no_statements(text):
    assert understand(text).statements == ()
    assert understand(text).refusal is None


def test_becoming_another_role_in_any_words_is_administering_it():
    for text in (
        "SET ROLE x",
        "SET SESSION ROLE x",
        "SET LOCAL ROLE x",
        "SELECT set_config('ROLE', 'x', false)",
        "SET SESSION AUTHORIZATION x",
        "SET role = x",
        "SET \"role\" TO 'x'",
    ):
        assert touched(text) == {"administer role x"}, text
