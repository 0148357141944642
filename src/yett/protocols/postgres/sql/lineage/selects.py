"""SELECT, VALUES and set operations: outputs in order, and everything that shapes rows."""

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage import kinds
from yett.protocols.postgres.sql.lineage.calls import sort_keys, sort_operator, window
from yett.protocols.postgres.sql.lineage.columns import expanded
from yett.protocols.postgres.sql.lineage.conditions import condition
from yett.protocols.postgres.sql.lineage.held import held, held_by_sort
from yett.protocols.postgres.sql.lineage.keys import distinct_by, following_keys
from yett.protocols.postgres.sql.lineage.mixing import either, mix, steered, too_wide, with_risk
from yett.protocols.postgres.sql.lineage.naming import output_name
from yett.protocols.postgres.sql.lineage.orders import hides_order
from yett.protocols.postgres.sql.lineage.scopes import Columns, Rows, Scope, merged
from yett.protocols.postgres.sql.lineage.sources import all_computed, computed_anyway, from_items
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.lineage.values import CONFLICT, Value
from yett.protocols.postgres.sql.lineage.with_queries import add_with
from yett.protocols.postgres.sql.names import strings

_TURNS_ROWS = ("groupClause", "havingClause", "distinctClause", "limitCount", "limitOffset", "windowClause")


def select(state: State, body: Node, outer: Scope) -> Rows:
    """Return the rows of a SelectStmt."""
    scope = Scope(outer)
    add_with(state, body, scope)
    if "larg" in body:
        rows = _set_operation(state, body, scope)
        _sort_outputs(state, body, rows)
    elif "valuesLists" in body:
        rows = _values(state, body["valuesLists"], scope)
        _sort_outputs(state, body, rows)
    else:
        rows = _simple(state, body, scope)
    # LIMIT cannot refer to columns of its own query.
    state.shape_all(
        (body[part] for part in ("limitCount", "limitOffset") if part in body), Scope(outer, [], scope.queries)
    )
    return rows


def _simple(state: State, body: Node, scope: Scope) -> Rows:
    outside = state.sorted, state.lists_rows, state.makes_rows, state.leaves_traces
    state.sorted, state.lists_rows, state.makes_rows, state.leaves_traces = [], False, False, False
    rows = _selected(state, body, scope)
    if state.tells_order:
        for value in state.sorted:
            state.shape(value)
    state.sorted, state.lists_rows, state.makes_rows = outside[:3]
    state.leaves_traces = state.leaves_traces or outside[3]
    return rows


def _selected(state: State, body: Node, scope: Scope) -> Rows:
    tested = len(state.null_tested)
    from_items(state, body.get("fromClause", []), scope)
    if "lockingClause" in body:
        all_computed(state, scope.items)
        state.locks = state.locks or any(map(_waits_for_keys, body["lockingClause"]))
    if "whereClause" in body:
        condition(state, body["whereClause"], scope)
    if "havingClause" in body:
        state.shape(state.expression(body["havingClause"], scope))
    asked = state.null_tested[tested:]
    if "whereClause" in body or "havingClause" in body or len(scope.items) > 1:
        asked += state.null_shown
    shown = len(state.null_tested)
    rows = outputs(state, body.get("targetList", []), scope)
    inside = state.null_tested[shown:]
    distinct = body.get("distinctClause", [])
    following = following_keys(state, body, scope)
    for node in (one for one in body.get("groupClause", []) if not any(one is other for other in following)):
        _grouped(state, node, rows, scope)
    for node in body.get("windowClause", []):
        window(state, node["WindowDef"], scope)
    for node in body.get("sortClause", []):
        sort_operator(state, node["SortBy"])
        state.shape(_key(state, node["SortBy"]["node"], rows, scope, input_first=False))
    for node in distinct:
        told = _key(state, node, rows, scope, input_first=False) if node else _distinct(body, rows, scope)
        state.shape(told)
    if asked and (state.tells_order or not hides_order(state, body, scope)):
        (state.shaping if state.tells_order else state.ordering).update(asked)
    del state.null_tested[tested:]
    # Around a sub-select or a function, they may become part of a condition.
    (state.null_tested if state.called else state.null_shown).extend(inside)
    held(state, body, rows, scope)
    plain = not any(part in body for part in _TURNS_ROWS) and all(item.rows.plain for item in scope.items)
    return Rows(
        rows.columns,
        rows.more,
        plain=plain,
        lazy=not distinct,
        multiplies=scope.multiplies or state.makes_rows,
        repeated=scope.repeated,
        keys=() if "groupClause" in body else scope.keys(),
    )


def _waits_for_keys(node: Node) -> bool:
    """Say whether a locking clause waits for, skips or fails at rows that somebody else just wrote a key to."""
    strength: object = node.get("LockingClause", {}).get("strength")
    return strength not in ("LCS_FORNOKEYUPDATE", "LCS_FORSHARE", "LCS_FORKEYSHARE")


def _distinct(body: Node, rows: Rows, scope: Scope) -> Value:
    told = distinct_by(body, rows, scope)
    return merged(rows) if len(told) == len(rows.columns) else mix([rows.columns[at][1] for at in told])


def outputs(state: State, targets: list[Node], scope: Scope) -> Rows:
    """Return the outputs of a target list: SELECT's or RETURNING's."""
    columns: list[tuple[str, Value]] = []
    more: list[Value] = []
    for target in targets:
        body = target["ResTarget"]
        node = body.get("val", {})
        several = expanded(state, node, scope) if "ColumnRef" in node or "A_Indirection" in node else None
        if several is None:
            columns.append((body.get("name") or output_name(node), _shown(state.expression(node, scope))))
        else:
            columns += several[0]
            more += () if several[1] is None else (several[1],)
    return Rows(_in_one_row(columns), mix(more) if more else None)


