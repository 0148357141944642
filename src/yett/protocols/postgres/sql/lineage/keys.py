"""Keys: what follows from a table's primary key adds nothing to the groups and duplicates that the key tells apart."""

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.aggregates import AGGREGATES
from yett.protocols.postgres.sql.lineage.kinds import INTEGERS, UNTYPED, comparable
from yett.protocols.postgres.sql.lineage.known import Base
from yett.protocols.postgres.sql.lineage.scopes import Item, Rows, Scope
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.lineage.totals import TOTAL
from yett.protocols.postgres.sql.lineage.values import Value
from yett.protocols.postgres.sql.names import strings

_QUIET = TOTAL.keys() | AGGREGATES.keys()

Plain = tuple[Item, Base]
"""A table's column as it is: of which of the items in FROM, the table itself or what shows it, and which."""


def following_keys(state: State, body: Node, scope: Scope) -> list[Node]:
    """Return those of GROUP BY's keys that tell nothing, as they follow from a primary key that is grouped by as well.

    They make no row another group's. PostgreSQL leaves most of them out itself (`remove_useless_groupby_columns`), so
    that not even the order of groups tells of them; the others where ORDER BY names all that groups differ by.
    """
    nodes, targets = body.get("groupClause", []), body.get("targetList", [])
    if any("GroupingSet" in node for node in nodes):
        return []
    found = [(node, named_column(node, targets, scope, output_first=False)) for node in nodes]
    plain = [one for _, one in found if one is not None]
    follow = [(node, one) for node, one in found if one is not None and _follows(one, plain)]
    others = [one for node, one in found if not any(node is other for other, _ in follow)]
    pinned = bool(follow) and not state.tells_order and _is_pinned(body, others, scope)
    return [node for node, one in follow if pinned or one[1] in one[0].following]


def _is_pinned(body: Node, others: list[Plain | None], scope: Scope) -> bool:
    """Say whether ORDER BY leaves no two groups in any order, and nothing else looks at the one they were made in."""
    targets = body.get("targetList", [])
    nodes = [one["SortBy"]["node"] for one in body.get("sortClause", []) if "useOp" not in one["SortBy"]]
    sort = [named_column(node, targets, scope, output_first=True) for node in nodes]
    named = all(one is not None and any(_is_same(one, other) for other in sort) for one in others)
    return named and all(_is_quiet(node) for node in [*targets, body.get("havingClause", {})])


def _is_quiet(node: object) -> bool:
    """Say whether nothing in an expression counts rows or leaves a trace of when it was computed."""
    if isinstance(node, list):
        return all(_is_quiet(one) for one in node)
    if not isinstance(node, dict):
        return True
    call: Node = node.get("FuncCall", {})
    known = not call or ("over" not in call and strings(call.get("funcname", []))[-1] in _QUIET)
    return known and "SubLink" not in node and all(_is_quiet(one) for one in node.values())


def has_key(plain: list[Plain], item: Item) -> bool:
    """Say whether a table's whole primary key is among these columns."""
    return bool(item.key) and item.key <= {base for owner, base in plain if owner is item}


def _is_same(one: Plain, other: Plain | None) -> bool:
    return other is not None and one[0] is other[0] and one[1] == other[1]


def named_column(node: Node, targets: list[Node], scope: Scope, *, output_first: bool) -> Plain | None:
    """Return the column that a key of GROUP BY or ORDER BY is: itself, or an output's by number or name."""
    if "A_Const" in node:
        at: int = node["A_Const"].get("ival", {}).get("ival", 0)
        # A `*` before it stands for any number of outputs.
        known = 1 <= at <= len(targets) and not any(_is_star(one["ResTarget"].get("val", {})) for one in targets)
        return plain_column(targets[at - 1]["ResTarget"]["val"], scope) if known else None
    fields = node.get("ColumnRef", {}).get("fields", [])
    if len(fields) != 1 or "String" not in fields[0]:
        return plain_column(node, scope)
    name = strings(fields)[0]
    named = [one["ResTarget"]["val"] for one in targets if one["ResTarget"].get("name") == name]
    if named and (output_first or scope.column(name, outside=False) is None):
        return plain_column(named[0], scope) if len(named) == 1 else None
    return plain_column(node, scope)


def plain_column(node: Node, scope: Scope) -> Plain | None:
    """Return what a plain reference to a table's column in this very FROM means, None for anything else."""
    fields = node.get("ColumnRef", {}).get("fields", [])
    if not 1 <= len(fields) <= 3 or any("String" not in field for field in fields):
        return None
    names = strings(fields)
    if len(names) == 1:
        found = scope.column(names[0], outside=False)
        return None if found is None or found[1] is None else _of_item(_beneath(*found, scope), names[0])
    return _of_item(scope.named(names[:-1]), names[-1])


def _beneath(value: Value, item: Item | None, scope: Scope) -> Item | None:
    """Return what a column comes from where it is named through a join: the only item that has it."""
    if item is None or item.by_relation:
        return item
    found = [one for one in scope.items if one.by_relation and any(value == own for _, own in one.rows.columns)]
    return found[0] if len(found) == 1 else None


