"""INSERT, UPDATE, DELETE and MERGE: what is written from what, which rows, and what RETURNING shows of it."""

from dataclasses import dataclass, field

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage import kinds
from yett.protocols.postgres.sql.lineage.conditions import condition
from yett.protocols.postgres.sql.lineage.held import held_by_write
from yett.protocols.postgres.sql.lineage.known import RelationColumns
from yett.protocols.postgres.sql.lineage.mixing import computed, mix
from yett.protocols.postgres.sql.lineage.result import Written
from yett.protocols.postgres.sql.lineage.scopes import Item, Rows, Scope, merged
from yett.protocols.postgres.sql.lineage.selects import outputs
from yett.protocols.postgres.sql.lineage.sources import all_computed, from_items, item, target_item
from yett.protocols.postgres.sql.lineage.state import Query, State
from yett.protocols.postgres.sql.lineage.values import MAY_FAIL, Value
from yett.protocols.postgres.sql.lineage.with_queries import add_with

# Their length is limited by the column's own declaration, which may be shorter than the value.
_LIMITED = frozenset([kinds.VARCHAR, kinds.BPCHAR, kinds.NUMERIC, 1560, 1562])


@dataclass(slots=True)
class Target:
    """The relation that is written, and what has been written into its columns so far."""

    relation: RelationColumns | None
    item: Item
    written: dict[str, list[Value]] = field(default_factory=dict)


def _target(state: State, body: Node, *, looked_at: bool) -> Target:
    relation = state.known.relation(body.get("schemaname"), body.get("relname", ""))
    known = set(state.relations)
    found = target_item(state, body)
    if not looked_at:
        state.relations &= known
    return Target(relation, found)


def write(  # noqa: PLR0913 (what a write is)
    state: State, target: Target, name: str, value: Value, *, whole: bool = True, kept: bool = False
) -> None:
    """Record that a column (or, if not `whole`, a part of it) is written, in a row that was there if `kept`."""
    target.written.setdefault(name, []).append(value)
    relation = target.relation
    column = None if relation is None else next((one for one in relation.columns if one.name == name), None)
    same = value.verbatim if whole else None
    number = None if column is None else column.number
    oid = 0 if relation is None else relation.oid
    state.writes.append(Written(oid, number, "" if column else name, value.sources, same, value.opaque, kept))
    beneath = target.item.column(name)
    base = None if beneath is None else beneath.verbatim
    if base is not None and base != (oid, number):
        state.writes.append(Written(base[0], base[1], "", value.sources, same, value.opaque, kept))
    state.risk(value if whole and column is not None and _fits(value, column.type) else mix([value], total=False))


def _fits(value: Value, kind: int) -> bool:
    """Say whether storing a value in a column of this type never raises by itself."""
    if value.type in kinds.CONSTANTS and not value.sources:
        return True
    return kind not in _LIMITED and kind != kinds.UNTYPED and (value.type == kind or {value.type, kind} <= kinds.TEXTS)


def _insert(state: State, body: Node, outer: Scope) -> Rows:
    scope = Scope(outer)
    add_with(state, body, scope)
    target = _target(state, body["relation"], looked_at=False)
    chosen = [node["ResTarget"] for node in body.get("cols", [])]
    rows = state.query(body["selectStmt"], scope) if "selectStmt" in body else Rows(())
    _inserted(state, target, chosen, rows, scope)
    if "onConflictClause" in body:
        _on_conflict(state, body["onConflictClause"], target, scope, many=rows.multiplies)
    return _returning(state, body, Scope(outer, [], scope.queries), target, [])


def _inserted(state: State, target: Target, chosen: list[Node], rows: Rows, scope: Scope) -> None:
    names = [one["name"] for one in chosen]
    if not names and target.relation is not None:
        names = [column.name for column in target.relation.columns]
    if rows.more is not None or (not names and rows.columns):
        value = merged(rows)
        for name in names or [""]:
            write(state, target, name, value, whole=False)
        return
    for at, (name, (_, value)) in enumerate(zip(names, rows.columns, strict=False)):
        parts = chosen[at].get("indirection", []) if chosen else []
        write(state, target, name, _placed(state, value, parts, scope), whole=not parts)


