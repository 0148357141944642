"""The SELECT in a statement's place: the same rows, or none at all."""

import pytest

from yett.protocols.postgres.sql.finding import Finding, finding_of

COUNT_OF_A_JOIN = (
    'SELECT pg_catalog.count(*) FROM ( SELECT DISTINCT "t".tableoid, "t".ctid FROM t , u, (SELECT 1) v'
    " WHERE t.id = u.id ) yett"
)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("statement", "select", "count"),
    [
        (
            "UPDATE t SET a = 1 WHERE id = 7",
            "SELECT FROM t WHERE id = 7",
            "SELECT pg_catalog.count(*) FROM t WHERE id = 7",
        ),
        ("update only public.t as x set a = 1;", "SELECT FROM ONLY public.t as x", ""),
        (
            "UPDATE t SET a = b IS DISTINCT FROM c FROM u, (SELECT 1) v WHERE t.id = u.id RETURNING *",
            "SELECT FROM t , u, (SELECT 1) v WHERE t.id = u.id",
            COUNT_OF_A_JOIN,
        ),
        ("UPDATE t SET a = 'x WHERE y' /* WHERE z */ WHERE \"set\" = $2 -- RETURNING\n", "", ""),
        ("UPDATE t AS set SET a = 1 WHERE b", "SELECT FROM t AS set WHERE b", ""),
        ("DELETE FROM t", "SELECT FROM t", "SELECT pg_catalog.count(*) FROM t"),
        ("DELETE FROM ONLY t USING u JOIN v USING (n) WHERE t.id = u.id", "", ""),
        ("WITH x AS (SELECT 1 n) DELETE FROM t USING x WHERE id = n", "", ""),
        ("WITH update AS (SELECT 1 n) UPDATE t SET a = n FROM update", "", ""),
        ("DELETE FROM t WHERE a = $tag$ WHERE $tag$ AND b = E'\\'' RETURNING a", "", ""),
        ("DELETE FROM t WHERE \u00e9 = '\u00e9'", "SELECT FROM t WHERE \u00e9 = '\u00e9'", ""),
    ],
)
def test_what_an_update_or_delete_would_touch_is_found_and_counted(statement, select, count):
    found = finding_of(statement)
    assert isinstance(found, Finding), found
    assert found.count
    if select:
        assert flat(found.text) == select
    if count:
        assert flat(found.count) == count


def test_an_insert_and_a_select_are_planned_and_not_counted():
    found = finding_of("WITH x AS (SELECT 1 n) INSERT INTO t (a) SELECT n FROM x ON CONFLICT DO NOTHING RETURNING a")
    assert isinstance(found, Finding)
    assert (flat(found.text), found.count) == ("WITH x AS (SELECT 1 n) SELECT n FROM x", "")
    found = finding_of("SELECT a FROM t WHERE b = $1")
    assert isinstance(found, Finding)
    assert (found.text, found.count, found.parameters) == ("SELECT a FROM t WHERE b = $1", "", {1})


def test_parameters_of_conditions_are_told_from_those_that_are_written():
    found = finding_of("UPDATE t SET a = $1, b = $2 WHERE c = $2 AND d = $3")
    assert isinstance(found, Finding)
    assert (found.parameters, found.shared) == ({2, 3}, {2})


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("INSERT INTO t VALUES (1), (2)", "2 rows"),
        ("INSERT INTO t DEFAULT VALUES", "one row"),
        ("UPDATE t SET a = 1 WHERE CURRENT OF c", "cursor"),
        ("SELECT 1 FROM t FOR UPDATE", "locks rows"),
        ("DELETE FROM t WHERE id IN (SELECT id FROM u FOR SHARE)", "locks rows"),
        ("WITH x AS (DELETE FROM u RETURNING id) DELETE FROM t USING x WHERE t.id = x.id", "writes within"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("DROP TABLE t", "plans nothing"),
        ("MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE", "plans nothing"),
        ("SELECT a INTO u FROM t", "reads no rows"),
        ("DELETE FROM t WHERE a IN (" + "1," * 9000 + "1)", "too long"),
        ("not sql", "cannot be read"),
    ],
)
def test_what_has_no_such_select_says_why(statement, why):
    found = finding_of(statement)
    assert isinstance(found, str)
    assert why in found


def test_a_condition_that_differs_each_time_is_not_counted():
    found = finding_of("DELETE FROM t WHERE random() < 0.5")
    assert isinstance(found, Finding)
    assert (found.count, found.uncounted) == ("", "its condition gives another answer each time")
