"""WHERE and ON: what they look at shapes rows, but for `column = constant`, which is a `match`."""

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.kinds import MATCHABLE
from yett.protocols.postgres.sql.lineage.operations import is_builtin
from yett.protocols.postgres.sql.lineage.scopes import Scope
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.names import strings


def condition(state: State, node: Node, scope: Scope, *, may_match: bool = True) -> None:
    """Record what a condition on rows looks at; `may_match` is False where rows are kept though it is not true."""
    conjunction = node.get("BoolExpr", {})
    if conjunction.get("boolop") == "AND_EXPR":
        for part in conjunction.get("args", []):
            condition(state, part, scope, may_match=may_match)
        return
    if not may_match or not _matches(state, node.get("A_Expr", {}), scope):
        state.shape(state.expression(node, scope))


def _matches(state: State, body: Node, scope: Scope) -> bool:
    if body.get("kind") != "AEXPR_OP" or "lexpr" not in body:
        return False
    parts = strings(body.get("name", []))
    if parts[-1] != "=":
        return False
    left, right = body["lexpr"], body["rexpr"]
    column, constant = (left, right) if "ColumnRef" in left else (right, left)
    told = _told(state, constant)
    return told is not None and is_builtin(state, parts, 2) and _matched(state, column, told, scope)


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


def _matched(state: State, column: Node, told: object, scope: Scope) -> bool:
    fields = column.get("ColumnRef", {}).get("fields", [])
    if not 1 <= len(fields) <= 2 or any("String" not in field for field in fields):
        return False
    names = strings(fields)
    if len(names) == 1:
        found = scope.column(names[0], outside=False)
        value, item = found if found is not None else (None, None)
    else:
        item = next((one for one in scope.items if one.by_relation and one.name == names[0]), None)
        value = None if item is None else item.column(names[1])
    if value is None or item is None or not item.rows.plain or item.rows.more is not None:
        return False
    base = value.verbatim
    if (
        base is None
        or value.sources != {base}
        or value.opaque
        or value.risky
        or value.type not in MATCHABLE
        or value.loose
    ):
        return False
    state.uses(value)
    return state.matches(base, told)