def _placed(state: State, value: Value, parts: list[Node], scope: Scope) -> Value:
    """Return a value that goes to a place in a column, with what says which place."""
    indices = [part["A_Indices"] for part in parts if "A_Indices" in part]
    nodes = [one[side] for one in indices for side in ("lidx", "uidx") if side in one]
    return mix([value, *state.expressions(nodes, scope)], total=False) if parts else value


def _on_conflict(state: State, body: Node, target: Target, scope: Scope, *, many: bool) -> None:
    """A conflict says that a value is there already: a `match` for each column that decides it and got one constant."""
    infer = body.get("infer", {})
    within = Scope(scope, [target.item])
    elements = [node["IndexElem"] for node in infer.get("indexElems", [])]
    for one in elements:
        if "expr" in one:
            state.shape(state.expression(one["expr"], within))
    if "whereClause" in infer:
        state.expression(infer["whereClause"], within)
    for name in [one["name"] for one in elements if "name" in one] if elements else list(target.written):
        _conflicting(state, target, name, many=many)
    excluded = Item("excluded", Rows(_excluded(target), target.item.rows.more))
    inner = Scope(scope, [target.item, excluded])
    _updated(state, target, body.get("targetList", []), inner)
    if "whereClause" in body:
        condition(state, body["whereClause"], inner)


def _excluded(target: Target) -> tuple[tuple[str, Value], ...]:
    """Return the columns of EXCLUDED: what was to be written, which is nobody's data where it is constants alone."""
    return tuple(
        (name, mix(given, value.type, size=max(one.size for one in given), steady=True))
        if (given := target.written.get(name)) and not any(one.sources or one.opaque or one.failing for one in given)
        else (name, value)
        for name, value in _new_columns(target)
    )


def _conflicting(state: State, target: Target, name: str, *, many: bool) -> None:
    value = target.item.column(name)
    if value is None:
        state.opaque_shaping = True
        return
    written = target.written.get(name, [])
    constant = bool(written) and not any(one.sources or one.opaque or one.failing for one in written)
    told = ("inserted", name)
    if (
        value.verbatim is None
        or value.type not in kinds.MATCHABLE
        or not constant
        or many
        or not state.matches(value.verbatim, told)
    ):
        state.shape(value)


def _updated(state: State, target: Target, targets: list[Node], scope: Scope) -> None:
    for node in targets:
        body = node["ResTarget"]
        parts = body.get("indirection", [])
        value = _assigned(state, body.get("val", {}), scope)
        write(state, target, body["name"], _placed(state, value, parts, scope), whole=not parts, kept=True)


def _assigned(state: State, node: Node, scope: Scope) -> Value:
    multiple = node.get("MultiAssignRef")
    if multiple is None:
        return state.expression(node, scope)
    source, at = multiple["source"], multiple.get("colno", 1) - 1
    if "RowExpr" in source:
        return state.expression(source["RowExpr"]["args"][at], scope)
    if "SubLink" not in source:
        return mix([state.expression(source, scope)], total=False)
    rows = state.query(source["SubLink"]["subselect"], scope)
    if rows.more is not None or at >= len(rows.columns):
        return mix([merged(rows)], failing=MAY_FAIL)
    return computed(rows.columns[at][1], failing=MAY_FAIL, steady=False)


def _update(state: State, body: Node, outer: Scope) -> Rows:
    scope = Scope(outer)
    add_with(state, body, scope)
    target = _target(state, body["relation"], looked_at=True)
    from_items(state, body.get("fromClause", []), scope)
    further = scope.items
    scope.items = [target.item, *further]
    all_computed(state, scope.items)
    held_by_write(state, further)
    if "whereClause" in body:
        condition(state, body["whereClause"], scope)
    _updated(state, target, body.get("targetList", []), scope)
    return _returning(state, body, Scope(outer, [], scope.queries), target, further)


def _deleted(state: State, target: Target) -> None:
    """Record that rows are deleted: of a view, those of what it shows."""
    bases = (value.verbatim for _, value in target.item.rows.columns)
    state.deletes |= {base[0] for base in bases if base is not None}
    state.deletes |= {target.relation.oid} if target.relation is not None else set()


