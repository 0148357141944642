"""DDL and administration: every object that PostgreSQL has is named, with the effect on it."""

import pytest

from protocols.postgres.sql.sql_words import facts, touched

STATEMENTS = [
    # Made
    (
        """CREATE TABLE s.t (id serial PRIMARY KEY, a mine DEFAULT f(1) CHECK (g(a)), b int REFERENCES o (id),
        LIKE other) INHERITS (parent) TABLESPACE fast""",
        "CREATE TABLE",
        [
            "define s.t!",
            "read type mine",
            "execute function f",
            "execute function g",
            "define o",
            "read other",
            "define parent",
            "define tablespace fast",
        ],
    ),
    ("CREATE TEMP TABLE t (a int)", "CREATE TABLE", ["define pg_temp.t!"]),
    ("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2)", "CREATE TABLE", ["define p1!", "define p"]),
    ("CREATE TABLE t OF s.kind", "CREATE TABLE", ["define t!", "read type s.kind"]),
    ("CREATE TABLE t (a int GENERATED ALWAYS AS (f(b)) STORED)", "CREATE TABLE", ["define t!", "execute function f"]),
    ("CREATE FOREIGN TABLE t (a int) SERVER far", "CREATE FOREIGN TABLE", ["define t!", "administer server far"]),
    (
        "CREATE INDEX i ON t (f(a) mine_ops) WHERE g(b)",
        "CREATE INDEX",
        ["define t", "execute function f", "execute function g"],
    ),
    ("CREATE TABLE t (a int) WITH (autovacuum_enabled = off)", "CREATE TABLE", ["define t!"]),
    ("CREATE INDEX i ON t USING gist (a) WITH (buffering = auto)", "CREATE INDEX", ["define t"]),
    ("CREATE SEQUENCE q AS mine", "CREATE SEQUENCE", ["define q!", "read type mine"]),
    ("CREATE SEQUENCE q OWNED BY s.t.id", "CREATE SEQUENCE", ["define q!", "define s.t"]),
    ("ALTER SEQUENCE q OWNED BY NONE", "ALTER SEQUENCE", ["define q"]),
    ("CREATE STATISTICS st ON a, b FROM t", "CREATE STATISTICS", ["define statistics st!", "define t"]),
    (
        "CREATE FUNCTION s.f(a int, OUT b mine) LANGUAGE sql AS 'x'",
        "CREATE FUNCTION",
        ["define function s.f!", "read language sql", "read type mine"],
    ),
    (
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'lib', 'x'",
        "CREATE FUNCTION",
        ["define function f!", "administer language c"],
    ),
    (
        "CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO t SELECT * FROM u; END",
        "CREATE PROCEDURE",
        ["define function p!", "read language sql", "write t", "read u"],
    ),
    (
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (w(new.a)) EXECUTE FUNCTION s.f()",
        "CREATE TRIGGER",
        ["define t", "execute function s.f", "execute function w"],
    ),
    (
        "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM u; NOTIFY c)",
        "CREATE RULE",
        ["define t", "write u", "write channel c"],
    ),
    ("CREATE TYPE s.k AS (a int, b mine)", "CREATE TYPE", ["define type s.k!", "read type mine"]),
    ("CREATE TYPE k AS ENUM ('a')", "CREATE TYPE", ["define type k!"]),
    ("CREATE TYPE k AS RANGE (subtype = float8)", "CREATE TYPE", ["define type k!"]),
    ("CREATE TYPE k (input = f, output = g)", "CREATE TYPE", ["define type k!"]),
    (
        "CREATE DOMAIN d AS mine CHECK (f(value))",
        "CREATE DOMAIN",
        ["define type d!", "read type mine", "execute function f"],
    ),
    ("CREATE AGGREGATE a (int) (sfunc = f, stype = int)", "CREATE AGGREGATE", ["define function a!"]),
    ("CREATE OPERATOR s.=== (procedure = f, leftarg = int)", "CREATE OPERATOR", ["define operator s.===!"]),
    (
        "CREATE CAST (a AS b) WITH FUNCTION f(a)",
        "CREATE CAST",
        ["define type a", "define type b", "execute function f"],
    ),
    ("CREATE COLLATION c (locale = 'C')", "CREATE COLLATION", ["define collation c!"]),
    (
        "CREATE TEXT SEARCH DICTIONARY d (template = simple)",
        "CREATE TEXT SEARCH DICTIONARY",
        ["define text search object d!"],
    ),
    (
        "CREATE CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM f",
        "CREATE CONVERSION",
        ["define conversion c!", "execute function f"],
    ),
    (
        "CREATE OPERATOR CLASS oc FOR TYPE k USING btree AS OPERATOR 1 <",
        "CREATE OPERATOR CLASS",
        ["define operator class oc!", "define type k"],
    ),
    ("CREATE OPERATOR FAMILY of USING btree", "CREATE OPERATOR FAMILY", ["define operator class of!"]),
    (
        "CREATE TRANSFORM FOR k LANGUAGE l (FROM SQL WITH FUNCTION f(internal))",
        "CREATE TRANSFORM",
        ["define type k", "administer language l"],
    ),
    (
        "CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT * FROM t",
        "CREATE SCHEMA",
        ["define schema s!", "define s.t!", "define s.v!", "read t"],
    ),
    ("CREATE SCHEMA AUTHORIZATION bob", "CREATE SCHEMA", ["define schema bob!", "administer role bob"]),
    # Changed
    (
        "ALTER TABLE t ADD COLUMN a mine DEFAULT f(1)",
        "ALTER TABLE",
        ["define t", "read type mine", "execute function f"],
    ),
    ("ALTER TABLE t ALTER a TYPE mine USING f(a)", "ALTER TABLE", ["define t", "read type mine", "execute function f"]),
    ("ALTER TABLE t ATTACH PARTITION p DEFAULT", "ALTER TABLE", ["define t", "define p"]),
    ("ALTER TABLE t INHERIT p", "ALTER TABLE", ["define t", "define p"]),
    (
        "ALTER TABLE t ADD EXCLUDE USING gist (f(a) WITH OPERATOR(s.&&), b WITH =) WHERE (g(c))",
        "ALTER TABLE",
        ["define t", "execute function f", "execute function g", "execute operator s.&&"],
    ),
    ("ALTER TABLE t OWNER TO bob", "ALTER TABLE", ["define t", "administer t"]),
    ("ALTER TABLE t DISABLE ROW LEVEL SECURITY", "ALTER TABLE", ["define t", "administer t"]),
    ("ALTER TABLE t DISABLE TRIGGER ALL", "ALTER TABLE", ["define t"]),
    ("ALTER TABLE s.t RENAME TO u", "ALTER TABLE", ["define s.t"]),
    ("ALTER TABLE t RENAME COLUMN a TO b", "ALTER TABLE", ["define t"]),
    ("ALTER TABLE t SET SCHEMA s", "ALTER TABLE", ["define t", "define schema s"]),
    ("ALTER INDEX i ATTACH PARTITION j", "ALTER INDEX", ["define i", "define j"]),
    ("ALTER VIEW v ALTER a SET DEFAULT 1", "ALTER VIEW", ["define v"]),
    ("ALTER TYPE k ADD ATTRIBUTE a mine", "ALTER TYPE", ["define type k", "read type mine"]),
    ("ALTER TYPE k ADD VALUE 'x'", "ALTER TYPE", ["define type k"]),
    ("ALTER DOMAIN d ADD CHECK (f(value))", "ALTER DOMAIN", ["define type d", "execute function f"]),
    ("ALTER FUNCTION f(int) SECURITY DEFINER", "ALTER FUNCTION", ["define function f"]),
    ("ALTER FUNCTION f(int) OWNER TO bob", "ALTER FUNCTION", ["administer function f"]),
    ("ALTER POLICY p ON t USING (f(a))", "ALTER POLICY", ["administer t", "execute function f"]),
    ("CREATE POLICY p ON t USING (a IN (SELECT i FROM u))", "CREATE POLICY", ["administer t", "read u"]),
    ("ALTER STATISTICS st SET STATISTICS 5", "ALTER STATISTICS", ["define statistics st"]),
    ("COMMENT ON COLUMN s.t.a IS 'x'", "COMMENT", ["define s.t"]),
    ("COMMENT ON FUNCTION f(int) IS 'x'", "COMMENT", ["define function f"]),
    ("SECURITY LABEL ON TABLE t IS 'x'", "SECURITY LABEL", ["administer t"]),
    ("TRUNCATE t, s.u RESTART IDENTITY CASCADE", "TRUNCATE TABLE", ["write t", "write s.u"]),
    # Dropped
    ("DROP TABLE IF EXISTS a, s.b CASCADE", "DROP TABLE", ["define a", "define s.b"]),
    ("DROP VIEW v", "DROP VIEW", ["define v"]),
    ("DROP MATERIALIZED VIEW v", "DROP MATERIALIZED VIEW", ["define v"]),
    ("DROP INDEX CONCURRENTLY s.i", "DROP INDEX", ["define s.i"]),
    ("DROP TRIGGER g ON s.t", "DROP TRIGGER", ["define s.t"]),
    ("DROP RULE r ON t", "DROP RULE", ["define t"]),
    ("DROP POLICY p ON t", "DROP POLICY", ["administer t"]),
    ("DROP FUNCTION f(int), g", "DROP FUNCTION", ["define function f", "define function g"]),
    ("DROP OPERATOR s.+ (int, int)", "DROP OPERATOR", ["define operator s.+"]),
    ("DROP TYPE s.k", "DROP TYPE", ["define type s.k"]),
    ("DROP CAST (a AS b)", "DROP CAST", ["define type a", "define type b"]),
    ("DROP SCHEMA s CASCADE", "DROP SCHEMA", ["define schema s"]),
    ("DROP OWNED BY bob", "DROP OWNED", ["administer role bob"]),
    # Administered
    ("GRANT SELECT ON t TO bob, PUBLIC", "GRANT", ["administer t", "administer role bob", "administer role public"]),
    ("GRANT ALL ON ALL TABLES IN SCHEMA s TO bob", "GRANT", ["administer schema s", "administer role bob"]),
    ("GRANT EXECUTE ON FUNCTION f(int) TO bob", "GRANT", ["administer function f", "administer role bob"]),
    ("REVOKE boss FROM bob", "REVOKE ROLE", ["administer role boss", "administer role bob"]),
    (
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO bob",
        "ALTER DEFAULT PRIVILEGES",
        ["administer everything", "administer role bob"],
    ),
    ("CREATE ROLE bob SUPERUSER", "CREATE ROLE", ["administer role bob!"]),
    ("ALTER USER CURRENT_USER PASSWORD 'x'", "ALTER ROLE", ["administer role current_user"]),
    ("ALTER ROLE ALL SET search_path TO a", "ALTER ROLE", ["administer role *"]),
    ("DROP ROLE bob", "DROP ROLE", ["administer role bob"]),
    ("REASSIGN OWNED BY a TO b", "REASSIGN OWNED", ["administer role a", "administer role b"]),
    ("CREATE DATABASE d", "CREATE DATABASE", ["administer database d!"]),
    ("ALTER DATABASE d SET work_mem = 1", "ALTER DATABASE", ["administer database d"]),
    ("DROP DATABASE d", "DROP DATABASE", ["administer database d"]),
    ("CREATE TABLESPACE x LOCATION '/y'", "CREATE TABLESPACE", ["administer tablespace x!"]),
    ("ALTER SYSTEM SET work_mem = 1", "ALTER SYSTEM", ["administer setting work_mem"]),
    ("ALTER SYSTEM RESET ALL", "ALTER SYSTEM", ["administer setting *"]),
    ("LOAD 'lib'", "LOAD", ["administer file lib"]),
    ("CREATE EXTENSION dblink", "CREATE EXTENSION", ["administer extension dblink!"]),
    ("ALTER EXTENSION e ADD TABLE t", "ALTER EXTENSION", ["administer extension e", "define t"]),
    ("CREATE FOREIGN DATA WRAPPER w", "CREATE FOREIGN DATA WRAPPER", ["administer foreign data wrapper w!"]),
    (
        "CREATE SERVER far FOREIGN DATA WRAPPER w",
        "CREATE SERVER",
        ["administer server far!", "administer foreign data wrapper w"],
    ),
    ("CREATE USER MAPPING FOR bob SERVER far", "CREATE USER MAPPING", ["administer server far", "administer role bob"]),
    (
        "IMPORT FOREIGN SCHEMA a FROM SERVER far INTO b",
        "IMPORT FOREIGN SCHEMA",
        ["administer server far", "define schema b"],
    ),
    (
        "CREATE PUBLICATION p FOR TABLE t WHERE (f(a)), TABLES IN SCHEMA s",
        "CREATE PUBLICATION",
        ["administer publication p!", "read t", "execute function f", "read schema s"],
    ),
    (
        "CREATE SUBSCRIPTION x CONNECTION 'host=evil' PUBLICATION y",
        "CREATE SUBSCRIPTION",
        ["administer subscription x!"],
    ),
    (
        "CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION f()",
        "CREATE EVENT TRIGGER",
        ["administer event trigger e!", "execute function f"],
    ),
    ("CREATE LANGUAGE l HANDLER h", "CREATE LANGUAGE", ["administer language l!"]),
    ("CREATE ACCESS METHOD m TYPE TABLE HANDLER h", "CREATE ACCESS METHOD", ["administer access method m!"]),
    ("VACUUM FULL t", "VACUUM", ["administer t"]),
    ("ANALYZE", "ANALYZE", ["administer everything"]),
    ("CLUSTER t USING i", "CLUSTER", ["administer t"]),
    ("REINDEX TABLE t", "REINDEX", ["administer t"]),
    ("REINDEX DATABASE d", "REINDEX", ["administer everything"]),
    ("CHECKPOINT", "CHECKPOINT", ["administer everything"]),
]

