"""Calls of functions: what goes in comes out, and shapes rows where it is aggregated in an order or under a filter."""

from functools import cache
from typing import Final

from msgspec import structs

from yett.core.targets import Effect
from yett.protocols.postgres.sql.catalog_names import PLAIN_FUNCTION_WORDS
from yett.protocols.postgres.sql.functions import HARMLESS_VOLATILE, builtin_acts
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.aggregates import AGGREGATES, tells_order
from yett.protocols.postgres.sql.lineage.kinds import CONSTANTS, INT8, SORTABLE, TEXTS
from yett.protocols.postgres.sql.lineage.known import SqlFunction
from yett.protocols.postgres.sql.lineage.mixing import given, mix
from yett.protocols.postgres.sql.lineage.scopes import Item, Rows, Scope, merged
from yett.protocols.postgres.sql.lineage.sensitive import counts
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.lineage.totals import TOTAL
from yett.protocols.postgres.sql.lineage.values import HAS_EFFECTS, MAY_FAIL, UNBOUNDED, Value, literal
from yett.protocols.postgres.sql.names import strings
from yett.protocols.postgres.sql.refs import RefKind

_SET_RETURNING_WORDS = (
    "unnest generate_series generate_subscripts regexp_matches regexp_split_to_table string_to_table"
    " json_array_elements json_array_elements_text jsonb_array_elements jsonb_array_elements_text json_each"
    " json_each_text jsonb_each jsonb_each_text json_object_keys jsonb_object_keys jsonb_path_query"
    " jsonb_path_query_tz json_populate_recordset jsonb_populate_recordset json_to_recordset jsonb_to_recordset"
    " ts_parse ts_token_type ts_stat ts_debug"
)
_CALLS_DEEP_MAX = 8
_SET_RETURNING: Final = frozenset(_SET_RETURNING_WORDS.split())

_SEQUENCES: Final = frozenset(["nextval", "setval", "currval", "pg_sequence_last_value", "pg_get_sequence_data"])
_HOLD_DATA: Final = frozenset([RefKind.RESOURCE, RefKind.RELATION, RefKind.LARGE_OBJECT, RefKind.FILE])


@cache
def _plain() -> frozenset[str]:
    return frozenset(PLAIN_FUNCTION_WORDS.split()) - HARMLESS_VOLATILE


def call(state: State, body: Node, scope: Scope) -> Value:
    """Return the value of a FuncCall."""
    nodes = body.get("args", [])
    args = [state.expression(node, scope) for node in nodes]
    ordered = sort_keys(state, body.get("agg_order", []), scope)
    if "agg_filter" in body:
        state.shape(state.expression(body["agg_filter"], scope))
    if "over" in body:
        window(state, body["over"], scope)
    parts = strings(body.get("funcname", []))
    aggregated(state, parts[-1], args, body, scope)
    if body.get("func_variadic") or body.get("agg_within_group"):
        return _called(state, parts, [*args, *ordered], None, scope)
    return _called(state, parts, args, nodes, scope, distinct=bool(body.get("agg_distinct")))


def aggregated(state: State, name: str, args: list[Value], body: Node, scope: Scope) -> None:
    """Record what a call, if it is an aggregate's or a window's, tells of the order in which rows came.

    An aggregate of nothing but what stands further out is one of that query's rows.
    """
    distinct = bool(body.get("agg_distinct"))
    if distinct and _is_of(body, scope):
        state.sorted += args
    elif distinct:
        for value in args:
            state.shape(value)
    if "over" in body:
        state.lists_rows = True
    elif tells_order(name, args, distinct=distinct):
        state.lists_rows = True
        state.leaves_traces = state.leaves_traces or not _is_of(body, scope)


def _is_of(node: object, scope: Scope) -> bool:
    """Say whether an expression names anything of this very level."""
    if isinstance(node, list):
        return any(_is_of(one, scope) for one in node)
    if not isinstance(node, dict) or "SubLink" in node:
        return False
    fields = node["ColumnRef"].get("fields", []) if "ColumnRef" in node else []
    if not fields or "String" not in fields[0]:
        return any(_is_of(one, scope) for one in node.values())
    names = strings([field for field in fields if "String" in field])
    column = scope.column(names[0], outside=False) if len(fields) == 1 else None
    table = names if len(names) < len(fields) or len(fields) == 1 else names[:-1]
    return (column is not None and column[1] is not None) or scope.named(table) is not None


def call_named(state: State, parts: tuple[str, ...], args: list[Value], scope: Scope) -> Value:
    """Return what the function (or cast) of this name makes of values."""
    return _called(state, parts, args, None, scope)


def _called(  # noqa: PLR0913 (what a call is)
    state: State,
    parts: tuple[str, ...],
    args: list[Value],
    nodes: list[Node] | None,
    scope: Scope,
    *,
    distinct: bool = False,
) -> Value:
    schema, name = (parts[-2] if len(parts) > 1 else None), parts[-1]
    if schema == "information_schema" and state.known.is_builtin_function(schema, name, len(args)):
        return _of_information_schema(state, name, args)
    if not is_own(state, parts, len(args)):
        function = state.known.sql_function(schema, name, len(args)) if nodes is not None else None
        return opaque_call(state, args) if function is None else _looked_into(state, function, args)
    if name == "count" and not distinct and len(args) == 1 and shows_null(state, args[0]):
        return literal(INT8)
    if name in _SET_RETURNING:
        for value in args:
            state.shape(value)
    made = _vouched(name, args, nodes, scope, distinct=distinct) if nodes is not None else None
    if made is not None:
        return made
    state.makes_rows = state.makes_rows or may_return_set(name)
    made = mix(args, total=False, failing=MAY_FAIL, size=UNBOUNDED)
    if name not in _plain():
        made = mix([made], failing=HAS_EFFECTS, size=UNBOUNDED)
        state.risk(made)
        state.leaves_traces = True
    return opaque_call(state, args) if _shows_data(name) else made