def _delete(state: State, body: Node, outer: Scope) -> Rows:
    scope = Scope(outer)
    add_with(state, body, scope)
    target = _target(state, body["relation"], looked_at=True)
    _deleted(state, target)
    from_items(state, body.get("usingClause", []), scope)
    further = scope.items
    scope.items = [target.item, *further]
    all_computed(state, scope.items)
    held_by_write(state, further)
    if "whereClause" in body:
        condition(state, body["whereClause"], scope)
    return _returning(state, body, Scope(outer, [], scope.queries), target, further)


def _merge(state: State, body: Node, outer: Scope) -> Rows:
    scope = Scope(outer)
    add_with(state, body, scope)
    target = _target(state, body["relation"], looked_at=True)
    source = item(state, body["sourceRelation"], scope, [])
    all_computed(state, [target.item, *source])
    held_by_write(state, source)
    both = Scope(outer, [target.item, *source], scope.queries)
    condition(state, body["joinCondition"], both, may_match=False)
    for node in body.get("mergeWhenClauses", []):
        _when(state, node["MergeWhenClause"], target, both)
    return _returning(state, body, Scope(outer, [], scope.queries), target, source, target_last=True)


def _when(state: State, body: Node, target: Target, scope: Scope) -> None:
    if "condition" in body:
        condition(state, body["condition"], scope, may_match=False)
    if body.get("commandType") == "CMD_DELETE":
        _deleted(state, target)
    if body.get("commandType") != "CMD_INSERT":
        _updated(state, target, body.get("targetList", []), scope)
        return
    values = [("", state.expression(node, scope)) for node in body.get("values", [])]
    chosen = [node["ResTarget"] for node in body.get("targetList", [])]
    _inserted(state, target, chosen, Rows(tuple(values)), scope)


def _new_columns(target: Target) -> tuple[tuple[str, Value], ...]:
    """Return the target's columns as they are afterwards: what was there, or what was written, or made of that."""
    if not target.written:
        return target.item.rows.columns
    written = [value for values in target.written.values() for value in values if value.sources or value.opaque]
    relation = target.relation
    fixed = set() if relation is None else {column.name for column in relation.columns if not column.generated}
    found = []
    for name, value in target.item.rows.columns:
        own = target.written.get(name, () if name in fixed else written)
        changed = [one for one in own if one.opaque or one.sources - value.sources]
        found.append((name, mix([value, *changed], value.type, size=value.size) if changed else value))
    return tuple(found)


def _returning(  # noqa: PLR0913 (what a RETURNING clause sees)
    state: State,
    body: Node,
    scope: Scope,
    target: Target,
    further: list[Item],
    *,
    target_last: bool = False,
) -> Rows:
    clause = body.get("returningClause")
    if clause is None:
        return Rows(())
    old = target.item
    rows = Rows(_new_columns(target), old.rows.more)
    shown = Item(old.name, rows, old.oid, is_table=old.is_table, placed=old.placed, locked=old.locked)
    scope.items = [*further, shown] if target_last else [shown, *further]
    options = {one["option"]: one["value"] for one in (node["ReturningOption"] for node in clause.get("options", []))}
    for option, name, offered in (
        ("RETURNING_OPTION_OLD", "old", old.rows),
        ("RETURNING_OPTION_NEW", "new", rows),
    ):
        if option in options or scope.relation(name) is None:
            scope.items.append(
                Item(
                    options.get(option, name),
                    offered,
                    0,
                    is_table=old.is_table,
                    by_column=False,
                    placed=old.placed,
                    locked=old.locked,
                )
            )
    tested = len(state.null_tested)
    found = outputs(state, clause.get("exprs", []), scope)
    del state.null_tested[tested:]
    return Rows(found.columns, found.more, multiplies=True)


WRITES: dict[str, Query] = {
    "DeleteStmt": _delete,
    "InsertStmt": _insert,
    "MergeStmt": _merge,
    "UpdateStmt": _update,
}
