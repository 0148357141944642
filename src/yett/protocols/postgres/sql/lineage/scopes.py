"""Which name means which column: the levels of a query and what is visible at each, as PostgreSQL decides it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from yett.protocols.postgres.sql.lineage.known import Base
from yett.protocols.postgres.sql.lineage.values import Value, either, mix, row

SYSTEM_COLUMNS = frozenset(["ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"])
_SYSTEM = Value(steady=True)

Columns = tuple[tuple[str, Value], ...]


class Rows(msgspec.Struct, frozen=True, eq=True):
    """What a query answers with, or a table holds.

    `more` is set where there may be further columns of any name, each made of it. `plain`: each row is one row of a
    relation, or of a plain join. `lazy`: a column that nobody uses is not computed. `multiplies`: there may be far more
    rows than any relation has.
    """

    columns: Columns
    more: Value | None = None
    plain: bool = False
    lazy: bool = False
    multiplies: bool = False
    index: dict[str, Value] = msgspec.field(default_factory=dict)

    def column(self, name: str) -> Value | None:
        """Return the column of this name, one of several being either of them; None where there is none."""
        index = self.index
        if not index:
            for own, value in self.columns:
                index[own] = value if own not in index else either([index[own], value])
        return index.get(name)


@dataclass(slots=True)
class Item:
    """One thing that names can mean: a relation, sub-select, function or join in FROM.

    `oid` is that of a relation that was given no alias (0 otherwise), so that its schema can be written before it.
    `placed` is what says in which partition a row is, `locked` what says who has locked it. `key` are the columns of a
    table's primary key, `following` those by which PostgreSQL does not group where it groups by the key.
    """

    name: str
    rows: Rows
    oid: int = 0
    is_table: bool = False
    by_relation: bool = True
    by_column: bool = True
    returned: bool = False
    placed: Value = _SYSTEM
    locked: Value = _SYSTEM
    key: frozenset[Base] = frozenset()
    following: frozenset[Base] = frozenset()

    def column(self, name: str) -> Value | None:
        """Return the column of this name, None where there is none; a column that may be there is there."""
        found = self.rows.column(name)
        more = self.rows.more
        if more is not None:
            return more if found is None else either([found, more])
        if found is None and self.is_table and name in SYSTEM_COLUMNS:
            # Where a row stands tells how large it and its neighbours are.
            if name == "tableoid":
                return self.placed
            if name == "xmax":
                return self.locked
            return mix([value for _, value in self.rows.columns]) if name == "ctid" else _SYSTEM
        return found

    def whole(self) -> Value:
        """Return the whole row."""
        return row(self.rows.columns, self.rows.more)


@dataclass(slots=True)
class Scope:
    """One level of a query: what its FROM offers and the WITH queries that its names may mean."""

    parent: "Scope | None" = None
    items: list[Item] = field(default_factory=list)
    queries: dict[str, Rows] = field(default_factory=dict)
    windows: dict[str, Value] = field(default_factory=dict)
    multiplies: bool = False

    def query(self, name: str) -> Rows | None:
        """Return the WITH query of this name."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.queries.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def column(self, name: str, *, outside: bool = True) -> tuple[Value, Item | None] | None:
        """Return what an unqualified column name means, and the item of this level that it is a column of."""
        sure = False
        found: list[tuple[Value, Item]] = []
        for item in self.items:
            if not item.by_column:
                continue
            value = item.column(name)
            if value is not None:
                found.append((value, item))
                sure = sure or item.rows.more is None
        if len(found) == 1 and sure:
            return found[0]
        further = self.parent.column(name) if outside and self.parent is not None and not sure else None
        if not found:
            return None if further is None else (further[0], None)
        values = [value for value, _ in found]
        if further is not None:
            values.append(further[0])
        return either(values), None

    def relation(self, name: str, oid: int = 0) -> Item | None:
        """Return the item of this name at the nearest level; with `oid`, the one that is this relation itself."""
        scope: Scope | None = self
        while scope is not None:
            for item in scope.items:
                if item.by_relation and item.name == name and (not oid or item.oid == oid):
                    return item
            scope = scope.parent
        return None

    def multiplied(self) -> bool:
        """Say whether an aggregate here, or further out, may see many more rows than a relation has."""
        scope: Scope | None = self
        while scope is not None:
            if scope.multiplies:
                return True
            scope = scope.parent
        return False


def renamed(rows: Rows, names: Sequence[str]) -> Rows:
    """Return the rows with their first columns renamed, as `AS t(a, b)` does."""
    if not names:
        return rows
    columns = tuple((names[at] if at < len(names) else name, value) for at, (name, value) in enumerate(rows.columns))
    if rows.more is not None:
        columns += tuple((name, rows.more) for name in names[len(columns) :])
    return Rows(columns, rows.more, rows.plain, rows.lazy, rows.multiplies)


def merged(rows: Rows) -> Value:
    """Return what all the columns together were made of."""
    values = [value for _, value in rows.columns]
    return mix(values if rows.more is None else [*values, rows.more])
