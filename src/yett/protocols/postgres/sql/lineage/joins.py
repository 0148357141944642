"""Joins: which columns they offer, merged by USING and NATURAL, and what their conditions shape."""

from collections.abc import Callable
from typing import Final

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.conditions import condition
from yett.protocols.postgres.sql.lineage.keys import fits_once
from yett.protocols.postgres.sql.lineage.mixing import either, mix
from yett.protocols.postgres.sql.lineage.operations import compared, is_builtin
from yett.protocols.postgres.sql.lineage.scopes import Columns, Item, Rows, Scope, renamed
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.lineage.values import Value
from yett.protocols.postgres.sql.names import strings

# Joins whose rows may have nothing of their left side, and nothing of their right one.
_LEFT_OPTIONAL: Final = ("JOIN_RIGHT", "JOIN_FULL")
_RIGHT_OPTIONAL: Final = ("JOIN_LEFT", "JOIN_FULL")

ItemsOf = Callable[[State, Node, Scope, list[Item]], list[Item]]


def join(state: State, body: Node, scope: Scope, beside: list[Item], items_of: ItemsOf) -> list[Item]:
    """Return the items of a JoinExpr: its sides, still visible by relation name unless it has an alias, and itself."""
    left = items_of(state, body["larg"], scope, beside)
    right = items_of(state, body["rarg"], scope, [*beside, *left])
    inner = body.get("jointype") == "JOIN_INNER"
    sides = [left, right]
    shared = _shared_names(state, body, left, right)
    merged = [_merged(state, name, sides, kind=body.get("jointype", "")) for name in shared]
    if "quals" in body:
        condition(state, body["quals"], Scope(scope.parent, [*left, *right], scope.queries), may_match=inner)
    rows = _rows([*left, *right], merged, frozenset(shared), _often(state, body, left, right, shared))
    for side, kinds in ((left, _LEFT_OPTIONAL), (right, _RIGHT_OPTIONAL)):
        for one in side:
            one.optional = one.optional or body.get("jointype") in kinds
    found = [] if "alias" in body else [*left, *right]
    for one in found:
        one.by_column = False
    if "join_using_alias" in body and "alias" not in body:
        using = Item(body["join_using_alias"]["aliasname"], Rows(tuple(merged)), by_column=False)
        found.append(using)
    alias = body.get("alias", {})
    names = strings(alias.get("colnames", []))
    return [*found, Item(alias.get("aliasname", ""), renamed(rows, names), by_relation=bool(alias))]


def _visible(items: list[Item]) -> Columns:
    columns: Columns = ()
    for item in items:
        if item.by_column:
            columns += item.rows.columns
    return columns


def _more(items: list[Item]) -> list[Value]:
    return [item.rows.more for item in items if item.by_column and item.rows.more is not None]


def _shared_names(state: State, body: Node, left: list[Item], right: list[Item]) -> list[str]:
    if not body.get("isNatural"):
        return list(strings(body.get("usingClause", [])))
    if _more(left) or _more(right):
        # Nobody knows which columns have the same names.
        state.opaque_shaping = True
    names = {name for name, _ in _visible(right)}
    return [name for name, _ in _visible(left) if name in names]


def _merged(state: State, name: str, sides: list[list[Item]], *, kind: str) -> tuple[str, Value]:
    found = [Scope(None, items).column(name) for items in sides]
    if found[0] is None or found[1] is None:
        return name, state.unknown()
    left, right = state.uses(found[0][0]), state.uses(found[1][0])
    state.shape(left)
    state.shape(right)
    if not is_builtin(state, ("=",), 2):
        state.opaque_shaping = True
    state.risk(compared(state, [left, right]))
    if left.type != right.type:
        return name, mix([left, right], size=max(left.size, right.size))
    kept = right if kind == "JOIN_RIGHT" else left
    made = mix([left, right], kept.type, size=kept.size, steady=kept.steady)
    if kind == "JOIN_FULL":
        return name, either([left, right]) if left.verbatim == right.verbatim else made
    return name, Value(
        made.sources, kept.verbatim, made.risky, made.opaque, made.opaque_risky, made.failing, kept.type,
        kept.collation, kept.size, kept.steady, kept.fields, kept.more,
    )  # fmt: skip  # a value's parts, in its own order


def _often(
    state: State, body: Node, left: list[Item], right: list[Item], shared: list[str]
) -> tuple[bool, frozenset[int]]:
    """Return whether a join may make far more rows than its sides have, and the relations whose rows it repeats.

    Where no more than one row of a side fits, by the key of one of its tables, each row of the other comes once at most
    (and beside them, in an outer join, rows that found nothing).
    """
    if left[-1].rows.multiplies or right[-1].rows.multiplies or not is_builtin(state, ("=",), 2):
        return True, frozenset()
    repeated = left[-1].rows.repeated | right[-1].rows.repeated
    left_once, right_once = _fits_once(left, body, right, shared), _fits_once(right, body, left, shared)
    if left_once != right_once:
        repeated |= _relations(left if left_once else right)
    return not (left_once or right_once), repeated


def _fits_once(side: list[Item], body: Node, other: list[Item], shared: list[str]) -> bool:
    """Say whether no more than one row of a side fits, by the key of a table each row of which stands there once."""
    repeated = side[-1].rows.repeated
    keyed = [one for one in side if one.key and repeated.isdisjoint(relation for relation, _ in one.key)]
    return any(fits_once(one, side, body, other, shared) for one in keyed)


def _relations(side: list[Item]) -> frozenset[int]:
    return frozenset(relation for _, value in side[-1].rows.columns for relation, _ in value.sources)


def _rows(
    items: list[Item], merged: list[tuple[str, Value]], shared: frozenset[str], often: tuple[bool, frozenset[int]]
) -> Rows:
    others = _visible(items)
    if shared:
        others = tuple(column for column in others if column[0] not in shared)
    more = _more(items)
    plain = all(item.rows.plain for item in items if item.by_column)
    return Rows(
        (*merged, *others),
        mix(more) if more else None,
        plain=plain,
        lazy=True,
        multiplies=often[0],
        repeated=often[1],
    )
