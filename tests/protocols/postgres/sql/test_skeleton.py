"""Two statements have one skeleton if they differ in values alone."""

import time

import pytest

from yett.protocols.postgres.sql.skeleton import TEXT_CHARS_MAX, skeletons

ALIKE = [
    ("SELECT name FROM t WHERE id = 1", "select  name\nfrom t -- all of it\nwhere id = 4711"),
    ("SELECT name FROM t WHERE a = 'x'", "SELECT name FROM t WHERE a = E'it''s' "),
    ("SELECT 1 FROM t WHERE a = 12.5 AND b", "SELECT 1 FROM t WHERE a = 99999999999999 AND b"),
    ("SELECT 1 FROM t WHERE a > -1", "SELECT 1 FROM t WHERE a > 1"),
    ("SELECT a FROM t WHERE d > date '2025-01-01'", "SELECT a FROM t WHERE d > date '2026-02-03'"),
    ("SELECT a FROM t WHERE d > now() - interval '1 day'", "SELECT a FROM t WHERE d > now() - interval '9 hours'"),
    ("SELECT a FROM t WHERE s = 'new'::state", "SELECT a FROM t WHERE s = 'done'::state"),
    ("SELECT a FROM t WHERE id IN (1)", "SELECT a FROM t WHERE id IN (1, 2, 3)"),
    ("SELECT a FROM t WHERE id IN ($1) AND b = $2", "SELECT a FROM t WHERE id IN ($1, $2) AND b = $3"),
    ("SELECT a FROM t WHERE id = ANY (ARRAY[1])", "SELECT a FROM t WHERE id = ANY (ARRAY[1, 2])"),
    ("SELECT a FROM t LIMIT 10 OFFSET 5", "SELECT a FROM t LIMIT 99 OFFSET 0"),
    ("SELECT a FROM t WHERE id = 5", "SELECT a FROM t WHERE id = $1"),
    ("SELECT a FROM t WHERE a LIKE 'a%'", "SELECT a FROM t WHERE a LIKE '%z'"),
    ("SELECT a FROM t ORDER BY v <-> '[1,2]'", "SELECT a FROM t ORDER BY v <-> '[3,4]'"),
    ("INSERT INTO t (a, b) VALUES (1, 'x')", "INSERT INTO t (a, b) VALUES (2, 'y'), (3, 'z')"),
    ("INSERT INTO t (a) VALUES (true)", "INSERT INTO t (a) VALUES (NULL)"),
    ("UPDATE t SET a = 1, b = false WHERE id = 2", "UPDATE t SET a = 7, b = true WHERE id = 9"),
    ("DELETE FROM t WHERE a = 1", "DELETE FROM t WHERE a = 2"),
    ("SELECT f(1), a FROM t", "SELECT f(2), a FROM t"),
    ("SELECT lower('A'), a FROM t", "SELECT lower('B'), a FROM t"),
    ("CALL close_year(2025)", "CALL close_year(2026)"),
    ("EXPLAIN SELECT a FROM t WHERE id = 1", "EXPLAIN SELECT a FROM t WHERE id = 2"),
    ("COPY (SELECT a FROM t WHERE id = 1) TO STDOUT", "COPY (SELECT a FROM t WHERE id = 2) TO STDOUT"),
    ("PREPARE x AS SELECT a FROM t WHERE id = 1", "PREPARE y AS SELECT a FROM t WHERE id = 2"),
    ("DECLARE c1 CURSOR FOR SELECT a FROM t LIMIT 1", "DECLARE c2 CURSOR FOR SELECT a FROM t LIMIT 2"),
    ("FETCH 10 FROM c1", "FETCH 99 FROM c2"),
    ("SAVEPOINT a", "SAVEPOINT b"),
    (
        "MERGE INTO t USING u ON t.id = u.id WHEN MATCHED AND u.a = 1 THEN UPDATE SET a = 2",
        "MERGE INTO t USING u ON t.id = u.id WHEN MATCHED AND u.a = 3 THEN UPDATE SET a = 4",
    ),
    ("SELECT CASE WHEN a = 1 THEN 'x' ELSE 'y' END FROM t", "SELECT CASE WHEN a = 2 THEN 'z' ELSE 'q' END FROM t"),
]
APART = [
    ("SELECT name FROM t WHERE id = 1", "SELECT email FROM t WHERE id = 1"),
    ("SELECT name FROM t WHERE id = 1", "SELECT name FROM t"),
    ("SELECT name FROM t WHERE id = 1", "SELECT name FROM t WHERE id <> 1"),
    ("SELECT name FROM t WHERE id = 1", "SELECT name FROM t WHERE id = 1 OR 1 = 1"),
    ("SELECT name FROM t WHERE id = 1 OR 1 = 0", "SELECT name FROM t WHERE id = 1 OR 1 = 1"),
    ("SELECT name FROM t WHERE id = 1 OR false", "SELECT name FROM t WHERE id = 1 OR true"),
    ("DELETE FROM t WHERE false", "DELETE FROM t WHERE true"),
    ("SELECT a FROM t JOIN u ON false", "SELECT a FROM t JOIN u ON true"),
    ("SELECT name FROM t", "SELECT name FROM u"),
    ("SELECT name FROM t", "SELECT name FROM s.t"),
    ("SELECT name FROM t", "SELECT DISTINCT name FROM t"),
    ("SELECT a, b FROM t ORDER BY 1", "SELECT a, b FROM t ORDER BY 2"),
    ("SELECT a, count(*) FROM t GROUP BY 1", "SELECT a, count(*) FROM t GROUP BY 2"),
    ("SELECT nextval('a')", "SELECT nextval('b')"),
    ("SELECT 'a'::regclass", "SELECT 'b'::regclass"),
    ("SELECT run_text('a')", "SELECT run_text('b')"),
    ("SELECT doc ->> 'name' FROM t", "SELECT doc ->> 'salary' FROM t"),
    ("SELECT doc #> '{a,b}' FROM t", "SELECT doc #> '{a,c}' FROM t"),
    ("INSERT INTO t (a, b) VALUES (1, 2)", "INSERT INTO t (a, c) VALUES (1, 2)"),
    ("INSERT INTO t VALUES (1, 2)", "INSERT INTO t VALUES (1, 2, 3)"),
    ("UPDATE t SET a = 1", "UPDATE t SET b = 1"),
    ("SET role = 'a'", "SET role = 'b'"),
    ("SET ROLE a", "SET ROLE b"),
    ("DO 'begin end'", "DO 'begin perform 1; end'"),
    ("ALTER TABLE t ADD CHECK (a > 1)", "ALTER TABLE t ADD CHECK (a > 2)"),
    ("CREATE INDEX ON t (f(1))", "CREATE INDEX ON t (f(2))"),
    ("SELECT a FROM t1", "SELECT a FROM t2"),
    ("SELECT x.a FROM t x, u y", "SELECT y.a FROM t x, u y"),
    ("FETCH FORWARD 1 FROM c", "FETCH BACKWARD 1 FROM c"),
    ("NOTIFY a", "NOTIFY b"),
    ("SELECT a[1] FROM t", "SELECT a[2] FROM t"),
]


