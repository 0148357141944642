"""What is held in memory while rows are sorted, grouped or joined: whether it fits decides in which order they come.

A sort that outgrows its memory leaves equal rows in another order, and a hash that does so answers in parts. So the
size of a value tells, where it follows from what a column holds, unless nobody sees that order.
"""

from collections.abc import Iterable

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.orders import hides_order
from yett.protocols.postgres.sql.lineage.scopes import Item, Rows, Scope
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.lineage.values import Value

_HOLD = ("sortClause", "groupClause", "distinctClause", "windowClause")


def held(state: State, body: Node, rows: Rows, scope: Scope) -> None:
    """Record what the order of a SELECT's rows tells of what is sorted, grouped or joined with them."""
    made, below = _varying([rows]), _varying(one.rows for one in scope.items if not one.is_table)
    if not made and not below:
        return
    hidden = hides_order(state, body, scope) and not state.tells_order
    told = state.shaping if state.tells_order else state.ordering
    if not hidden and ("groupClause" in body or "sortClause" in body):
        told.update(*(value.sources for value in made))
    several = len(scope.items) > 1 or any(part in body for part in _HOLD)
    if state.tells_order or (several and not hidden):
        told.update(*(value.sources for value in below))


def held_by_write(state: State, items: Iterable[Item]) -> None:
    """Record what the order tells in which rows are changed: they lie in it afterwards."""
    state.shaping.update(*(value.sources for value in _varying(one.rows for one in items if not one.is_table)))
    state.shaping.update(state.null_shown)


def held_by_sort(state: State, rows: Rows) -> None:
    """Record what the order tells in which sorted rows of a set operation or of VALUES come."""
    state.shaping.update(*(value.sources for value in _varying([rows])))


def _varying(several: Iterable[Rows]) -> list[Value]:
    """Return what is made of columns and is as large as their content says."""
    found = (value for rows in several for _, value in rows.columns)
    return [value for value in found if value.sources and value.verbatim is None and not value.steady]
