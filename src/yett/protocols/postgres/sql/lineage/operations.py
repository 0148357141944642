"""Operators: comparisons, patterns, concatenation, tests, casts; what they compare comes out as one derived value."""

from collections.abc import Sequence
from typing import Final

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage import kinds
from yett.protocols.postgres.sql.lineage.calls import opaque_call, shows_null
from yett.protocols.postgres.sql.lineage.kinds import BOOL, JSONB, TEXT, UNTYPED, comparable
from yett.protocols.postgres.sql.lineage.mixing import given, may_be_loose, mix, number_size
from yett.protocols.postgres.sql.lineage.scopes import Scope
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.lineage.totals import joined, steadily_printed
from yett.protocols.postgres.sql.lineage.values import MAY_FAIL, NEVER, UNBOUNDED, Value, literal
from yett.protocols.postgres.sql.names import constant, strings

_COMPARISONS: Final = frozenset(["=", "<>", "<", "<=", ">", ">="])
_CAST_EARLY: Final = kinds.EXACT | kinds.FLOATS | kinds.TEXTS | {BOOL}
_FAILING_MAX = 50  # more sides of one AND or OR than that are not told apart
_LIKE: Final = frozenset(["~~", "!~~", "~~*", "!~~*"])
_JSON_STEPS: Final = {"->": JSONB, "->>": TEXT}
_JSON_TESTS: Final = frozenset(["?", "@>", "<@"])
_JSON_OPERANDS: Final = kinds.CONSTANTS | kinds.TEXTS | {kinds.INT4, JSONB}
_LISTED: Final = frozenset(
    ["AEXPR_IN", "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN", "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM"]
)


def operation(state: State, body: Node, scope: Scope) -> Value:
    """Return the value of an A_Expr."""
    kind = body.get("kind", "")
    if kind in _LISTED:
        return _listed(state, kind, body, scope)
    nodes = [body[side] for side in ("lexpr", "rexpr") if side in body]
    values = [state.expression(node, scope) for node in nodes]
    name = _operator(state, strings(body.get("name", [])), len(values))
    if name is None:
        return opaque_call(state, values)
    if kind in ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT"):
        return compared(state, values)
    if kind == "AEXPR_NULLIF":
        return _nullif(state, values)
    if kind in ("AEXPR_OP_ANY", "AEXPR_OP_ALL"):
        return _with_array(name, values)
    return _operated(state, name, values, nodes)


def _nullif(state: State, values: list[Value]) -> Value:
    """NULLIF compares in one type; of a constant that type is the other side's, and nothing is read as it runs."""
    left, right = (TEXT if value.type == kinds.LITERAL else value.type for value in values)
    if values[0].type == kinds.LITERAL:
        left = right
    known = left == right or values[1].type == kinds.LITERAL or {left, right} <= kinds.TEXTS
    kind = left if known and kinds.PARAMETER not in (left, right) else UNTYPED
    return mix([compared(state, values)], kind, size=values[0].size)


def is_builtin(state: State, parts: Sequence[str], arity: int) -> bool:
    """Say whether an operator is PostgreSQL's own."""
    return _operator(state, parts, arity) is not None


def _operator(state: State, parts: Sequence[str], arity: int) -> str | None:
    schema = parts[-2] if len(parts) > 1 else None
    name = "<>" if parts[-1] == "!=" else parts[-1]
    ok = schema in (None, "pg_catalog") and state.known.is_builtin_operator(schema, name, arity)
    return name if ok else None


def compared(state: State, values: Sequence[Value]) -> Value:
    """Return what a comparison of two values says.

    Rows are compared field by field until two differ: what comes first decides whether the next is computed.
    """
    left, right = values
    steady = left.steady and right.steady
    made = mix(values, BOOL, total=are_comparable(left, right), collated=True, steady=steady)
    if left.fields is None and right.fields is None:
        return made
    return state.lazily(made, [(made, [made])])


