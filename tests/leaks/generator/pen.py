"""What the grammar writes with: choices, fresh names, and what may be spoken of at a place of the text."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from leaks.generator.choices import Choices

TYPES = ("text", "int", "num", "bool", "date", "json", "texts", "mood")
CASTS = {"num": "numeric", "json": "jsonb", "texts": "text[]"}


def cast(kind: str) -> str:
    """Return PostgreSQL's name of one of our types."""
    return CASTS.get(kind, kind)


@dataclass(frozen=True, slots=True)
class Written:
    """An expression: its text, its type, and whether labelled data went into its value."""

    sql: str
    kind: str
    tainted: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column that can be named."""

    name: str
    kind: str
    tainted: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """Something in FROM, under its alias; `whole` says that the alias by itself is a row."""

    alias: str
    columns: tuple[Column, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """A query: its text and its output. `shaped` says that labelled data decided on its rows or their order."""

    sql: str
    columns: tuple[Column, ...]
    shaped: bool = False


@dataclass(slots=True)
class Pen:
    """Writes one statement. `query` writes a sub-query; `named` holds the CTEs that can be named here.

    Where `given` is a list, some constants become parameters, whose values are put into it.
    """

    choices: Choices
    query: Callable[..., Query]
    named: list[Relation] = field(default_factory=list)
    given: list[str] | None = None
    _count: int = 0

    def name(self, prefix: str) -> str:
        """Return a name that nothing else in the statement has."""
        self._count += 1
        return f"{prefix}{self._count}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression stands: what it can name, how deep it is, and whether it must stay clean of labelled data."""

    relations: tuple[Relation, ...]
    depth: int = 0
    clean: bool = False
    outer: tuple[Relation, ...] = ()

    @property
    def seen(self) -> tuple[Relation, ...]:
        """Return all that can be named: what this query's FROM has, and what the queries around it have."""
        return (*self.relations, *self.outer)

    def deeper(self, by: int = 1) -> "Place":
        """Return the place of a part of the expression."""
        return replace(self, depth=self.depth + by)

    def nearly(self) -> "Place":
        """Return the place of a part that must stay short."""
        return replace(self, depth=max(self.depth, 2))

    def cleaned(self, *, clean: bool = True) -> "Place":
        """Return the same place, where labelled data may not be named."""
        return replace(self, clean=clean or self.clean)

    def own(self) -> "Place":
        """Return the same place without what the queries around can name."""
        return replace(self, outer=())

    def inside(self) -> "Place":
        """Return where a sub-query begins that can name everything that can be named here."""
        return Place((), self.depth + 1, self.clean, self.seen)
