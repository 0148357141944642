"""What a column reference means: a column, a whole row, `*`, a field of a row, or a function in disguise."""

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.calls import call_named
from yett.protocols.postgres.sql.lineage.kinds import ELEMENTS, JSONB, UNTYPED
from yett.protocols.postgres.sql.lineage.mixing import computed, given, mix, row
from yett.protocols.postgres.sql.lineage.scopes import Columns, Item, Scope
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.lineage.values import OPAQUE, Value
from yett.protocols.postgres.sql.names import strings


def column(state: State, body: Node, scope: Scope) -> Value:
    """Return the value of a ColumnRef that is no `*`."""
    fields = body["fields"]
    if len(fields) == 2 and "String" in fields[1]:
        # Nearly all references are of this kind.
        own = scope.relation(fields[0]["String"]["sval"])
        simple = None if own is None else own.column(fields[1]["String"]["sval"])
        if simple is not None:
            return state.uses(simple)
    if "A_Star" in fields[-1]:
        columns, more = star(state, fields, scope)
        return state.uses(row(columns, more))
    parts = strings(fields)
    if len(parts) == 1:
        return _unqualified(state, parts[0], scope)
    item = relation_item(state, parts[:-1], scope)
    if item is None:
        return state.unknown()
    found = item.column(parts[-1])
    return state.uses(found) if found is not None else _attribute(state, state.uses(item.whole()), parts[-1], scope)


def _unqualified(state: State, name: str, scope: Scope) -> Value:
    found = scope.column(name)
    if found is not None:
        return state.uses(found[0])
    item = scope.relation(name)
    if item is None:
        state.misses(name)
        return state.unknown()
    return state.uses(item.whole())


def relation_item(state: State, parts: tuple[str, ...], scope: Scope) -> Item | None:
    """Return what `t`, `schema.t` or `database.schema.t` before a column means."""
    if len(parts) == 1:
        return scope.relation(parts[0])
    relation = state.known.relation(parts[-2], parts[-1])
    return None if relation is None else scope.relation(parts[-1], relation.oid)


def star(state: State, fields: list[Node], scope: Scope) -> tuple[Columns, Value | None]:
    """Return the columns that `*` or `t.*` stands for, and what further ones are made of."""
    if len(fields) > 1:
        item = relation_item(state, strings(fields[:-1]), scope)
        if item is None:
            return (), state.unknown()
        state.count_columns(item.rows.columns)
        return item.rows.columns, item.rows.more
    found: list[tuple[str, Value]] = []
    more: list[Value] = []
    for item in scope.items:
        if item.by_column:
            state.count_columns(item.rows.columns)
            found += item.rows.columns
            more += () if item.rows.more is None else (item.rows.more,)
    return tuple(found), mix(more) if more else None


def indirection(state: State, body: Node, scope: Scope) -> Value:
    """Return the value of `(row).field`, `array[1]` and chains of them."""
    value = state.expression(body.get("arg", {}), scope)
    for part in body.get("indirection", []):
        value = _step(state, value, part, scope)
    return value


def _step(state: State, value: Value, part: Node, scope: Scope) -> Value:
    if "String" in part:
        return _attribute(state, value, part["String"].get("sval", ""), scope)
    if "A_Star" in part:
        return computed(value)
    indices = part.get("A_Indices", {})
    subscripts = [indices[side] for side in ("lidx", "uidx") if side in indices]
    values = state.expressions(subscripts, scope)
    constant = all("A_Const" in node or "ParamRef" in node for node in subscripts)
    element = ELEMENTS.get(value.type, JSONB if value.type == JSONB else UNTYPED)
    total = constant and element != UNTYPED
    kind = value.type if indices.get("is_slice") else element
    return given(mix([value, *values], kind, total=total, size=value.size), values)


def _attribute(state: State, value: Value, name: str, scope: Scope) -> Value:
    """Return field `name` of a row, or what the function of that name makes of it."""
    for field, inner in value.fields or ():
        if field == name:
            return inner
    if value.more is not None:
        return computed(value.more)
    if value.fields is None and value.verbatim is not None and not value.opaque:
        # A column of a composite type: whatever its fields are, they are made of this column, unless there is none.
        return mix([value, call_named(state, (name,), [value], scope)], total=False, size=value.size)
    return call_named(state, (name,), [value], scope)


def expanded(state: State, body: Node, scope: Scope) -> tuple[Columns, Value | None] | None:
    """Return the columns of an output that ends in `*`, None where it does not."""
    if "ColumnRef" in body:
        fields = body["ColumnRef"].get("fields", [])
        if "A_Star" not in fields[-1]:
            return None
        columns, more = star(state, fields, scope)
        for _, value in columns:
            state.uses(value)
        if more is not None:
            state.uses(more)
        return columns, more
    parts = body.get("A_Indirection", {}).get("indirection", [])
    if not parts or "A_Star" not in parts[-1]:
        return None
    value = indirection(state, {**body["A_Indirection"], "indirection": parts[:-1]}, scope)
    if value.fields is None:
        return (), mix([value, OPAQUE] if value.opaque else [value])
    return value.fields, value.more