def are_comparable(left: Value, right: Value) -> bool:
    """Say whether comparing two values never raises."""
    if left.fields is not None and right.fields is not None:
        if left.more is not None or right.more is not None or len(left.fields) != len(right.fields):
            return False
        return all(are_comparable(a, b) for (_, a), (_, b) in zip(left.fields, right.fields, strict=True))
    return left.fields is None and right.fields is None and comparable(left.type, right.type)


def _listed(state: State, kind: str, body: Node, scope: Scope) -> Value:
    left = state.expression(body["lexpr"], scope)
    others = _distinct(state, body["rexpr"].get("List", {}).get("items", []), scope)
    names = strings(body["name"]) if kind == "AEXPR_IN" else ("<=",)
    builtin = is_builtin(state, names, 2) and (kind == "AEXPR_IN" or is_builtin(state, (">=",), 2))
    if not builtin:
        return opaque_call(state, [left, *others])
    made = mix([compared(state, [left, other]) for other in others], BOOL)
    if kind == "AEXPR_IN" and len({value.type for value in others}) > 1:
        # PostgreSQL makes one array of the list where it can, so that all are made of one type.
        made = mix([made], BOOL, total=kinds.common(value.type for value in [left, *others])[1])
    # Whether one is computed depends on those before it: the riskiest stands for all, which may be many.
    riskiest = max(others, key=lambda value: value.failing, default=left)
    return state.lazily(made, [(riskiest, [left, *others])])


def _distinct(state: State, nodes: list[Node], scope: Scope) -> list[Value]:
    """Return the values of a list; of its constants, of which there may be any number, one of each type."""
    constants: dict[int, Value] = {}
    others = []
    for node in nodes:
        if "A_Const" in node:
            value = state.constant(node["A_Const"], scope)
            constants.setdefault(value.type, value)
        else:
            others.append(state.expression(node, scope))
    return [*constants.values(), *others]


def _with_array(name: str, values: list[Value]) -> Value:
    left, right = values
    element = kinds.ELEMENTS.get(right.type, right.type if right.type in kinds.CONSTANTS else UNTYPED)
    total = name in _COMPARISONS and comparable(left.type, element) and element != UNTYPED
    return mix(values, BOOL, total=total, collated=True)


def _operated(state: State, name: str, values: list[Value], nodes: list[Node]) -> Value:
    if len(values) == 2:
        if name in _COMPARISONS:
            return compared(state, values)
        if name in _LIKE:
            return _like(values, nodes)
        made = _joined(values) if name == "||" else _json(name, values)
        if made is not None:
            return given(made, values)
    return mix(values, _kind(name, values), total=False, size=_size(values))


def _size(values: list[Value]) -> int:
    fixed = all(value.size <= 64 for value in values)
    return 64 if fixed else UNBOUNDED


def _kind(name: str, values: list[Value]) -> int:
    """Arithmetic on exact numbers gives exact numbers: its type matters for what is done with it later."""
    if name in ("+", "-", "*", "/", "%") and all(value.type in kinds.EXACT for value in values):
        return kinds.common(value.type for value in values)[0]
    return UNTYPED


def _like(values: list[Value], nodes: list[Node]) -> Value:
    """Total with a constant pattern that does not end in an escape.

    Servers before 18 (and ILIKE in all) refuse non-deterministic collations.
    """
    left, _ = values
    pattern = constant(nodes[1]) if "A_Const" in nodes[1] else None
    texts = left.type in kinds.TEXTS or left.type in kinds.CONSTANTS
    total = pattern is not None and texts and not _ends_in_escape(pattern) and not may_be_loose(left)
    failing = MAY_FAIL if left.collation else NEVER
    return mix(values, BOOL, total=total, failing=failing, collated=True, steady=left.steady)


def _ends_in_escape(pattern: str) -> bool:
    return (len(pattern) - len(pattern.rstrip("\\"))) % 2 == 1


def _joined(values: list[Value]) -> Value | None:
    if any(value.type in kinds.TEXTS for value in values) and all(value.fields is None for value in values):
        return joined(values) if all(value.type not in kinds.ELEMENTS for value in values) else None
    return joined(values) if all(value.type in kinds.CONSTANTS for value in values) else None


