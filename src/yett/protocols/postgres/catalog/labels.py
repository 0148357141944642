"""Which columns are labelled, and where data that was copied into temporary tables came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from yett.core.targets import Target
from yett.protocols.postgres.catalog.closure import FIRST_USER_OID
from yett.protocols.postgres.catalog.columns import ColumnRow, Shape
from yett.protocols.postgres.catalog.records import Relation
from yett.protocols.postgres.catalog.view import SessionView

Base = tuple[int, int]
"""A column by its relation's id and its own number."""

_PINS_MAX = 200_000
_TEXT_IN_ALL_BUT_NAME = frozenset(("citext",))


class Labelling(Protocol):
    """What the settings say of a resource's data."""

    @property
    def has_labels(self) -> bool:
        """Say whether any column of the resource can have a label."""
        ...

    def label_of(self, schema: str, table: str, column: str, type_name: str, comment: str) -> str:
        """Return a column's label, "" for none."""
        ...


class NoLabels:
    """A resource of which nothing is said."""

    has_labels = False

    def label_of(self, schema: str, table: str, column: str, type_name: str, comment: str) -> str:
        """Return that no column has a label."""
        del schema, table, column, type_name, comment
        return ""


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


def _made_of(marks: Iterable[Mark | None]) -> Mark | None:
    """Return what is made of values with these marks."""
    sources = dict.fromkeys(source for mark in marks if mark is not None for source in mark.sources)
    return Mark(tuple(sources), whole=False) if sources else None


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