def digests(text):
    found = skeletons(text)
    assert found
    return [one.digest for one in found]


@pytest.mark.parametrize(("one", "other"), ALIKE, ids=[one for one, _ in ALIKE])
def test_what_differs_in_values_alone_is_alike(one, other):
    assert digests(one) == digests(other)
    assert skeletons(one)[0].naming == frozenset()


@pytest.mark.parametrize(("one", "other"), APART, ids=[other for _, other in APART])
def test_whatever_else_differs_is_told_apart(one, other):
    assert digests(one) != digests(other)


def test_parameters_that_may_name_something_are_known():
    (one,) = skeletons("SELECT nextval($1), lower($2), run_text($3), a FROM t WHERE id = $4 AND $5 = $6 LIMIT $7")
    assert one.naming == {1, 3, 5, 6}


def test_names_by_which_one_statement_stands_for_another_are_known():
    found = skeletons("PREPARE a AS SELECT 1; DECLARE b CURSOR FOR SELECT 2; EXECUTE a; FETCH b")
    assert [(one.prepares, one.declares, one.executes, one.fetches) for one in found] == [
        ("a", "", "", ""),
        ("", "b", "", ""),
        ("", "", "a", ""),
        ("", "", "", "b"),
    ]


@pytest.mark.parametrize(
    "text",
    ["", "SELEC 1", "SELECT '" + "x" * TEXT_CHARS_MAX + "'", "SELECT " + "(" * 900 + "1" + ")" * 900 + " + 1" * 3_000],
    ids=["empty", "no sentence", "long", "deep"],
)
def test_what_cannot_be_walked_has_no_skeleton(text):
    assert skeletons(text) == ()


def test_a_long_chain_is_walked_in_little_time_or_not_at_all():
    began = time.perf_counter()
    skeletons("SELECT " + " + ".join(["a"] * 200))
    skeletons("SELECT a WHERE " + " AND ".join(["(a = 1 AND (b = 2 OR c))"] * 600))
    skeletons("SELECT a WHERE id IN (" + ", ".join(["1"] * 5_000) + ")")
    assert time.perf_counter() - began < 5