def _json(name: str, values: list[Value]) -> Value | None:
    """Looking into a jsonb for something constant."""
    left, right = values
    if left.type != JSONB or right.sources or right.type not in _JSON_OPERANDS:
        return None
    if name in _JSON_TESTS:
        return mix(values, BOOL)
    kind = _JSON_STEPS.get(name)
    return None if kind is None else mix(values, kind, size=left.size)


def boolean(state: State, body: Node, scope: Scope) -> Value:
    """Return the value of AND, OR, NOT: a side may be left out where another decides."""
    values = state.expressions(body.get("args", []), scope)
    made = mix(values, BOOL)
    failing = [value for value in values if value.failing]
    if len(failing) > _FAILING_MAX:
        return mix([made], BOOL, total=False)
    return state.lazily(made, ((value, [other for other in values if other is not value]) for value in failing))


def test(state: State, body: Node, scope: Scope) -> Value:
    """Return the value of IS TRUE and the like."""
    return mix([state.expression(body["arg"], scope)], BOOL)


def null_test(state: State, body: Node, scope: Scope) -> Value:
    """Return the value of IS NULL or IS NOT NULL: of a whole column, what its mask shows as well."""
    value = state.expression(body["arg"], scope)
    if not shows_null(state, value) or value.verbatim is None:
        return mix([value], BOOL)
    if state.known.in_index(value.verbatim):
        state.null_tested.append(value.verbatim)
    return literal(BOOL)


def cast(state: State, body: Node, scope: Scope) -> Value:
    """Return the value of a cast: only to text, of what can be printed, it never raises."""
    value = state.expression(body["arg"], scope)
    parts = strings(body.get("typeName", {}).get("names", []))
    schema = parts[-2] if len(parts) > 1 else None
    if not state.known.is_builtin_type(schema, parts[-1]):
        return opaque_call(state, [value])
    is_array = bool(body["typeName"].get("arrayBounds"))
    kind = kinds.TYPES.get(parts[-1], UNTYPED) if schema in (None, "pg_catalog") else UNTYPED
    if "A_Const" in body["arg"]:
        return _cast_constant(value, kind, body["arg"]["A_Const"], is_array=is_array)
    if is_array:
        array = kinds.ARRAYS.get(kind, UNTYPED)
        total = value.type == array != UNTYPED and "typmods" not in body["typeName"]
        return mix([value], array, total=total, size=value.size)
    steady = value.steady if kind == value.type else steadily_printed(value)
    made = mix([value], kind, total=_total_cast(value, kind, body["typeName"]), size=value.size, steady=steady)
    return made if kind == TEXT else given(made, [value])


def _cast_constant(value: Value, kind: int, constant: Node, *, is_array: bool) -> Value:
    """Return the value of a cast constant.

    A text is read when the statement is parsed, and plain numbers are cast when it is planned, whatever any column
    holds. A domain's check runs, and a cast that depends on settings (to money) is made, with each row.
    """
    made = kinds.ARRAYS.get(kind, UNTYPED) if is_array else kind
    size = value.size
    if made == kinds.NUMERIC:
        size = number_size(constant)
    early = "sval" in constant or "isnull" in constant or kind in _CAST_EARLY
    failing = NEVER if kind != UNTYPED and early else MAY_FAIL
    return mix([value], made, size=size, steady=True, failing=failing)


def _total_cast(value: Value, kind: int, name: Node) -> bool:
    if value.type == kinds.PARAMETER or (kind == value.type and "typmods" not in name):
        return kind != UNTYPED
    if kind not in (TEXT, kinds.VARCHAR, kinds.BPCHAR) or value.fields is not None:
        return False
    return value.type in kinds.PRINTABLE


def collate(state: State, body: Node, scope: Scope) -> Value:
    """Return the value under another collation."""
    value = state.expression(body["arg"], scope)
    made = mix([value], value.type, size=value.size, steady=value.steady)
    named = "named " + ".".join(strings(body.get("collname", [])))
    return Value(
        made.sources, None, made.risky, made.opaque, made.opaque_risky, made.failing, made.type, named, made.size
    )
