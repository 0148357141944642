"""What the analyser has to be told about the database: relations with their columns, and which names are PostgreSQL's.

Whoever implements `Known` answers from what the session itself would see (path, role, temporary objects).
"""

from dataclasses import dataclass
from typing import Protocol

from yett.protocols.postgres.sql.grammar import Node

Base = tuple[int, int]
"""(relation oid, column number) of a column that holds data."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a relation.

    `type` is its type's oid, 0 where it is not known (a domain's own oid, not that of what it is made of).
    `generated` is False only where the catalog says that the server does not compute the column from other columns;
    `virtual` where it does so whenever the column is read, and `expression` is what it then computes, "" where that is
    not known. `collation` is 0 where it is the database's own, or none; `loose` where that collation may find different
    texts equal; `short` where its values' length is limited.
    """

    name: str
    number: int
    type: int = 0
    generated: bool = True
    virtual: bool = False
    collation: int = 0
    loose: bool = False
    short: bool = False
    expression: str = ""


@dataclass(frozen=True, slots=True)
class RelationColumns:
    """One relation and its columns in order, dropped ones left out.

    `definition` is pg_get_viewdef's text for views and materialized views, whose columns are that query's outputs in
    order; it is empty for what holds data itself. `schema` is the real one (`pg_temp_3` for a temporary relation).
    `routed` are the numbers of columns by which rows were put into partitions, `locked` the columns, of any relation,
    that are keys to this one: whoever writes them locks a row here, and `xmax` shows that. Rows that are grouped by all
    columns of `key` are grouped by it alone, whatever columns of `following` they are grouped by as well.
    """

    oid: int
    schema: str
    name: str
    columns: tuple[Column, ...]
    definition: str = ""
    routed: frozenset[int] = frozenset()
    locked: frozenset[Base] = frozenset()
    key: frozenset[int] = frozenset()
    following: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """A function whose body is one query: its parameters by name ("" for none), and the id of its type."""

    oid: int
    name: str
    parameters: tuple[str, ...]
    query: Node
    returns: int


class Known(Protocol):
    """What is known of names, as the statement's session would resolve them."""

    def relation(self, schema: str | None, name: str) -> RelationColumns | None:
        """Return the relation that this name means, None where it cannot be looked into: it is opaque then."""
        ...

    def is_builtin_function(self, schema: str | None, name: str, arity: int) -> bool:
        """Say whether a call of this name with so many arguments can only mean pg_catalog's own."""
        ...

    def sql_function(self, schema: str | None, name: str, arity: int) -> SqlFunction | None:
        """Return the one function that a call of this name means, None where its body cannot be looked into."""
        ...

    def is_builtin_operator(self, schema: str | None, name: str, arity: int) -> bool:
        """Say whether an operator of this name with so many operands can only mean pg_catalog's own."""
        ...

    def is_builtin_type(self, schema: str | None, name: str) -> bool:
        """Say whether a cast to this type runs nothing but PostgreSQL's own code and none that looks at tables."""
        ...

    def in_index(self, base: Base) -> bool:
        """Say whether an index looks at this column, by which the server may find rows in an order of its own."""
        ...

    def shows_null(self, base: Base) -> bool:
        """Say whether whoever reads this column sees which of its values are NULL, whatever masks the others."""
        ...
