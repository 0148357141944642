"""Whether anybody sees in which order a query finds its rows: ORDER BY may leave none equal, or all become one."""

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.calls import is_own, may_return_set
from yett.protocols.postgres.sql.lineage.keys import following_keys, named_column
from yett.protocols.postgres.sql.lineage.scopes import Scope
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.names import strings

_AGGREGATES = frozenset(["avg", "bool_and", "bool_or", "count", "max", "min", "sum"])


def hides_order(state: State, body: Node, scope: Scope) -> bool:
    """Say whether nobody sees in which order a SELECT finds its rows, but by what else looks at it on the way.

    ORDER BY hides it by all that rows are grouped by (a hash of groups lists them by when they were found), or by a
    key of which no row stands twice. What returns sets makes one row many before they are sorted, if they are by it.
    """
    targets = body.get("targetList", [])
    if "windowClause" in body or "distinctClause" in body:
        return False
    nodes = [one["SortBy"]["node"] for one in body.get("sortClause", []) if "useOp" not in one["SortBy"]]
    if "groupClause" in body:
        sort = [_meant(node, targets, None) for node in nodes]
        following = following_keys(state, body, scope)
        groups = [one for one in body["groupClause"] if not any(one is other for other in following)]
        named = all("GroupingSet" not in one and _meant(one, targets, scope) in sort for one in groups)
        return named and not _returns_sets(state, sort)
    if any(_aggregates(state, node) for node in targets):
        return True
    if _returns_sets(state, [_meant(node, targets, None) for node in nodes]):
        return False
    found = [named_column(node, targets, scope, output_first=True) for node in nodes]
    columns = [one for one in found if one is not None]
    return any(
        key <= {base for owner, base in columns if owner is item} for item in scope.items for key in scope.keys_of(item)
    )


def _aggregates(state: State, node: object) -> bool:
    """Say whether an expression makes one value of all rows, by an aggregate that is surely one."""
    if isinstance(node, list):
        return any(_aggregates(state, one) for one in node)
    if not isinstance(node, dict) or "SubLink" in node:
        return False
    call: Node = node.get("FuncCall", {})
    surely = "over" not in call and _own_name(state, call) in _AGGREGATES
    return surely or any(_aggregates(state, one) for one in node.values())


def _returns_sets(state: State, node: object) -> bool:
    """Say whether an expression may make several rows of one."""
    if isinstance(node, list):
        return any(_returns_sets(state, one) for one in node)
    if not isinstance(node, dict):
        return False
    if "SubLink" in node:
        return _returns_sets(state, node["SubLink"].get("testexpr"))
    may = "FuncCall" in node and may_return_set(_own_name(state, node["FuncCall"]))
    return may or any(_returns_sets(state, one) for one in node.values())


def _own_name(state: State, call: Node) -> str:
    """Return which of PostgreSQL's own functions a call is of, nothing where it is none of them."""
    parts = strings(call.get("funcname", []))
    return parts[-1] if parts and is_own(state, parts, len(call.get("args", []))) else ""


def _meant(node: Node, targets: list[Node], scope: Scope | None) -> object:
    """Return the expression that a key is: an output's by number or name, where no column comes first by that."""
    at = node.get("A_Const", {}).get("ival", {}).get("ival", 0)
    if 1 <= at <= len(targets):
        return _placeless(targets[at - 1]["ResTarget"].get("val"))
    fields = node.get("ColumnRef", {}).get("fields", [])
    name = strings(fields)[0] if len(fields) == 1 and "String" in fields[0] else ""
    named = [one["ResTarget"].get("val") for one in targets if name and one["ResTarget"].get("name") == name]
    if named and (scope is None or scope.column(name, outside=False) is None):
        return _placeless(named[0])
    return _placeless(node)


def _placeless(node: object) -> object:
    """Return a tree without where in the text it stands."""
    if isinstance(node, list):
        return [_placeless(one) for one in node]
    if isinstance(node, dict):
        return {name: _placeless(value) for name, value in node.items() if name != "location"}
    return node
