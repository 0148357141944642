"""A cheap look at what no assertion can see: routines, operators, casts, checks and comments made beside the gate."""

from yett.protocols.postgres.catalog.fragments import ALIEN, qualified
from yett.protocols.postgres.catalog.queries import CatalogQuery, Rows

# ruff: noqa: S608 - the pieces put together are constants of this room


def _changes(catalog: str, where: str) -> str:
    return f"(SELECT @concat(@count(*), ' ', @sum(w.xmin::!text::!int8)) FROM @{catalog} w WHERE {where})"


EPOCH_SQL = qualified(
    "SELECT @concat("
    + ", '/', ".join(
        (
            _changes("pg_proc", f"w.oid {ALIEN}"),
            _changes("pg_operator", f"w.oid {ALIEN}"),
            _changes("pg_cast", f"w.oid {ALIEN}"),
            _changes("pg_constraint", f"w.contypid {ALIEN}"),
            _changes("pg_event_trigger", "true"),
            _changes("pg_namespace", "true"),
            _changes("pg_description", f"w.objoid {ALIEN} AND w.classoid =@ 'pg_catalog.pg_class'::!regclass::!oid"),
        )
    )
    + ")"
)

EPOCH_QUERY = CatalogQuery(EPOCH_SQL, (), in_session=False, name="yett_epoch")
"""Asked on the gate's own connection every second or so; `NameCache.observe(epoch_of(rows))` does the rest."""


def epoch_of(rows: Rows) -> str:
    """Return the text that changes with every such definition on the server."""
    return rows[0][0] or ""