def _in_one_row(columns: list[tuple[str, Value]]) -> Columns:
    """Return the columns of one row, whose own size is limited like a value's: what is made may be too much for it."""
    if not too_wide(columns) and not steered(columns):
        return tuple(columns)
    return tuple(
        (name, value if value.verbatim else with_risk(value, value.sources, opaque=value.opaque))
        for name, value in columns
    )


def _shown(value: Value) -> Value:
    """A constant that is still of no type becomes text, and a collation that was named becomes a column's own."""
    if value.type == kinds.LITERAL:
        return mix([value], kinds.TEXT, size=value.size, steady=value.steady)
    return value


def _grouped(state: State, node: Node, rows: Rows, scope: Scope) -> None:
    if "GroupingSet" in node:
        for inner in node["GroupingSet"].get("content", []):
            _grouped(state, inner, rows, scope)
    elif "RowExpr" in node and node["RowExpr"].get("row_format") == "COERCE_IMPLICIT_CAST":
        for inner in node["RowExpr"].get("args", []):
            _grouped(state, inner, rows, scope)
    else:
        state.shape(_key(state, node, rows, scope, input_first=True))


def _key(state: State, node: Node, rows: Rows, scope: Scope, *, input_first: bool) -> Value:
    """Return what GROUP BY, ORDER BY or DISTINCT ON means: an output's number or name, or an expression."""
    if "A_Const" in node:
        return _numbered(node["A_Const"], rows)
    fields = node.get("ColumnRef", {}).get("fields", [])
    if len(fields) == 1 and "String" in fields[0]:
        name = strings(fields)[0]
        if input_first and scope.column(name, outside=False) is not None:
            return state.expression(node, scope)
        named = [value for output, value in rows.columns if output == name]
        if rows.more is not None:
            named += [rows.more, state.expression(node, scope)]
        if named:
            return mix(named)
    return state.expression(node, scope)


def _numbered(constant: Node, rows: Rows) -> Value:
    at: int = constant.get("ival", {}).get("ival", 0)
    if rows.more is None and 1 <= at <= len(rows.columns):
        return rows.columns[at - 1][1]
    return merged(rows)


def _sort_outputs(state: State, body: Node, rows: Rows) -> None:
    """ORDER BY of a set operation or VALUES can only name outputs."""
    if "sortClause" in body:
        held_by_sort(state, rows)
    for node in body.get("sortClause", []):
        sort = node["SortBy"]
        sort_operator(state, sort)
        fields = sort["node"].get("ColumnRef", {}).get("fields", [])
        named = [value for name, value in rows.columns if fields and (name,) == strings(fields)]
        if "A_Const" in sort["node"]:
            state.shape(_numbered(sort["node"]["A_Const"], rows))
        else:
            state.shape(mix(named) if named and rows.more is None else merged(rows))


def _set_operation(state: State, body: Node, scope: Scope) -> Rows:
    left = state.query({"SelectStmt": body["larg"]}, scope)
    right = state.query({"SelectStmt": body["rarg"]}, scope)
    rows = united(left, right)
    if body.get("op") != "SETOP_UNION" or not body.get("all"):
        state.shape(merged(rows))
    return computed_anyway(state, rows)


def united(left: Rows, right: Rows) -> Rows:
    """Return the rows of both, under the names of the left ones."""
    if left.more is not None or right.more is not None or len(left.columns) != len(right.columns):
        return Rows((), mix([merged(left), merged(right)]), multiplies=True)
    pairs = zip(left.columns, right.columns, strict=True)
    return Rows(tuple((name, _united([one, other])) for (name, one), (_, other) in pairs), multiplies=True)


def _united(values: list[Value]) -> Value:
    kind, safe = kinds.common(value.type for value in values)
    kind = kinds.TEXT if kind in kinds.CONSTANTS else kind
    found = either(values)
    if all(value.type == kind for value in values):
        return found
    size = max(value.size for value in values)
    made = mix(values, kind, total=safe, size=size)
    return Value(
        made.sources, None, made.risky, made.opaque, made.opaque_risky, made.failing, kind,
        made.collation if made.collation == CONFLICT else found.collation, size, found.steady,
    )  # fmt: skip  # a value's parts, in its own order


def _values(state: State, lists: list[Node], scope: Scope) -> Rows:
    """VALUES: each column is one of what stands at its place in the rows."""
    columns: list[list[Value]] = []
    for node in lists:
        items = node["List"]["items"]
        for at, cell in enumerate(items):
            if at == len(columns):
                columns.append([])
            _add_cell(state, cell, scope, columns[at])
    rows = Rows(
        tuple((f"column{at}", _united(cells)) for at, cells in enumerate(columns, 1)), multiplies=len(lists) > 1
    )
    return computed_anyway(state, rows)


def _add_cell(state: State, cell: Node, scope: Scope, cells: list[Value]) -> None:
    """Constants of a kind that is there already add nothing; long lists of them are most of a long text."""
    value = state.expression(cell, scope) if "A_Const" not in cell else state.constant(cell["A_Const"], scope)
    if not any(value == other for other in cells[:8]):
        cells.append(value)


__all__ = ["outputs", "select", "sort_keys", "united"]
