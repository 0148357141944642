"""WHERE and ON: what they look at shapes rows, but for `column = constant`, which is a `match`."""

from typing import Final

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.kinds import EXACT, MATCHABLE, TEXT, TYPES, UNTYPED, UUID, VARCHAR
from yett.protocols.postgres.sql.lineage.operations import is_builtin
from yett.protocols.postgres.sql.lineage.scopes import Scope
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.names import strings

# Among types of one of these, a value is equal to another whatever it was cast to.
_ALIKE: Final = (frozenset([TEXT, VARCHAR]), EXACT, frozenset([UUID]))
_CASTS: Final = frozenset[int]().union(*_ALIKE)


def condition(state: State, node: Node, scope: Scope, *, may_match: bool = True) -> None:
    """Record what a condition on rows looks at; `may_match` is False where rows are kept though it is not true."""
    conjunction = node.get("BoolExpr", {})
    if conjunction.get("boolop") == "AND_EXPR":
        for part in conjunction.get("args", []):
            condition(state, part, scope, may_match=may_match)
        return
    tested = len(state.null_tested)
    if not may_match or not _matches(state, node.get("A_Expr", {}), scope):
        state.shape(state.expression(node, scope))
    if node.get("NullTest", {}).get("nulltesttype") == "IS_NULL":
        # Those that are NULL stand in no order in an index.
        del state.null_tested[tested:]


def _matches(state: State, body: Node, scope: Scope) -> bool:
    if body.get("kind") not in ("AEXPR_OP", "AEXPR_IN") or "lexpr" not in body:
        return False
    parts = strings(body.get("name", []))
    sides = _sides(body)
    if parts[-1] != "=" or sides is None:
        return False
    column, constant = sides
    plain, kind = _uncast(state, constant)
    told = _told(state, plain)
    return told is not None and is_builtin(state, parts, 2) and _matched(state, column, (told, kind), scope)


def _sides(body: Node) -> tuple[Node, Node] | None:
    """Return the column and the constant, for all that is known yet; `IN` of one value is the same as `=`."""
    left, right = body["lexpr"], body["rexpr"]
    if body["kind"] == "AEXPR_IN":
        items = right.get("List", {}).get("items", [])
        return (left, items[0]) if len(items) == 1 else None
    return (left, right) if "ColumnRef" in left else (right, left)


def _uncast(state: State, node: Node) -> tuple[Node, int]:
    """Return a constant or parameter without the cast to a plain type that drivers write, and that type (0: none)."""
    body = node.get("TypeCast")
    if body is None:
        return node, UNTYPED
    name = body.get("typeName", {})
    parts = strings(name.get("names", []))
    kind = TYPES.get(parts[-1], UNTYPED) if parts[:-1] in ((), ("pg_catalog",)) else UNTYPED
    whole = kind in _CASTS and "typmods" not in name and "arrayBounds" not in name
    own = whole and state.known.is_builtin_type(parts[-2] if len(parts) > 1 else None, parts[-1])
    return (body["arg"], kind) if own else (node, UNTYPED)


def _told(state: State, node: Node) -> object:
    if state.called:
        # What a function compares may be anything that it was called with.
        return None
    if "ParamRef" in node:
        return ("parameter", node["ParamRef"].get("number", 0))
    value = node.get("A_Const")
    if value is None or value.get("isnull"):
        return None
    # Two constants are two tries, whatever they are.
    return id(value)


def _matched(state: State, column: Node, told: tuple[object, int], scope: Scope) -> bool:
    fields = column.get("ColumnRef", {}).get("fields", [])
    if not 1 <= len(fields) <= 3 or any("String" not in field for field in fields):
        return False
    names = strings(fields)
    if len(names) == 1:
        found = scope.column(names[0], outside=False)
        value, item = found if found is not None else (None, None)
    else:
        item = scope.named(names[:-1])
        value = None if item is None else item.column(names[-1])
    if value is None or item is None or not item.rows.plain or item.rows.more is not None:
        return False
    base = value.verbatim
    if (
        base is None
        or value.sources != {base}
        or value.opaque
        or value.risky
        or value.type not in MATCHABLE
        or (told[1] and not any({told[1], value.type} <= alike for alike in _ALIKE))
        or value.loose
    ):
        return False
    state.uses(value)
    return state.matches(base, told[0])