def _of_item(item: Item | None, name: str) -> Plain | None:
    value = item.column(name) if item is not None else None
    if item is None or value is None or value.verbatim is None or value.sources != {value.verbatim}:
        return None
    # Comparing what follows from the key happens, and must not fail.
    sure = comparable(value.type, value.type) and not (value.opaque or value.risky or value.failing)
    return (item, value.verbatim) if sure else None


def distinct_by(body: Node, rows: Rows, scope: Scope) -> list[int]:
    """Return which outputs, from 0, tell the rows of a SELECT DISTINCT apart: all, but for what follows from a key.

    What follows from a key among the outputs makes no row another one. It would still decide in which order rows come,
    so that ORDER BY has to name all others.
    """
    every = list(range(len(rows.columns)))
    plain = _plain_outputs(body.get("targetList", []), scope)
    if rows.more is not None or len(plain) != len(every):
        return every
    given = [one for one in plain if one is not None]
    alone = [at for at in every if not _follows(plain[at], given)]
    sort = {_sorted_output(node["SortBy"], plain, rows, scope) for node in body.get("sortClause", [])}
    return alone if sort.issuperset(alone) else every


def _follows(one: Plain | None, given: list[Plain]) -> bool:
    return one is not None and one[1] not in one[0].key and has_key(given, one[0])


def _plain_outputs(targets: list[Node], scope: Scope) -> list[Plain | None]:
    found: list[Plain | None] = []
    for target in targets:
        node = target["ResTarget"].get("val", {})
        fields = node.get("ColumnRef", {}).get("fields", [])
        if not _is_star(node):
            found.append(plain_column(node, scope))
            continue
        items = scope.items if len(fields) == 1 else [one for one in scope.items if one.name == strings(fields[:1])[0]]
        if len(items) != 1 or not items[0].is_table:
            return []
        found += [_of_item(items[0], name) for name, _ in items[0].rows.columns]
    return found


def _is_star(node: Node) -> bool:
    return any("A_Star" in field for kind in ("ColumnRef", "A_Indirection") for field in _parts(node.get(kind, {})))


def _parts(body: Node) -> list[Node]:
    return [*body.get("fields", []), *body.get("indirection", [])]


def _sorted_output(sort: Node, plain: list[Plain | None], rows: Rows, scope: Scope) -> int:
    """Return which output a key of ORDER BY is, -1 where that is not sure."""
    node = sort["node"]
    if "useOp" in sort:
        return -1
    if "A_Const" in node:
        at: int = node["A_Const"].get("ival", {}).get("ival", 0)
        return at - 1
    fields = node.get("ColumnRef", {}).get("fields", [])
    if len(fields) == 1 and "String" in fields[0]:
        named = [at for at, (name, _) in enumerate(rows.columns) if name == strings(fields)[0]]
        if named:
            return named[0] if len(named) == 1 else -1
    meant = plain_column(node, scope)
    return next((at for at, one in enumerate(plain) if one is not None and _is_same(one, meant)), -1)


def fits_once(item: Item, side: list[Item], body: Node, beside: list[Item], shared: list[str]) -> bool:
    """Say whether a join asks for the whole key of a table of one side by `=`, so that one row of it fits at most."""
    within, own, without = Scope(None, [*side, *beside]), Scope(None, side), Scope(None, beside)
    pairs = [(_shared(name, item, own), (without.column(name, outside=False) or (None, None))[0]) for name in shared]
    for node in _conjuncts(body.get("quals", {})):
        test = node.get("A_Expr", {})
        if test.get("kind") == "AEXPR_OP" and strings(test.get("name", [])) == ("=",) and "lexpr" in test:
            found = [one for one in (plain_column(test[key], within) for key in ("lexpr", "rexpr")) if one is not None]
            asked_of = [_value(one) for one in found if one[0] is item]
            given = [_value(one) for one in found if any(one[0] is other for other in beside)]
            pairs += zip(asked_of, given, strict=False)
    asked = {one.verbatim for one, other in pairs if one is not None and other is not None and _alike(one, other)}
    return bool(item.key) and item.key <= asked


def _shared(name: str, item: Item, side: Scope) -> Value | None:
    """Return the column of a table that USING means by a name, where it is that table's."""
    found = side.column(name, outside=False)
    owner = None if found is None or found[1] is None else _beneath(*found, side)
    return item.column(name) if owner is item else None


def _value(one: Plain) -> Value:
    return next(value for _, value in one[0].rows.columns if value.verbatim == one[1])


def _alike(one: Value, other: Value) -> bool:
    """Say whether no two different values of one are equal to the same of the other.

    `char(n)` overlooks blanks, and a collation may overlook case.
    """
    if one.loose or other.loose:
        return False
    return one.type == other.type != UNTYPED or {one.type, other.type} <= INTEGERS


def _conjuncts(node: Node) -> list[Node]:
    both = node.get("BoolExpr", {})
    if both.get("boolop") != "AND_EXPR":
        return [node]
    return [part for one in both.get("args", []) for part in _conjuncts(one)]
