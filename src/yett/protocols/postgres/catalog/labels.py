"""What the gate knows of a resource's sensitive data: its labels, and what was copied into temporary tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from yett.core.targets import Target
from yett.protocols.postgres.catalog.columns import Shape
from yett.protocols.postgres.catalog.records import Relation

Base = tuple[int, int]
"""A column by its relation's id and its own number."""

_PINS_MAX = 200_000


class Labelling(Protocol):
    """What the settings say of a resource's data."""

    @property
    def has_labels(self) -> bool:
        """Say whether any column of the resource can have a label."""
        ...

    def label_of(self, schema: str, table: str, column: str, type_name: str, comment: str) -> str:
        """Return a column's label, "" for none."""
        ...

    def keeps_null(self, label: str) -> bool:
        """Say whether what masks values of this label leaves NULL alone what was NULL."""
        ...


class NoLabels:
    """A resource of which nothing is said."""

    has_labels = False

    def label_of(self, schema: str, table: str, column: str, type_name: str, comment: str) -> str:
        """Return that no column has a label."""
        del schema, table, column, type_name, comment
        return ""

    def keeps_null(self, label: str) -> bool:
        """Return that nothing is said of any label."""
        del label
        return False


@dataclass(frozen=True, slots=True)
class Mark:
    """What is sensitive about one column: the labelled columns its values are, or were made from (not `whole`)."""

    sources: tuple[Target, ...]
    whole: bool


@dataclass(slots=True)
class Pins:
    """Labels that columns of one resource had, by identity: renaming a column does not take its label away."""

    labels: dict[Base, str] = field(default_factory=dict)

    def hold(self, base: Base, label: str) -> str:
        """Return the column's label, which stays what it was once it had one."""
        kept = self.labels.get(base, "")
        if label and not kept and len(self.labels) < _PINS_MAX:
            self.labels[base] = label
        return kept or label


@dataclass(frozen=True, slots=True)
class Copy:
    """Labelled data that a statement puts into a column of a temporary table."""

    table: str
    column: str
    mark: Mark


@dataclass(slots=True)
class Copies:
    """What labelled data one session has in its temporary tables, by table and column; it only grows.

    `anything` is set once code has run that could have put any data anywhere.
    """

    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)
    anything: bool = False

    def add(self, copy: Copy) -> bool:
        """Note that a column holds labelled data; say whether that is news."""
        place, mark = (copy.table, copy.column), copy.mark
        known = self.marks.get(place)
        if known is not None:
            sources = tuple(dict.fromkeys((*known.sources, *mark.sources)))
            if sources == known.sources and known.whole <= mark.whole:
                return False
            mark = Mark(sources, whole=known.whole and mark.whole and len(sources) == 1)
        self.marks[place] = mark
        return True


@dataclass(frozen=True, slots=True)
class Looked:
    """What is sensitive about one relation, by column number; `told`: 0 stands for all of them.

    `beside` are the labelled columns that a constraint or index looks at together with others, each with those others;
    `routed` those that say in which partition a row is, `in_part` whether it is a partition itself; `referred` those at
    the ends of keys to a column, and `far` those by their own base; `guarded` the columns, of any relation, by which
    policies choose its rows. In `unique` no two rows may be equal, in `excluded` they may conflict in other ways.
    """

    columns: Mapping[int, Target]
    types: Mapping[int, int]
    marks: Mapping[int, Mark]
    told: frozenset[int]
    unique: frozenset[int]
    refers: Mapping[int, tuple[Target, ...]]
    referred: Mapping[int, tuple[Target, ...]]
    far: Mapping[Base, Mark]
    beside: tuple[tuple[int, frozenset[int]], ...]
    routed: tuple[Target, ...]
    in_part: bool
    excluded: frozenset[int]
    guarded: tuple[Base, ...]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What is known of a resource's sensitive data, for all its sessions.

    `origins` collects the label of every labelled column that was ever seen, for the server's own word on where an
    answer's columns come from; `seen` are the relations that were looked into,
    `text_types` the types met that are text in all but name. `looked` is what was found in each relation the last time,
    with what it stands on: that very relation and shape, and so many pins.
    """

    labelling: Labelling = field(default_factory=NoLabels)
    pins: Pins = field(default_factory=Pins)
    origins: dict[Base, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    text_types: set[int] = field(default_factory=set)
    looked: dict[int, tuple[Relation, Shape, int, Looked]] = field(default_factory=dict)
