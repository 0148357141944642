"""What FROM offers: relations and views, WITH queries, sub-selects, joins, functions, XMLTABLE, JSON_TABLE."""

from dataclasses import dataclass
from functools import lru_cache

from msgspec import structs

from yett.core.errors import YettError
from yett.protocols.postgres.sql.grammar import Node, parse
from yett.protocols.postgres.sql.lineage import kinds
from yett.protocols.postgres.sql.lineage.functions_in_from import function_rows, json_table, xml_table
from yett.protocols.postgres.sql.lineage.joins import join
from yett.protocols.postgres.sql.lineage.known import Base, Column, RelationColumns
from yett.protocols.postgres.sql.lineage.mixing import mix
from yett.protocols.postgres.sql.lineage.result import NO_COLUMNS
from yett.protocols.postgres.sql.lineage.scopes import Item, Rows, Scope, renamed
from yett.protocols.postgres.sql.lineage.sensitive import opaque_columns
from yett.protocols.postgres.sql.lineage.state import State, TooLargeError
from yett.protocols.postgres.sql.lineage.values import COLUMN_BYTES, MAY_FAIL, NEVER, OPAQUE, OWN, UNBOUNDED, Value
from yett.protocols.postgres.sql.names import strings

_CATALOG_OIDS = 16384
_VIEWS_DEEP_MAX = 32
_DEFINITION_CHARS_MAX = 65_536
_TABLES_MAX = 1024
# By identity, as hashing all columns costs more than it saves; holding the relation keeps its id its own.
_TABLES: dict[int, tuple[RelationColumns, Rows]] = {}
_PLACES: dict[int, "Place"] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of where a relation's rows are, as an `Item` has it, for as long as the relation is the same."""

    relation: RelationColumns
    placed: Value
    locked: Value
    key: frozenset[Base]
    following: frozenset[Base]


def from_items(state: State, nodes: list[Node], scope: Scope) -> None:
    """Add everything in a FROM clause to the scope."""
    for node in nodes:
        scope.items += item(state, node, scope, list(scope.items))
    if len(nodes) > 1 or any(one.rows.multiplies for one in scope.items):
        scope.multiplies = True
    scope.repeated = scope.repeated.union(*(one.rows.repeated for one in scope.items))


def item(state: State, node: Node, scope: Scope, beside: list[Item]) -> list[Item]:  # noqa: PLR0911 (one a kind)
    """Return the items of one entry in FROM; `beside` are those before it, which LATERAL ones can see."""
    if len(node) == 1:
        ((kind, body),) = node.items()
        if kind == "RangeVar":
            return [relation_item(state, body, scope)]
        if kind == "JoinExpr":
            return join(state, body, scope, beside, item)
        if kind == "RangeSubselect":
            rows = _sub_select(state, body, scope, beside)
            return [_named(body, computed_anyway(state, rows), "")]
        lateral = Scope(scope.parent, beside, scope.queries)
        if kind == "RangeFunction":
            return [_function(state, body, lateral)]
        if kind == "RangeTableFunc":
            return [_named(body, xml_table(state, body, lateral), "xmltable")]
        if kind == "JsonTable":
            return [_named(body, json_table(state, body, lateral), "json_table")]
        if kind == "RangeTableSample":
            return _sampled(state, body, scope, beside, lateral)
    state.unknown()
    return [Item("", Rows((), OPAQUE))]


def _sub_select(state: State, body: Node, scope: Scope, beside: list[Item]) -> Rows:
    """Return the rows of a sub-select in FROM; a LATERAL one sees what stands before it.

    The server keeps what a LATERAL one found (Memoize), and reads tables anew for other values alone, which is counted:
    whatever it uses of what stands before it is at risk. It is run for each of the rows before it.
    """
    query = body["subquery"]
    if not body.get("lateral") or not _reads(query):
        return state.query(query, Scope(Scope(scope.parent, beside if body.get("lateral") else [], scope.queries)))
    state.laterals += 1
    try:
        rows = state.query(query, Scope(Scope(scope.parent, [one.at_risk() for one in beside], scope.queries)))
        return rows.with_columns(rows.columns, rows.more, multiplies=True)
    finally:
        state.laterals -= 1