_LEAVE_MEANING = {"COMMENT", "TRUNCATE TABLE", "VACUUM", "ANALYZE", "CLUSTER", "REINDEX", "CHECKPOINT"}


@pytest.mark.parametrize(("text", "kind", "expected"), STATEMENTS, ids=[row[0][:60] for row in STATEMENTS])
def test_a_definition_is_known_by_its_tag_and_by_what_it_touches(text, kind, expected):
    assert facts(text).kind == kind
    assert touched(text) == set(expected)


@pytest.mark.parametrize(("text", "kind"), [row[:2] for row in STATEMENTS])
def test_definitions_stand_between_what_is_said_before_and_after_them(text, kind):
    assert facts(text).changes.defines is (kind not in _LEAVE_MEANING)
    assert facts(text).barrier is (kind not in _LEAVE_MEANING)


def test_temporary_tables_are_told():
    assert facts("CREATE TEMP TABLE t (a int)").changes.creates_temporary
    assert facts("CREATE TABLE pg_temp.t AS SELECT 1").changes.creates_temporary
    assert facts("SELECT 1 AS a INTO TEMP t").changes.creates_temporary
    assert facts("CREATE TEMP VIEW v AS SELECT 1").changes.creates_temporary
    assert facts("CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'x'").changes.creates_temporary
    assert facts("CREATE TYPE pg_temp.k AS ENUM ('a')").changes.creates_temporary
    assert not facts("CREATE TABLE t (a int)").changes.creates_temporary


def test_what_may_be_absent_is_told():
    assert all(touch.ref.optional for touch in facts("DROP TABLE IF EXISTS a, b").touches[1:])
    assert not any(touch.ref.optional for touch in facts("DROP TABLE a").touches)


@pytest.mark.parametrize(
    ("text", "by_itself"),
    [
        ("VACUUM t", True),
        ("ANALYZE t", False),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", True),
        ("CREATE INDEX i ON t (a)", False),
        ("DROP INDEX CONCURRENTLY i", True),
        ("DROP INDEX i", False),
        ("REINDEX TABLE t", True),
        ("CLUSTER t", True),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", True),
        ("ALTER TABLE t DETACH PARTITION p", False),
        ("ALTER SYSTEM SET work_mem = 1", True),
        ("CREATE DATABASE d", True),
        ("ALTER DATABASE d SET work_mem = 1", False),
        ("ALTER DATABASE d SET TABLESPACE s", True),
        ("CREATE TABLE t AS SELECT 1", False),
    ],
)
def test_what_must_be_the_first_act_of_its_transaction_is_told(text, by_itself):
    assert facts(text).by_itself is by_itself
