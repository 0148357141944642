"""The proof, in the same round trip as the act, that names still mean what was judged.

The gate prepares `Assertion.sql` once per session under `Assertion.statement` and executes it between the client's
Bind and Execute: the relations are locked by then, so what the assertion sees is what the act will use. It raises
division_by_zero (22012, no data in its text) unless role, path, relations and their definitions are as judged.

Measured on PostgreSQL 15 and 17, processor time of the backend for each execution: one ordinary table read 9 to 10 us,
two 13, one table written 25, a view over two tables 54.

It speaks of names, not of plans: a prepared statement or cursor keeps the meaning of its Parse (PREPARE, DECLARE) when
a name is shadowed later in a schema that was in the path already. Whoever runs one must judge what was resolved then
*and* what is resolved now; `Assertion.oids` differ where the two do.

Limits, stated for operators:
* Names are looked up in the current catalogs (`to_regclass`), definitions in the statement's snapshot. Under
  REPEATABLE READ or SERIALIZABLE that is the transaction's first snapshot: a view, rule, trigger or policy replaced by
  another session *after* that moment, on a relation that keeps its id, is noticed only once the transaction is over.
* A routine is pinned by the version of its own row, not by what it calls; it was opaque (`execute`) anyway. What waits
  for a person is asserted `with_code`.
* Overloads of functions and operators, casts and domain constraints that others make beside the gate are noticed when
  the cache is older than its limit (`NameCache.max_age_seconds`), not by the assertion; so are triggers on a single
  partition that is written through its parent.
* A whole schema renamed in the place of another between Bind and the assertion, and renamed back, is not noticed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from yett.protocols.postgres.catalog.arrays import number_array, text_array
from yett.protocols.postgres.catalog.epoch import ALL_CODE, CODE
from yett.protocols.postgres.catalog.fragments import COLUMNS_VERSION, fingerprint, qualified, shape
from yett.protocols.postgres.catalog.records import Relation, Routine
from yett.protocols.postgres.catalog.view import SessionView

EXACT_MAX = 4

_BEFORE, _BEHIND = "SELECT 1 OPERATOR(pg_catalog./) pg_catalog.int4((", ") IS TRUE)"
_FRAME = _BEFORE + "{}" + _BEHIND
_SESSION = "CURRENT_USER =@ $1::!name AND @current_schemas(true) =@ $2::!name[]"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What must still hold: `sql`, prepared once per session as `statement`, executed with these text parameters.

    `oids` are the relations it speaks of: named ones and, where they are asserted too, those reached through them.
    """

    statement: str
    sql: str
    params: tuple[str, ...]
    oids: tuple[int, ...]


@cache
def _exact_sql(count: int, definition: str) -> str:
    # A fixed number of relations and no routines: no arrays to unpack, one index look-up for each catalog concerned.
    each = " AND @to_regclass(${0}::!text)::!oid =@ ${1}::!oid AND " + definition
    relations = "".join(each.format(3 + 3 * i, 4 + 3 * i, 5 + 3 * i) for i in range(count))
    return _FRAME.format(qualified(_SESSION + relations))


def _full_sql() -> str:
    columns = "SELECT FROM ROWS FROM (@unnest(${}::!{}[]), @unnest(${}::!{}[])) AS r({}) WHERE ({}) IS NOT TRUE"
    parts = (
        columns.format(3, "text", 4, "oid", "name, oid", "COALESCE(@to_regclass(r.name)::!oid, 0::!oid) =@ r.oid"),
        columns.format(5, "oid", 6, "text", "oid, was", f"{fingerprint('r.oid')} =@ r.was"),
        columns.format(
            7, "oid", 8, "text", "oid, was", "(SELECT p.xmin::!text FROM @pg_proc p WHERE p.oid =@ r.oid) =@ r.was"
        ),
        columns.format(9, "oid", 10, "text", "oid, was", f"{COLUMNS_VERSION.format('r.oid')} =@ r.was"),
    )
    return _FRAME.format(qualified(_SESSION + "".join(f" AND NOT EXISTS ({part})" for part in parts)))


