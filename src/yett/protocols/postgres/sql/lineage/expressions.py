"""All other expressions: constants, CASE, COALESCE, rows, arrays, JSON and XML; and the table of all of them."""

# ruff: noqa: ARG001 - all handlers share one signature

from itertools import accumulate

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage import kinds
from yett.protocols.postgres.sql.lineage.calls import call, opaque_call
from yett.protocols.postgres.sql.lineage.columns import column, expanded, indirection
from yett.protocols.postgres.sql.lineage.documents import DOCUMENTS
from yett.protocols.postgres.sql.lineage.kinds import INT4, LITERAL, TEXT, UNTYPED
from yett.protocols.postgres.sql.lineage.mixing import computed, mix, number_size, row
from yett.protocols.postgres.sql.lineage.operations import (
    are_comparable,
    boolean,
    cast,
    collate,
    compared,
    is_builtin,
    null_test,
    operation,
    test,
)
from yett.protocols.postgres.sql.lineage.scopes import Scope
from yett.protocols.postgres.sql.lineage.state import Expression, State
from yett.protocols.postgres.sql.lineage.sublinks import sublink
from yett.protocols.postgres.sql.lineage.values import (
    MAY_FAIL,
    NOTHING,
    PARAMETER_VALUE,
    SIZE_MAX,
    UNBOUNDED,
    Value,
    literal,
)

_INTEGER = literal(INT4)
_BOOLEAN = literal(kinds.BOOL)
_SESSION = {"SVFOP_CURRENT_DATE": kinds.DATE, "SVFOP_CURRENT_TIMESTAMP": kinds.TIMESTAMPTZ}


def _constant(state: State, body: Node, scope: Scope) -> Value:
    if "sval" in body:
        text = body["sval"].get("sval", "")
        return literal(LITERAL, max(64, len(text) * 4))
    if "ival" in body:
        return _INTEGER
    if "boolval" in body:
        return _BOOLEAN
    if "fval" in body:
        return literal(kinds.NUMERIC, number_size(body))
    return NOTHING if body.get("isnull") else literal(1560, max(64, len(str(body))))


def _parameter(state: State, body: Node, scope: Scope) -> Value:
    if not state.called:
        return PARAMETER_VALUE
    args = state.called[-1][1]
    number = body.get("number", 0)
    return args[number - 1] if 0 < number <= len(args) else state.unknown()


def _of_the_session(state: State, body: Node, scope: Scope) -> Value:
    return literal(_SESSION.get(body.get("op", ""), kinds.NAME if "_USER" in body.get("op", "") else UNTYPED))


def _case(state: State, body: Node, scope: Scope) -> Value:
    """A result is computed only where the conditions before it say so, and so is a later condition."""
    subject = [state.expression(body["arg"], scope)] if "arg" in body else []
    if subject and not is_builtin(state, ("=",), 2):
        return opaque_call(state, [*subject, *_all_parts(state, body, scope)])
    decided: list[Value] = list(subject)
    # What was decided so far, as one: a list for each of them grows with the square of their number.
    before = mix(decided)
    results: list[Value] = []
    lazy: list[tuple[Value, list[Value]]] = []
    for node in body.get("args", []):
        when = node["CaseWhen"]
        condition = state.expression(when["expr"], scope)
        if subject:
            condition = compared(state, [subject[0], condition])
        lazy.append((condition, [before]))
        decided.append(condition)
        before = mix([before, condition])
        results.append(state.expression(when["result"], scope))
        lazy.append((results[-1], [before]))
    if "defresult" in body:
        results.append(state.expression(body["defresult"], scope))
        lazy.append((results[-1], [before]))
    return state.lazily(_one_of(results, decided), lazy)


def _all_parts(state: State, body: Node, scope: Scope) -> list[Value]:
    whens = [node["CaseWhen"] for node in body.get("args", [])]
    nodes = [when[part] for when in whens for part in ("expr", "result")]
    return state.expressions([*nodes, *([body["defresult"]] if "defresult" in body else [])], scope)


def _one_of(results: list[Value], conditions: list[Value]) -> Value:
    kind, safe = kinds.common(value.type for value in results)
    rows = [value for value in results if value.fields is not None]
    size = max((value.size for value in results), default=64)
    mixed = mix(results, kind, total=safe and not rows, size=size)
    return mix([mixed, *conditions], kind, size=size)


def _coalesce(state: State, body: Node, scope: Scope) -> Value:
    values = state.expressions(body.get("args", []), scope)
    made = _one_of(values, [])
    if all(value.steady for value in values) and all(map(state.known.shows_null, made.sources)):
        made = computed(made, steady=True)
    before = accumulate(values, lambda one, other: mix([one, other]), initial=mix([]))
    return state.lazily(made, ((value, [decided]) for value, decided in zip(values, before, strict=False)))


def _extreme(state: State, body: Node, scope: Scope) -> Value:
    values = state.expressions(body.get("args", []), scope)
    sortable = all(are_comparable(values[0], value) for value in values)
    made = mix(values, collated=True, total=sortable)
    return mix([made, _one_of(values, [])], _one_of(values, []).type, size=max(value.size for value in values))


def _array(state: State, body: Node, scope: Scope) -> Value:
    values = state.expressions(body.get("elements", []), scope)
    kind, safe = kinds.common(value.type for value in values)
    if kind in kinds.CONSTANTS:
        kind = TEXT
    size = sum(value.size for value in values) + 64
    array = kinds.ARRAYS.get(kind, UNTYPED)
    steady = all(value.steady for value in values)
    total = safe and array != UNTYPED and size <= SIZE_MAX
    return mix(values, array, total=total, size=size, steady=steady)


def _row(state: State, body: Node, scope: Scope) -> Value:
    fields: list[tuple[str, Value]] = []
    for node in body.get("args", []):
        several = expanded(state, node, scope)
        if several is not None and several[1] is not None:
            return mix([value for _, value in several[0]] + [several[1]], size=UNBOUNDED)
        values = [value for _, value in several[0]] if several else [state.expression(node, scope)]
        fields += [(f"f{len(fields) + at}", value) for at, value in enumerate(values, 1)]
    return row(fields)


def _inside(state: State, body: Node, scope: Scope) -> Value:
    """What only wraps another expression."""
    return state.expression(body["arg"], scope)


def _grouping(state: State, body: Node, scope: Scope) -> Value:
    """It says which columns a row is grouped by, nothing of what they hold."""
    state.expressions(body.get("args", []), scope)
    return _INTEGER


def _merge_action(state: State, body: Node, scope: Scope) -> Value:
    return literal(TEXT)


def _default(state: State, body: Node, scope: Scope) -> Value:
    """A column's default has an expression of its own, which the statement's text does not show."""
    return Value(failing=MAY_FAIL)


EXPRESSIONS: dict[str, Expression] = {
    "A_ArrayExpr": _array,
    "A_Const": _constant,
    "A_Expr": operation,
    "A_Indirection": indirection,
    "BoolExpr": boolean,
    "BooleanTest": test,
    "CaseExpr": _case,
    "CoalesceExpr": _coalesce,
    "CollateClause": collate,
    "ColumnRef": column,
    "FuncCall": call,
    "GroupingFunc": _grouping,
    "MergeSupportFunc": _merge_action,
    "MinMaxExpr": _extreme,
    "NamedArgExpr": _inside,
    "NullTest": null_test,
    "ParamRef": _parameter,
    "RowExpr": _row,
    "SQLValueFunction": _of_the_session,
    "SetToDefault": _default,
    "SubLink": sublink,
    "TypeCast": cast,
    **DOCUMENTS,
}
