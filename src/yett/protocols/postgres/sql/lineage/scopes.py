"""Which name means which column: the levels of a query and what is visible at each, as PostgreSQL decides it."""

from collections.abc import Sequence
from typing import Final

from yett.protocols.postgres.sql.lineage.known import Base
from yett.protocols.postgres.sql.lineage.mixing import either, mix, row, with_risk
from yett.protocols.postgres.sql.lineage.result import NO_COLUMNS
from yett.protocols.postgres.sql.lineage.values import Value

SYSTEM_COLUMNS = frozenset(["ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"])
_SYSTEM = Value(steady=True)

_NO_RELATIONS: Final[frozenset[int]] = frozenset()

Columns = tuple[tuple[str, Value], ...]


# These three are made for every FROM, and more often than anything else of a statement: their parts are set one by one,
# which compiled is a tenth of what a dataclass takes.


class Rows:
    """What a query answers with, or a table holds.

    `more` is set where there may be further columns of any name, each made of it. `plain`: each row is one row of a
    relation, or of a plain join. `lazy`: a column that nobody uses is not computed. `multiplies`: there may be far more
    rows than any relation has. `repeated` are relations of which one row may stand in many of these. `keys` are sets of
    columns of which no two of these rows have the same values.
    """

    def __init__(  # noqa: PLR0913 (what is known of rows, given once)
        self,
        columns: Columns,
        more: Value | None = None,
        *,
        plain: bool = False,
        lazy: bool = False,
        multiplies: bool = False,
        repeated: frozenset[int] = _NO_RELATIONS,
        keys: tuple[frozenset[Base], ...] = (),
    ) -> None:
        self.columns: Final = columns
        self.more: Final = more
        self.plain: Final = plain
        self.lazy: Final = lazy
        self.multiplies: Final = multiplies
        self.repeated: Final = repeated
        self.keys: Final = keys
        self._index: dict[str, Value] = {}

    def with_columns(self, columns: Columns, more: Value | None, *, multiplies: bool = False) -> "Rows":
        """Return the same rows with other columns, or as rows that something multiplies."""
        return Rows(
            columns,
            more,
            plain=self.plain,
            lazy=self.lazy,
            multiplies=self.multiplies or multiplies,
            repeated=self.repeated,
            keys=() if multiplies else self.keys,
        )

    def column(self, name: str) -> Value | None:
        """Return the column of this name, one of several being either of them; None where there is none."""
        index = self._index
        if not index:
            for own, value in self.columns:
                index[own] = value if own not in index else either([index[own], value])
        return index.get(name)


class Item:
    """One thing that names can mean: a relation, sub-select, function or join in FROM.

    `oid` is that of a relation that was given no alias (0 otherwise), so that its schema can be written before it.
    `placed` is what says in which partition a row is, `locked` what says who has locked it. `key` are the columns of a
    table's primary key, `following` those by which PostgreSQL does not group where it groups by the key. `schema` is
    that of a relation without an alias. An outer join may have found nothing of what is `optional`: several rows then
    have NULL in its key.
    """

    def __init__(  # noqa: PLR0913 (what names can mean, given once)
        self,
        name: str,
        rows: Rows,
        oid: int = 0,
        *,
        is_table: bool = False,
        by_relation: bool = True,
        by_column: bool = True,
        returned: bool = False,
        placed: Value = _SYSTEM,
        locked: Value = _SYSTEM,
        key: frozenset[Base] = NO_COLUMNS,
        following: frozenset[Base] = NO_COLUMNS,
        schema: str = "",
    ) -> None:
        self.name: Final = name
        self.rows = rows
        self.oid: Final = oid
        self.is_table: Final = is_table
        self.by_relation: Final = by_relation
        self.by_column = by_column
        self.returned: Final = returned
        self.placed: Final = placed
        self.locked: Final = locked
        self.key: Final = key
        self.following: Final = following
        self.schema: Final = schema
        self.optional = False

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

    def at_risk(self) -> "Item":
        """Return the same item, each value of which is at risk wherever it is used."""
        item = Item(
            self.name,
            self.rows.with_columns(
                tuple((name, _all_at_risk(value)) for name, value in self.rows.columns),
                None if self.rows.more is None else _all_at_risk(self.rows.more),
            ),
            self.oid,
            is_table=self.is_table,
            by_relation=self.by_relation,
            by_column=self.by_column,
            returned=self.returned,
            placed=_all_at_risk(self.placed),
            locked=_all_at_risk(self.locked),
            key=self.key,
            following=self.following,
            schema=self.schema,
        )
        item.optional = self.optional
        return item

    def is_in(self, schema: Sequence[str]) -> bool:
        """Say whether the item is of this schema, where one is named."""
        return not schema or list(schema) == [self.schema]

    def whole(self) -> Value:
        """Return the whole row."""
        return row(self.rows.columns, self.rows.more)


def _all_at_risk(value: Value) -> Value:
    return with_risk(value, value.sources, opaque=value.opaque)


class Scope:
    """One level of a query: what its FROM offers and the WITH queries that its names may mean."""

    def __init__(
        self, parent: "Scope | None" = None, items: list[Item] | None = None, queries: dict[str, Rows] | None = None
    ) -> None:
        self.parent: Final = parent
        self.items = [] if items is None else items
        self.queries = {} if queries is None else queries
        self.windows: dict[str, Value] = {}
        self.multiplies = False
        self.repeated = _NO_RELATIONS

    def keys_of(self, item: Item) -> list[frozenset[Base]]:
        """Return the sets of an item's columns of which no two rows of this level have the same values."""
        if self.multiplies or item.optional:
            return []
        own = (item.key,) if item.key else item.rows.keys
        return [key for key in own if self.repeated.isdisjoint(relation for relation, _ in key)]

    def keys(self) -> tuple[frozenset[Base], ...]:
        """Return the sets of columns of which no two rows have the same values, whichever item a column is of."""
        found = [key for item in self.items for key in self.keys_of(item)]
        return tuple(key for key in found if self._once(key)) if len(self.items) > 1 else tuple(found)

    def _once(self, key: frozenset[Base]) -> bool:
        """Say whether only one item may show these columns: in another one the same column is another row's."""
        having = 0
        for item in self.items:
            if item.by_relation:
                shown = any(value.verbatim in key for _, value in item.rows.columns)
                having += shown or item.rows.more is not None
        return having == 1

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

    def named(self, names: Sequence[str]) -> Item | None:
        """Return what `t` or `schema.t` means at this very level."""
        *schema, name = names
        return next((one for one in self.items if one.by_relation and one.name == name and one.is_in(schema)), None)

    def multiplied(self, values: Sequence[Value] = ()) -> bool:
        """Say whether an aggregate of values here, or further out, may see one far more often than it is held."""
        relations = {relation for value in values for relation, _ in value.sources}
        scope: Scope | None = self
        while scope is not None:
            if scope.multiplies or not relations.isdisjoint(scope.repeated):
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
    return rows.with_columns(columns, rows.more)


def merged(rows: Rows) -> Value:
    """Return what all the columns together were made of."""
    values = [value for _, value in rows.columns]
    return mix(values if rows.more is None else [*values, rows.more])
