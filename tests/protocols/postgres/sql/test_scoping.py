"""Names of WITH queries are never taken for tables, nor tables for WITH queries, whatever hides what."""

import pytest

from protocols.postgres.sql.sql_words import touched


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WITH t AS (SELECT * FROM t) SELECT * FROM t", {"read t"}),
        ("WITH t AS (SELECT 1) SELECT * FROM t", set()),
        ("WITH t AS (SELECT 1) SELECT * FROM s.t", {"read s.t"}),
        ("WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT * FROM t) SELECT * FROM t", set()),
        ("WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b", {"read b"}),
        ("WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b", set()),
        ("WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b", set()),
        ("SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) x, t", {"read t"}),
        ("WITH t AS (SELECT 1) SELECT (SELECT count(*) FROM t WHERE EXISTS (SELECT 1 FROM t)) FROM u", {"read u"}),
        ("WITH t AS (SELECT 1) SELECT 1 UNION SELECT * FROM t", set()),
        ("SELECT * FROM t UNION (WITH t AS (SELECT 1) SELECT * FROM t)", {"read t"}),
        ("WITH t AS (SELECT 1) INSERT INTO t SELECT * FROM t", {"write t"}),
        ("WITH t AS (SELECT 1) UPDATE t SET a = 1", {"write t"}),
        ("WITH t AS (SELECT 1) DELETE FROM u USING t", {"write u", "read u"}),
        ("WITH t AS (INSERT INTO u VALUES (1) RETURNING *) SELECT * FROM t, v", {"write u", "read u", "read v"}),
        ("WITH t AS (WITH t AS (SELECT * FROM t) SELECT * FROM t) SELECT * FROM t", {"read t"}),
        ('WITH "T" AS (SELECT 1) SELECT * FROM t', {"read t"}),
        ("WITH t AS (SELECT 1) SELECT * FROM t, real FOR UPDATE", {"read real", "write real"}),
        ("WITH t AS (SELECT 1) MERGE INTO u USING t ON true WHEN MATCHED THEN DELETE", {"write u", "read u"}),
        ("CREATE VIEW v AS WITH t AS (SELECT * FROM a) SELECT * FROM t", {"define v!", "read a"}),
        ("EXPLAIN ANALYZE WITH t AS (DELETE FROM a RETURNING 1) SELECT * FROM t", {"write a", "read a"}),
        ("COPY (WITH t AS (SELECT * FROM a) SELECT * FROM t) TO STDOUT", {"read a"}),
    ],
)
def test_with_names_hide_tables_only_where_they_are_visible(text, expected):
    assert touched(text) == expected
