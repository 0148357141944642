"""The proof, in the same round trip as the act, that names still mean what was judged.

The gate prepares `Assertion.sql` once per session under `Assertion.statement` and executes it between the client's
Bind and Execute: the relations are locked by then, so what the assertion sees is what the act will use. It raises
division_by_zero (22012, no data in its text) unless role, path, relations and their definitions are as judged.

Limits, stated for operators:
* Names are looked up in the current catalogs (`to_regclass`), versions of definitions in the statement's snapshot. Under
  REPEATABLE READ or SERIALIZABLE that is the transaction's first snapshot, so a view, rule, trigger or policy replaced by
  another session *after* that moment, on a relation that keeps its id, is noticed only when the transaction is over.
* A routine is pinned by the version of its own row, not by what it calls; it was opaque (`execute`) anyway.
* Overloads of functions and operators, casts and domain constraints that others make beside the gate are noticed when
  the cache is older than its limit (`NameCache.max_age_seconds`), not by the assertion.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yett.protocols.postgres.catalog.arrays import number_array, text_array
from yett.protocols.postgres.catalog.fragments import FINGERPRINT, qualified
from yett.protocols.postgres.catalog.records import Relation, Routine
from yett.protocols.postgres.catalog.view import SessionView

PLAIN_MAX = 4

_FRAME = "SELECT 1 OPERATOR(pg_catalog./) pg_catalog.int4(({}) IS TRUE)"
_SESSION = "CURRENT_USER =@ $1::!name AND @current_schemas(true) =@ $2::!name[]"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What must still hold: `sql`, prepared once per session as `statement`, executed with these text parameters.

    `oids` are the relations it speaks of, so that the cache can forget them when it fails.
    """

    statement: str
    sql: str
    params: tuple[str, ...]
    oids: tuple[int, ...]


def _plain_sql(count: int) -> str:
    # No sub-select but one index look-up for each relation: measured at 7 to 8 microseconds for one relation.
    each = " AND @to_regclass(${0}::!text)::!oid =@ ${1}::!oid AND (SELECT c.xmin FROM @pg_class c WHERE c.oid =@ ${1}::!oid) =@ ${2}::!xid"
    relations = "".join(each.format(3 + 3 * i, 4 + 3 * i, 5 + 3 * i) for i in range(count))
    return _FRAME.format(qualified(_SESSION + relations))


def _full_sql() -> str:
    names = "SELECT FROM ROWS FROM (@unnest($3::!text[]), @unnest($4::!oid[])) AS r(name, oid) WHERE (COALESCE(@to_regclass(r.name)::!oid, 0::!oid) =@ r.oid) IS NOT TRUE"
    relations = f"SELECT FROM ROWS FROM (@unnest($5::!oid[]), @unnest($6::!text[])) AS r(oid, was) WHERE ({FINGERPRINT} =@ r.was) IS NOT TRUE"
    routines = "SELECT FROM ROWS FROM (@unnest($7::!oid[]), @unnest($8::!text[])) AS r(oid, was) WHERE ((SELECT p.xmin::!text FROM @pg_proc p WHERE p.oid =@ r.oid) =@ r.was) IS NOT TRUE"
    parts = "".join(f" AND NOT EXISTS ({part})" for part in (names, relations, routines))
    return _FRAME.format(qualified(_SESSION + parts))


PLAIN_SQL = tuple(_plain_sql(count) for count in range(1, PLAIN_MAX + 1))
FULL_SQL = _full_sql()


def plain_assertion(view: SessionView, names: Mapping[str, Relation]) -> Assertion:
    """Return the cheap assertion, for one to PLAIN_MAX relations whose pg_class row says all there is to say."""
    relations = tuple(names.items())
    params = [view.role, text_array(view.effective_path)]
    for name, relation in relations:
        params += [name, str(relation.oid), relation.version]
    return Assertion(
        statement=f"yett_assert_plain_{len(relations)}",
        sql=PLAIN_SQL[len(relations) - 1],
        params=tuple(params),
        oids=tuple(relation.oid for _, relation in relations),
    )


def full_assertion(
    view: SessionView,
    names: Mapping[str, int],
    relations: Iterable[Relation],
    routines: Iterable[Routine],
) -> Assertion:
    """Return the assertion of everything: `names` to ids (0: no such relation), definitions, versions of routines."""
    pinned = tuple(relations)
    called = tuple(routines)
    return Assertion(
        statement="yett_assert_full",
        sql=FULL_SQL,
        params=(
            view.role,
            text_array(view.effective_path),
            text_array(names),
            number_array(names.values()),
            number_array(relation.oid for relation in pinned),
            text_array(relation.fingerprint for relation in pinned),
            number_array(routine.oid for routine in called),
            text_array(routine.version for routine in called),
        ),
        oids=tuple({*names.values(), *(relation.oid for relation in pinned)}),
    )


def written(schema: str | None, name: str) -> str:
    """Return a name as `to_regclass` reads it: every part quoted."""
    parts = (name,) if schema is None else (schema, name)
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