class Marks:
    """The marks of the columns that one statement can reach."""

    def __init__(self, view: SessionView, sensitivity: "Sensitivity", copies: Copies) -> None:
        self.has_labels = sensitivity.labelling.has_labels
        self.everything = Mark((Target(view.resource),), whole=False)
        self._view = view
        self._sensitivity = sensitivity
        self._copies = copies
        self._marks: dict[Base, Mark] = {}
        self._columns: dict[Base, Target] = {}
        self._versions: dict[int, str] = {}
        self._types: dict[Base, int] = {}
        self._told: set[Base] = set()
        self.temporary = False
        self._refers: dict[Base, list[Target]] = {}
        self._unique: set[Base] = set()

    def see(self, relations: Mapping[int, Relation], shapes: Mapping[int, Shape]) -> None:
        """Take in the columns of more relations."""
        for oid, shape in shapes.items():
            self._see(relations[oid], shape)
            if oid >= FIRST_USER_OID:
                self._versions[oid] = shape.version
        self._sensitivity.seen.update(shapes)
        self._sensitivity.origins.update({base: mark.sources[0].label for base, mark in self._marks.items()})

    def mark(self, base: Base) -> Mark | None:
        """Return what is sensitive about a column, None where nothing is."""
        return self._marks.get(base)

    def marked(self, relation: int) -> bool:
        """Say whether anything is sensitive about any column of a relation."""
        return any(oid == relation for oid, _ in self._marks)

    def column(self, base: Base) -> Target | None:
        """Return a column as policy knows it, None for one that is unknown here."""
        return self._columns.get(base)

    def seen(self) -> Iterable[Base]:
        """Return all columns within reach about which something is sensitive."""
        return self._marks.keys()

    def names(self) -> frozenset[str]:
        """Return the names of those columns."""
        return frozenset(self._columns[base].path[-1] for base in self._marks)

    def tells(self, base: Base) -> bool:
        """Say whether writing this column tells something of the value, by failing or not."""
        return base in self._told or (base[0], 0) in self._told

    def tried(self, base: Base) -> tuple[Target, ...]:
        """Return the labelled columns that writing this one is a try at.

        They are itself, where no two rows may be equal in it, and what it is a foreign key to.
        """
        own = self._marks.get(base)
        unique = own.sources if own is not None and own.whole and base in self._unique else ()
        return (*unique, *self._refers.get(base, ()))

    def type(self, base: Base) -> int:
        """Return the id of a column's type, 0 for a column that is unknown here."""
        return self._types.get(base, 0)

    def of(self, bases: Iterable[Base]) -> tuple[Target, ...]:
        """Return the labelled columns that some columns stand for, each once, in a stable order."""
        found = (self._marks.get(base) for base in sorted(bases))
        return tuple(dict.fromkeys(source for mark in found if mark is not None for source in mark.sources))

    @property
    def any_seen(self) -> bool:
        """Say whether any column that the statement can reach is labelled."""
        return bool(self._marks)

    def versions(self) -> dict[int, str]:
        """Return the version of the columns of each relation, where a label hangs on which column is which."""
        return dict(self._versions) if self._marks else {}

    def _see(self, relation: Relation, shape: Shape) -> None:
        temporary = self._view.is_temporary(relation.schema)
        schema = "pg_temp" if temporary else relation.schema
        tables = ((relation.schema, relation.name), *shape.kin)
        labels = {
            one.number: self._label((relation.oid, one.number), tables, one.name, one.type_name, one.comments)
            for one in (() if temporary else shape.columns)
        }
        for one in shape.columns:
            base = (relation.oid, one.number)
            self._types[base] = one.type
            if one.type_name in _TEXT_IN_ALL_BUT_NAME:
                self._sensitivity.text_types.add(one.type)
            self._columns[base] = Target(
                self._view.resource, "Column", (schema, relation.name, one.name), labels.get(one.number, "")
            )
        self.temporary = self.temporary or temporary
        found: dict[int, Mark | None] = {}
        for one in shape.columns:
            copied = self._copied(relation.name, shape, one.name) if temporary else None
            found[one.number] = copied or self._own(relation.oid, one, labels)
        for one in shape.columns:
            mark = found[one.number] or _made_of([found.get(number) for number in one.made_of])
            if mark is not None:
                self._marks[relation.oid, one.number] = mark
        self._unique |= {(relation.oid, number) for number in shape.unique}
        for key in shape.refers:
            label = self._label(key.base, ((key.schema, key.table),), key.column, key.type_name, key.comment)
            if label:
                target = Target(self._view.resource, "Column", (key.schema, key.table, key.column), label)
                self._refers.setdefault((relation.oid, key.number), []).append(target)
        domains = (one.number for one in shape.columns if one.kind == "d")
        self._told |= {(relation.oid, number) for number in (*shape.told, *domains)}

    def _own(self, oid: int, column: ColumnRow, labels: Mapping[int, str]) -> Mark | None:
        return Mark((self._columns[oid, column.number],), whole=True) if labels.get(column.number) else None

    def _copied(self, table: str, shape: Shape, column: str) -> Mark | None:
        """Return what a column of a temporary table holds: what was put there, or into a relative's."""
        if self._copies.anything and self.has_labels:
            return self.everything
        names = (table, *(name for _, name in shape.kin))
        places = [(name, one) for name in names for one in (column, "")]
        found = [mark for place in places if (mark := self._copies.marks.get(place)) is not None]
        return found[0] if len(found) == 1 else _made_of(found)

    def _label(self, base: Base, tables: Iterable[tuple[str, str]], name: str, type_name: str, comment: str) -> str:
        """Return the label of a column that stands in these tables: its own, and those of its family."""
        if not self.has_labels:
            return ""
        label_of = self._sensitivity.labelling.label_of
        labels = (label_of(schema, table, name, type_name, comment) for schema, table in tables)
        return self._sensitivity.pins.hold(base, next(filter(None, labels), ""))


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What is known of a resource's sensitive data, for all its sessions.

    `origins` collects the label of every labelled column that was ever seen, for the server's own word on where an
    answer's columns come from; `seen` are the relations that were looked into,
    `text_types` the types met that are text in all but name.
    """

    labelling: Labelling = field(default_factory=NoLabels)
    pins: Pins = field(default_factory=Pins)
    origins: dict[Base, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    text_types: set[int] = field(default_factory=set)
