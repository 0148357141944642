"""Proves that planning a query of some relations runs nothing but PostgreSQL's own code.

The planner evaluates constant parts of index expressions, checks and partition bounds, asks index and table access
methods for costs, and foreign data wrappers for theirs. What a statement itself calls is known from its accesses; this
is what hangs on its relations and their partitions, down to the last one.
"""

# ruff: noqa: S608 - the pieces put together are constants of this room

from functools import cache

from yett.protocols.postgres.catalog.fragments import ALIEN, qualified


@cache
def planned_by_itself_sql() -> str:
    """Return the query (parameter: the relations' ids as oid[]) that fails with 22012 where other code might run."""
    index = f"""EXISTS (SELECT FROM @pg_index x JOIN @pg_class k ON k.oid =@ x.indexrelid
  WHERE x.indrelid =@ c.oid AND (k.relam {ALIEN} OR {_calls("pg_class", "k.oid")}
    OR EXISTS (SELECT FROM @unnest(x.indclass::!oid[]) AS o(oid) WHERE o.oid {ALIEN})))"""
    check = (
        f"""EXISTS (SELECT FROM @pg_constraint k WHERE k.conrelid =@ c.oid AND {_calls("pg_constraint", "k.oid")})"""
    )
    statistics = f"""EXISTS (SELECT FROM @pg_statistic_ext k
  WHERE k.stxrelid =@ c.oid AND {_calls("pg_statistic_ext", "k.oid")})"""
    partitioning = f"""EXISTS (SELECT FROM @pg_partitioned_table k, @unnest(k.partclass::!oid[]) AS o(oid)
  WHERE k.partrelid =@ c.oid AND o.oid {ALIEN})"""
    alien = " OR ".join(
        (
            "c.relkind =@ 'f'::#",
            f"c.relam {ALIEN}",
            _calls("pg_class", "c.oid"),
            index,
            check,
            statistics,
            partitioning,
        )
    )
    return qualified(
        f"""WITH RECURSIVE near(oid) AS (
  SELECT s.oid FROM @unnest($1::!oid[]) AS s(oid)
  UNION SELECT i.inhrelid FROM @pg_inherits i JOIN near n ON i.inhparent =@ n.oid)
SELECT 1 OPERATOR(pg_catalog./) @int4(NOT EXISTS (
  SELECT FROM near n JOIN @pg_class c ON c.oid =@ n.oid WHERE {alien}))"""
    )


def _calls(catalog: str, oid: str) -> str:
    """Return the condition that something depends on a function or operator that is not PostgreSQL's own."""
    return f"""EXISTS (SELECT FROM @pg_depend d WHERE d.classid =@ 'pg_catalog.{catalog}'::!regclass::!oid
  AND d.objid =@ {oid} AND d.refobjid {ALIEN} AND d.refclassid =@ ANY (
    ARRAY['pg_catalog.pg_proc'::!regclass::!oid, 'pg_catalog.pg_operator'::!regclass::!oid]))"""