def _reads(tree: object) -> bool:
    """Say whether a query reads any relation."""
    if isinstance(tree, list):
        return any(map(_reads, tree))
    return isinstance(tree, dict) and ("RangeVar" in tree or any(map(_reads, tree.values())))


def _named(body: Node, rows: Rows, otherwise: str) -> Item:
    alias = body.get("alias", {})
    return Item(alias.get("aliasname", otherwise), renamed(rows, strings(alias.get("colnames", []))))


def _function(state: State, body: Node, lateral: Scope) -> Item:
    name, rows = function_rows(state, body, lateral)
    return _named(body, rows, name)


def _sampled(state: State, body: Node, scope: Scope, beside: list[Item], lateral: Scope) -> list[Item]:
    state.shape_all(body.get("args", []), lateral)
    if "repeatable" in body:
        state.shape(state.expression(body["repeatable"], lateral))
    parts = strings(body.get("method", []))
    if parts[-1:] not in (("bernoulli",), ("system",)) or parts[:-1] not in ((), ("pg_catalog",)):
        state.opaque_shaping = True
    return item(state, body["relation"], scope, beside)


def computed_anyway(state: State, rows: Rows) -> Rows:
    """Record what is risky in columns that the server computes whether they are used or not."""
    if not rows.lazy:
        for _, value in rows.columns:
            state.risk(value)
        if rows.more is not None:
            state.risk(rows.more)
    return rows


def all_computed(state: State, items: list[Item]) -> None:
    """Record that every column of these is computed: where rows are locked or changed, whole rows are kept.

    What a table generates as it is read is no part of its rows.
    """
    for one in items:
        if not one.is_table:
            computed_anyway(state, Rows(one.rows.columns, one.rows.more))


def relation_item(state: State, body: Node, scope: Scope) -> Item:
    """Return the item of a RangeVar: a WITH query where the name has no schema and there is one."""
    alias = body.get("alias", {})
    names = strings(alias.get("colnames", []))
    name = body.get("relname", "")
    schema = body.get("schemaname")
    query = scope.query(name) if schema is None else None
    if query is not None:
        return Item(alias.get("aliasname", name), renamed(query, names))
    return target_item(state, body, names)


def target_item(state: State, body: Node, names: tuple[str, ...] = ()) -> Item:
    """Return the item of a RangeVar that can only be a relation."""
    alias = body.get("alias", {})
    name = body.get("relname", "")
    relation = state.known.relation(body.get("schemaname"), name)
    if relation is None:
        state.unknown()
        return Item(alias.get("aliasname", name), renamed(Rows((), OPAQUE), names))
    rows = relation_rows(state, relation)
    state.keys |= relation.locked
    oid = 0 if alias else relation.oid
    place = _place(relation)
    named = alias.get("aliasname", name)
    is_table = not relation.definition
    return Item(
        named,
        renamed(rows, names),
        oid,
        is_table=is_table,
        placed=place.placed,
        locked=place.locked,
        key=place.key,
        following=place.following,
        schema="" if alias else relation.schema,
    )


def _place(relation: RelationColumns) -> Place:
    known = _PLACES.get(id(relation))
    if known is not None and known.relation is relation:
        return known
    placed = mix([stored(relation.oid, column) for column in relation.columns if column.number in relation.routed])
    key, following = (frozenset((relation.oid, one) for one in part) for part in (relation.key, relation.following))
    place = Place(relation, placed, Value(relation.locked, steady=True), key, following - key)
    if len(_PLACES) >= _TABLES_MAX:
        _PLACES.clear()
    _PLACES[id(relation)] = place
    return place


def relation_rows(state: State, relation: RelationColumns) -> Rows:
    """Return what a relation holds, a view's definition being looked into."""
    if relation.definition and relation.oid >= _CATALOG_OIDS:
        return _view(state, relation)
    state.relations.add(relation.oid)
    rows = _table(relation)
    if any(one.virtual for one in relation.columns):
        rows = _generated(state, relation, rows)
    state.count_columns(rows.columns)
    return rows