def is_own(state: State, parts: tuple[str, ...], arity: int) -> bool:
    """Say whether a function is PostgreSQL's own."""
    schema = parts[-2] if len(parts) > 1 else None
    return schema in (None, "pg_catalog") and state.known.is_builtin_function(schema, parts[-1], arity)


def may_return_set(name: str) -> bool:
    """Say whether a function of PostgreSQL's own may make several rows of one, or none."""
    return name in _SET_RETURNING or not (name in TOTAL or name in AGGREGATES or name in _plain())


def shows_null(state: State, value: Value) -> bool:
    """Say whether it tells nothing whether a value is NULL: a whole column's, whose mask shows as much."""
    base = value.verbatim
    whole = base is not None and value.sources == {base} and not (value.opaque or value.risky or value.failing)
    return whole and base is not None and state.known.shows_null(base)


def _looked_into(state: State, function: SqlFunction, args: list[Value]) -> Value:
    """Return what a SQL function makes of its arguments: what its query does, with them in its parameters' place."""
    if len(state.called) >= _CALLS_DEEP_MAX or any(oid == function.oid for oid, _ in state.called):
        return opaque_call(state, args)
    parameters = tuple((name, value) for name, value in zip(function.parameters, args, strict=True) if name)
    scope = Scope(None, [Item(function.name, Rows(parameters))])
    state.called.append((function.oid, args))
    try:
        rows = state.query(function.query, Scope(scope))
    finally:
        state.called.pop()
    made = rows.columns[0][1] if len(rows.columns) == 1 and rows.more is None else merged(rows)
    # It answers with one row of however many; what its query makes may have to be made another type.
    plain = made.type in TEXTS and function.returns in TEXTS
    return mix([made], made.type if plain else 0, total=plain, failing=HAS_EFFECTS, size=UNBOUNDED)


def _of_information_schema(state: State, name: str, args: list[Value]) -> Value:
    """Return what a function of information_schema makes: it computes, and looks into the catalog at most."""
    made = mix(args, total=False, failing=MAY_FAIL, size=UNBOUNDED)
    if name != "_pg_expandarray":
        return made
    for value in args:
        state.shape(value)
    return structs.replace(made, fields=(("x", made), ("n", made)))


def _shows_data(name: str) -> bool:
    """Say whether PostgreSQL's own function reads tables, files, large objects, counters or other sessions."""
    if name in _SEQUENCES:
        return False
    if name.startswith("cursor_to_xml") or counts(name):
        return True
    return any(
        act.opaque or act.effect is Effect.ADMINISTER or act.on in _HOLD_DATA for act in builtin_acts(name) or ()
    )


def _vouched(name: str, args: list[Value], nodes: list[Node], scope: Scope, *, distinct: bool) -> Value | None:
    aggregate = AGGREGATES.get(name)
    if aggregate is not None:
        made = aggregate(args, nodes, scope.multiplied(args))
        if made is not None and name in ("max", "min") and args[0].steady and not scope.multiplied():
            # The value of one of its rows; who cannot multiply them cannot make many groups of the same ones.
            made = structs.replace(made, steady=True)
        if made is None or not distinct:
            return made
        return made if all(value.type in SORTABLE or value.type in CONSTANTS for value in args) else None
    rule = TOTAL.get(name)
    made = None if rule is None or any("NamedArgExpr" in node for node in nodes) else rule(args, nodes)
    return None if made is None else given(made, args)


def opaque_call(state: State, args: list[Value]) -> Value:
    """Return what code that cannot be seen through makes of values; it runs whether that is used or not."""
    made = mix(args, total=False, failing=HAS_EFFECTS, size=UNBOUNDED)
    state.risk(made)
    state.leaves_traces = state.makes_rows = True
    return Value(made.sources, None, made.risky, True, made.opaque_risky, HAS_EFFECTS, size=UNBOUNDED)


def window(state: State, body: Node, scope: Scope) -> None:
    """Record that a window's clauses shape rows."""
    state.shape_all(body.get("partitionClause", []), scope)
    sort_keys(state, body.get("orderClause", []), scope)
    state.shape_all((body[side] for side in ("startOffset", "endOffset") if side in body), scope)


def sort_keys(state: State, nodes: list[Node], scope: Scope) -> list[Value]:
    """Return the values of an ORDER BY's keys, which shape rows."""
    keys = []
    for node in nodes:
        sort = node["SortBy"]
        keys.append(state.expression(sort["node"], scope))
        state.shape(keys[-1])
        sort_operator(state, sort)
    return keys


def sort_operator(state: State, sort: Node) -> None:
    """Record that rows are ordered by code that cannot be seen through, if so."""
    if "useOp" in sort:
        parts = strings(sort["useOp"])
        schema = parts[-2] if len(parts) > 1 else None
        if schema not in (None, "pg_catalog") or not state.known.is_builtin_operator(schema, parts[-1], 2):
            state.opaque_shaping = True
