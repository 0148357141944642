"""What is held in memory while rows are sorted, grouped or joined: whether it fits decides in which order they come.

A sort that outgrows its memory leaves equal rows in another order, and a hash that does so answers in parts. So the
size of a value tells, where it follows from what a column holds, unless nobody sees that order.
"""

from collections.abc import Iterable

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.keys import hides_order
from yett.protocols.postgres.sql.lineage.scopes import Item, Rows, Scope
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.lineage.values import Value
from yett.protocols.postgres.sql.names import strings

_HOLD = ("sortClause", "groupClause", "distinctClause", "windowClause")


def held(state: State, body: Node, rows: Rows, scope: Scope) -> None:
    """Record what the order of a SELECT's rows tells of what is sorted, grouped or joined with them."""
    made, below = _varying([rows]), _varying(one.rows for one in scope.items if not one.is_table)
    if not made and not below:
        return
    grouped = "groupClause" in body
    hidden = _sorted_by_groups(body, scope) if grouped else hides_order(body, scope)
    if not hidden and (grouped or "sortClause" in body):
        _told(state, made)
    several = len(scope.items) > 1 or any(part in body for part in _HOLD)
    if state.tells_order or (several and not hidden):
        _told(state, below)


def held_by_write(state: State, items: Iterable[Item]) -> None:
    """Record what the order tells in which rows are changed: they lie in it afterwards."""
    _told(state, _varying(one.rows for one in items if not one.is_table))
    state.shaping |= set(state.null_shown)


def held_by_sort(state: State, rows: Rows) -> None:
    """Record what the order tells in which sorted rows of a set operation or of VALUES come."""
    _told(state, _varying([rows]))


def _varying(several: Iterable[Rows]) -> list[Value]:
    """Return what is made of columns and is as large as their content says."""
    found = (value for rows in several for _, value in rows.columns)
    return [value for value in found if value.sources and value.verbatim is None and not value.steady]


def _told(state: State, values: list[Value]) -> None:
    for value in values:
        state.shaping |= value.sources


def _sorted_by_groups(body: Node, scope: Scope) -> bool:
    """Say whether ORDER BY names all that rows are grouped by, so that no two groups are equal."""
    targets = body.get("targetList", [])
    nodes = [one["SortBy"]["node"] for one in body.get("sortClause", []) if "useOp" not in one["SortBy"]]
    sort = [_meant(node, targets, None) for node in nodes]
    return all("GroupingSet" not in node and _meant(node, targets, scope) in sort for node in body["groupClause"])


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