_COLUMNS_FOLLOW = "/columns "


_ROW = f"(SELECT {shape('c')} FROM @pg_class c WHERE c.oid =@ ${{1}}::!oid) =@ ${{2}}::!text"  # noqa: S608 - constants of this room
_ROW_AND_COLUMNS = (
    f"(SELECT @concat({shape('c')}, '{_COLUMNS_FOLLOW}', {COLUMNS_VERSION.format('c.oid')})"  # noqa: S608 - as above
    " FROM @pg_class c WHERE c.oid =@ ${1}::!oid) =@ ${2}::!text"
)
FULL_SQL = _full_sql()
NO_COLUMNS: Mapping[int, str] = {}


def plain_assertion(
    view: SessionView, names: Mapping[str, Relation], columns: Mapping[int, str] = NO_COLUMNS
) -> Assertion:
    """Return the cheapest assertion, for up to EXACT_MAX relations of which the row in pg_class says all there is.

    Where `columns` are given (versions by relation), no column may have changed either.
    """
    relations = names.values()
    if not columns:
        return _exact(view, names, _ROW, "plain", [relation.shape for relation in relations])
    was = [f"{relation.shape}{_COLUMNS_FOLLOW}{columns.get(relation.oid, '')}" for relation in relations]
    return _exact(view, names, _ROW_AND_COLUMNS, "plain_columns", was)


def whole_assertion(view: SessionView, names: Mapping[str, Relation]) -> Assertion:
    """Return the assertion for up to EXACT_MAX relations by all that is known of them, and nothing besides them."""
    triggers = any("triggers" in relation.flags for relation in names.values())
    rules = any("rules" in relation.flags for relation in names.values())
    definition = fingerprint("${1}::!oid", triggers=triggers, rules=rules) + " =@ ${2}::!text"
    word = "whole" + "_triggers" * triggers + "_rules" * rules
    return _exact(view, names, definition, word, [relation.fingerprint for relation in names.values()])


def full_assertion(
    view: SessionView,
    names: Mapping[str, int],
    relations: Iterable[Relation],
    routines: Iterable[Routine],
    columns: Mapping[int, str] = NO_COLUMNS,
) -> Assertion:
    """Return the assertion of everything: `names` to ids (0: no such relation), definitions, versions of routines.

    `columns` are the versions of the columns of those relations whose columns may not have changed.
    """
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
            number_array(columns),
            text_array(columns.values()),
        ),
        oids=tuple({*names.values(), *(relation.oid for relation in pinned)}),
    )


def with_code(assertion: Assertion | None, code: str, *, everything: bool) -> Assertion:
    """Return an assertion that says, beside what `assertion` does, that no code was made, replaced or removed since.

    `code` is what `epoch.CODE` was, or with `everything` `epoch.ALL_CODE`.
    """
    sql, params, oids = (
        (assertion.sql, assertion.params, assertion.oids) if assertion else (_FRAME.format("true"), (), ())
    )
    condition = sql.removeprefix(_BEFORE).removesuffix(_BEHIND)
    same = f"{ALL_CODE if everything else CODE} =@ ${len(params) + 1}::!text"
    return Assertion(
        statement=f"{assertion.statement if assertion else 'yett_assert'}_{'all_code' if everything else 'code'}",
        sql=_FRAME.format(f"{condition} AND {qualified(same)}"),
        params=(*params, code),
        oids=oids,
    )


def _exact(view: SessionView, names: Mapping[str, Relation], definition: str, word: str, was: list[str]) -> Assertion:
    params = [view.role, text_array(view.effective_path)]
    for (name, relation), version in zip(names.items(), was, strict=True):
        params += [name, str(relation.oid), version]
    return Assertion(
        statement=f"yett_assert_{word}_{len(names)}",
        sql=_exact_sql(len(names), definition),
        params=tuple(params),
        oids=tuple(relation.oid for relation in names.values()),
    )


def written(schema: str | None, name: str) -> str:
    """Return a name as `to_regclass` reads it: every part quoted."""
    parts = (name,) if schema is None else (schema, name)
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
