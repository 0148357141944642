"""A cheap look at what no assertion can see: routines, operators, casts, checks and comments made beside the gate."""

from yett.protocols.postgres.catalog.fragments import ALIEN, qualified
from yett.protocols.postgres.catalog.queries import CatalogQuery, Rows

# ruff: noqa: S608 - the pieces put together are constants of this room


def _changes(catalog: str, where: str) -> str:
    return f"(SELECT @concat(@count(*), ' ', @sum(w.xmin::!text::!int8)) FROM @{catalog} w WHERE {where})"


def _together(*changes: str) -> str:
    return "@concat(" + ", '/', ".join(changes) + ")"


_OF_LASTING_TABLES = (
    "EXISTS (SELECT FROM @pg_class c WHERE c.oid =@ w.{} AND c.oid " + ALIEN + " AND c.relpersistence <>@ 't'::#)"
)

CODE = _together(
    _changes("pg_proc", f"w.oid {ALIEN}"),
    _changes("pg_operator", f"w.oid {ALIEN}"),
    _changes("pg_cast", f"w.oid {ALIEN}"),
    _changes("pg_constraint", f"w.contypid {ALIEN}"),
    _changes("pg_event_trigger", "true"),
)
"""An expression, not yet `qualified`, for all code that a statement could come to run without naming it.

Its value never comes back: whatever replaces or removes a row comes from a later transaction than all that were there.
"""

ALL_CODE = _together(
    CODE,
    _changes("pg_trigger", _OF_LASTING_TABLES.format("tgrelid")),
    _changes("pg_rewrite", _OF_LASTING_TABLES.format("ev_class")),
    _changes("pg_policy", _OF_LASTING_TABLES.format("polrelid")),
    _changes("pg_attrdef", _OF_LASTING_TABLES.format("adrelid")),
    _changes("pg_constraint", _OF_LASTING_TABLES.format("conrelid")),
)
"""The same with all that tables do by themselves: for what runs code whose tables nobody knows."""

CODE_QUERY = CatalogQuery(
    qualified(f"SELECT {CODE}, {ALL_CODE}, @current_setting('transaction_isolation')"),
    (),
    in_session=True,
    name="yett_code",
)
"""Answers both, and how much of what others do the session's transaction sees."""

SEES_OTHERS = ("read committed", "read uncommitted")

EPOCH_SQL = qualified(
    "SELECT "
    + _together(
        CODE,
        _changes("pg_namespace", "true"),
        _changes("pg_description", f"w.objoid {ALIEN} AND w.classoid =@ 'pg_catalog.pg_class'::!regclass::!oid"),
    )
)

EPOCH_QUERY = CatalogQuery(EPOCH_SQL, (), in_session=False, name="yett_epoch")
"""Asked on the gate's own connection every second or so; `NameCache.observe(epoch_of(rows))` does the rest."""


def epoch_of(rows: Rows) -> str:
    """Return the text that changes with every such definition on the server."""
    return rows[0][0] or ""