def _table(relation: RelationColumns) -> Rows:
    """Return what a table holds, remembered for as long as what is known of the table is the same object."""
    known = _TABLES.get(id(relation))
    if known is not None and known[0] is relation:
        return known[1]
    hidden = opaque_columns(relation.schema, relation.name)
    planted = relation.schema.startswith("pg_temp")
    oid = relation.oid
    columns = tuple(
        (one.name, stored(oid, one, opaque=one.name in hidden, planted=planted)) for one in relation.columns
    )
    rows = Rows(columns, plain=True, lazy=True)
    if len(_TABLES) >= _TABLES_MAX:
        _TABLES.clear()
    _TABLES[id(relation)] = (relation, rows)
    return rows


def _generated(state: State, relation: RelationColumns, rows: Rows) -> Rows:
    """Return what a table holds, columns that are generated as they are read failing no more than what makes them."""
    scope = Scope(None, [Item(relation.name, rows)])
    read, computed, missing = set(state.read), set(state.computed), state.missing
    columns = tuple(
        (name, _made(state, one, value, scope) if one.virtual else value)
        for one, (name, value) in zip(relation.columns, rows.columns, strict=True)
    )
    # What it is made of is not read by the statement itself.
    state.read, state.computed, state.missing = read, computed, missing
    return Rows(columns, plain=True, lazy=True)


def _made(state: State, column: Column, value: Value, scope: Scope) -> Value:
    query = _definition(f"SELECT {column.expression}") if column.expression else None
    if query is None:
        return value
    node = query["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
    made = state.expression(node, scope)
    if made.risky or made.opaque:
        return value
    size = max(value.size, made.size)
    return structs.replace(value, risky=NO_COLUMNS, failing=made.failing, size=size, steady=False)


def stored(oid: int, column: Column, *, opaque: bool = False, planted: bool = False) -> Value:
    """Return the value of a column that holds data; in a temporary table anybody may have planted a very long one.

    What is generated as it is read may fail then, by whatever it is made of.
    """
    base, kind = (oid, column.number), column.type
    varies = kind in kinds.TEXTS or kind not in kinds.PRINTABLE
    long = (varies or kind in _LONG) and not (kind == kinds.NUMERIC and column.short)
    size = (UNBOUNDED if planted else COLUMN_BYTES) if long else 64
    named = f"{'loose' if column.loose else 'collation'} {column.collation}" if column.collation else OWN
    own = f"catalog {oid}" if oid < _CATALOG_OIDS else named
    only = frozenset((base,))
    return Value(
        only,
        base,
        risky=only if column.virtual else NO_COLUMNS,
        opaque=opaque,
        failing=MAY_FAIL if column.virtual else NEVER,
        type=kind,
        collation=own if varies else "",
        size=size,
        steady=True,
        loose=column.loose,
    )


_LONG = frozenset([kinds.BYTEA, kinds.JSON, kinds.JSONB, kinds.XML, kinds.NUMERIC, 1560, 1562])


def _view(state: State, relation: RelationColumns) -> Rows:
    if relation.oid in state.views:
        known = state.views[relation.oid]
        if known is not None:
            return known
        state.opaque_shaping = True
        return Rows((), OPAQUE)
    if state.inside_views >= _VIEWS_DEEP_MAX:
        raise TooLargeError
    state.views[relation.oid] = None
    state.inside_views += 1
    try:
        rows = _defined(state, relation)
    finally:
        state.inside_views -= 1
    state.views[relation.oid] = rows
    return rows


def _defined(state: State, relation: RelationColumns) -> Rows:
    query = _definition(relation.definition)
    rows = state.query(query, Scope()) if query is not None else Rows((), OPAQUE)
    if query is None:
        state.opaque_shaping = True
    if rows.more is not None or len(rows.columns) != len(relation.columns):
        return Rows((), OPAQUE, multiplies=True)
    columns = tuple((column.name, value) for column, (_, value) in zip(relation.columns, rows.columns, strict=True))
    return computed_anyway(state, rows.with_columns(columns, rows.more))


def _definition(text: str) -> Node | None:
    return _parsed(text) if len(text) > _DEFINITION_CHARS_MAX else _remembered(text)


@lru_cache(maxsize=256)
def _remembered(text: str) -> Node | None:
    return _parsed(text)


def _parsed(text: str) -> Node | None:
    try:
        found = parse(text).stmts
    except YettError:
        return None
    if len(found) != 1 or "SelectStmt" not in found[0]["stmt"]:
        return None
    query: Node = found[0]["stmt"]
    return query
