"""What is sensitive about the columns that one statement can reach."""

from collections.abc import Iterable, Iterator, Mapping

from yett.core.targets import Effect, Target
from yett.protocols.postgres.catalog.closure import FIRST_USER_OID
from yett.protocols.postgres.catalog.columns import Reference, Shape
from yett.protocols.postgres.catalog.labels import Base, Copies, Looked, Mark, Sensitivity
from yett.protocols.postgres.catalog.records import Relation, is_same
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.sql.lineage.kinds import BYTEA, JSON, JSONB, MATCHABLE, TEXTS, XML

_TEXT_IN_ALL_BUT_NAME = frozenset(("citext",))
_LOOKED_MAX = 20_000
# Types of which a mask can be a value; of any other all values come as NULL.
_MASKED = TEXTS | {JSON, JSONB, XML, BYTEA}


class Marks:
    """The marks of the columns that one statement can reach."""

    def __init__(self, view: SessionView, sensitivity: Sensitivity, copies: Copies) -> None:
        self.has_labels = sensitivity.labelling.has_labels
        self.everything = Mark((Target(view.resource),), whole=False)
        self.temporary = False
        self._view = view
        self._sensitivity = sensitivity
        self._copies = copies
        self._looked: dict[int, Looked] = {}
        self._far: dict[Base, Mark] = {}
        self._versions: dict[int, str] = {}

    def see(self, relations: Mapping[int, Relation], shapes: Mapping[int, Shape]) -> None:
        """Take in the columns of more relations."""
        for oid, shape in shapes.items():
            looked = self._looked[oid] = self._look(relations[oid], shape)
            self._far.update(looked.far)
            if oid >= FIRST_USER_OID:
                self._versions[oid] = shape.version

    def has_seen(self, relation: int) -> bool:
        """Say whether a relation's columns were taken in."""
        return relation in self._looked

    def mark(self, base: Base) -> Mark | None:
        """Return what is sensitive about a column, None where nothing is."""
        looked = self._looked.get(base[0])
        return self._far.get(base) if looked is None else looked.marks.get(base[1])

    def marked(self, relation: int) -> bool:
        """Say whether anything is sensitive about any column of a relation."""
        looked = self._looked.get(relation)
        return looked is not None and bool(looked.marks)

    def column(self, base: Base) -> Target | None:
        """Return a column as policy knows it, None for one that is unknown here."""
        looked = self._looked.get(base[0])
        return None if looked is None else looked.columns.get(base[1])

    def seen(self) -> Iterable[Base]:
        """Return all columns within reach about which something is sensitive."""
        return [(oid, number) for oid, looked in self._looked.items() for number in looked.marks]

    def names(self) -> frozenset[str]:
        """Return the names of those columns."""
        every = self._looked.values()
        return frozenset(looked.columns[number].path[-1] for looked in every for number in looked.marks)

    def tells(self, base: Base) -> bool:
        """Say whether writing this column tells something of the value, by failing or not."""
        looked = self._looked.get(base[0])
        return looked is not None and (base[1] in looked.told or 0 in looked.told)

    def tried(self, base: Base) -> tuple[Effect, tuple[Target, ...]]:
        """Return the labelled columns that writing this one is a try at, and what such a try is.

        They are itself, where no two rows may be equal in it (or conflict in it), and what it is a foreign key to. It
        is more than a `match` where a column has few values, or more than one value may be in the way.
        """
        looked = self._looked.get(base[0])
        if looked is None:
            return Effect.MATCH, ()
        number, own = base[1], looked.marks.get(base[1])
        apart = number in looked.unique or number in looked.excluded
        unique = own.sources if own is not None and own.whole and apart else ()
        exact = number not in looked.excluded and looked.types.get(number, 0) in MATCHABLE
        return Effect.MATCH if exact else Effect.FILTER, (*unique, *looked.refers.get(number, ()))

    def kept(self, relation: int, numbers: frozenset[int]) -> Iterator[Target]:
        """Yield the labelled columns that an UPDATE of some columns tells of, as rows keep their values in them.

        A check, key or index that looks at both fails or not; and so does a key to what is changed.
        """
        looked = self._looked.get(relation)
        if looked is None:
            return
        for number, others in looked.beside:
            if number not in numbers and not numbers.isdisjoint(others):
                yield from looked.marks[number].sources
        if not numbers.isdisjoint(looked.referred):
            yield from (one for number in (0, *numbers) for one in looked.referred.get(number, ()))

    def gone(self, relation: int) -> Iterator[Target]:
        """Yield the labelled columns that deleting rows tells of: the ends of the keys by which others hang on them."""
        looked = self._looked.get(relation)
        yield from () if looked is None else (one for ends in looked.referred.values() for one in ends)

    def chosen(self, relation: int, *, in_parts: bool) -> Iterator[Target]:
        """Yield the labelled columns that say which rows are in a relation: in a partition, or through policies.

        With `in_parts` they are those, too, that say in which of its partitions a row is.
        """
        looked = self._looked.get(relation)
        if looked is not None:
            yield from looked.routed if in_parts or looked.in_part else ()
            yield from self.of(looked.guarded)

    def let_in(self, relation: int) -> tuple[Target, ...]:
        """Return the labelled columns of other relations by which policies let new rows into this one."""
        looked = self._looked.get(relation)
        return () if looked is None else self.of(base for base in looked.guarded if base[0] != relation)

    def type(self, base: Base) -> int:
        """Return the id of a column's type, 0 for a column that is unknown here."""
        looked = self._looked.get(base[0])
        return 0 if looked is None else looked.types.get(base[1], 0)

    def shows_null(self, base: Base) -> bool:
        """Say whether masks leave it to be seen which values of a column are NULL: of whole values, by most styles."""
        mark = self.mark(base)
        if mark is None:
            return True
        type_ = self.type(base)
        whole = mark.whole and len(mark.sources) == 1 and bool(mark.sources[0].label)
        masked = type_ in _MASKED or type_ in self._sensitivity.text_types
        return whole and masked and self._sensitivity.labelling.keeps_null(mark.sources[0].label)

    def of(self, bases: Iterable[Base]) -> tuple[Target, ...]:
        """Return the labelled columns that some columns stand for, each once, in a stable order."""
        found = (self.mark(base) for base in sorted(bases))
        return tuple(dict.fromkeys(source for mark in found if mark is not None for source in mark.sources))

    @property
    def any_seen(self) -> bool:
        """Say whether any column that the statement can reach is labelled."""
        return any(looked.marks for looked in self._looked.values())

    def versions(self) -> dict[int, str]:
        """Return the version of the columns of each relation, where a label hangs on which column is which."""
        return dict(self._versions) if self.any_seen else {}

    def _look(self, relation: Relation, shape: Shape) -> Looked:
        """Return what is sensitive about a relation; of one that is not temporary, as long as nothing has changed."""
        if self._view.is_temporary(relation.schema):
            self.temporary = True
            return _Look(self._view, self._sensitivity, self._copies, relation, shape, temporary=True).found()
        memory, pins = self._sensitivity.looked, self._sensitivity.pins.labels
        known = memory.get(relation.oid)
        if known is not None and known[1] is shape and known[2] == len(pins) and is_same(known[0], relation):
            return known[3]
        found = _Look(self._view, self._sensitivity, self._copies, relation, shape, temporary=False).found()
        if len(memory) >= _LOOKED_MAX:
            memory.clear()
        # Labels once pinned stay, and what pins more makes the number another one.
        memory[relation.oid] = (relation, shape, len(pins), found)
        return found


class _Look:
    """One look at one relation's columns."""

    def __init__(  # noqa: PLR0913 - what a look depends on
        self,
        view: SessionView,
        sensitivity: Sensitivity,
        copies: Copies,
        relation: Relation,
        shape: Shape,
        *,
        temporary: bool,
    ) -> None:
        self._resource = view.resource
        self._sensitivity = sensitivity
        self._copies = copies
        self._relation = relation
        self._shape = shape
        self._temporary = temporary
        self._has_labels = sensitivity.labelling.has_labels

    def found(self) -> Looked:
        """Return what is sensitive; the resource's memory of labels and types learns of it."""
        shape, oid = self._shape, self._relation.oid
        columns = self._named()
        marks = self._marks(columns)
        domains = (one.number for one in shape.columns if one.kind == "d")
        text_in_all_but_name = (one.type for one in shape.columns if one.type_name in _TEXT_IN_ALL_BUT_NAME)
        self._sensitivity.text_types.update(text_in_all_but_name)
        self._sensitivity.seen.add(oid)
        origins = {(oid, number): mark.sources[0].label for number, mark in marks.items()}
        self._sensitivity.origins.update(origins)
        return Looked(
            columns=columns,
            types={one.number: one.type for one in shape.columns},
            marks=marks,
            told=frozenset((*shape.told, *domains)),
            unique=shape.unique,
            refers=self._ends(shape.refers),
            referred=self._ends((*shape.referred, *shape.reached)),
            far={
                one.base: Mark((target,), whole=True)
                for one in (*shape.referred, *shape.reached)
                for target in self._end(one)
            },
            beside=tuple((one, group - {one}) for group in shape.together for one in sorted(group.intersection(marks))),
            routed=tuple(one for number in sorted(shape.routed.intersection(marks)) for one in marks[number].sources),
            in_part="partition" in self._relation.flags,
            excluded=shape.excluded,
            guarded=shape.guarded,
        )

    def _named(self) -> dict[int, Target]:
        """Return the columns as policy knows them, with their labels: none where the relation is temporary."""
        relation = self._relation
        schema = "pg_temp" if self._temporary else relation.schema
        tables = ((relation.schema, relation.name), *self._shape.kin)
        found = {}
        for one in self._shape.columns:
            base = (relation.oid, one.number)
            label = "" if self._temporary else self._label(base, tables, one.name, one.type_name, one.comments)
            found[one.number] = Target(self._resource, "Column", (schema, relation.name, one.name), label)
        return found

    def _marks(self, columns: Mapping[int, Target]) -> dict[int, Mark]:
        own: dict[int, Mark | None] = {}
        for one in self._shape.columns:
            target = columns[one.number]
            labelled = Mark((target,), whole=True) if target.label else None
            own[one.number] = (self._copied(one.name) if self._temporary else None) or labelled
        made = (
            (one.number, own[one.number] or _made_of([own.get(number) for number in one.made_of]))
            for one in self._shape.columns
        )
        return {number: mark for number, mark in made if mark is not None}

    def _ends(self, references: Iterable[Reference]) -> dict[int, tuple[Target, ...]]:
        """Return the labelled columns at the other ends of keys, by the number of the column at this one."""
        found: dict[int, tuple[Target, ...]] = {}
        for key in references:
            for target in self._end(key):
                found[key.number] = (*found.get(key.number, ()), target)
        return found

    def _end(self, key: Reference) -> tuple[Target, ...]:
        label = self._label(key.base, ((key.schema, key.table),), key.column, key.type_name, key.comment)
        return (Target(self._resource, "Column", (key.schema, key.table, key.column), label),) if label else ()

    def _copied(self, column: str) -> Mark | None:
        """Return what a column of a temporary table holds: what was put there, or into a relative's."""
        if self._copies.anything and self._has_labels:
            return Mark((Target(self._resource),), whole=False)
        names = (self._relation.name, *(name for _, name in self._shape.kin))
        places = [(name, one) for name in names for one in (column, "")]
        found = [mark for place in places if (mark := self._copies.marks.get(place)) is not None]
        return found[0] if len(found) == 1 else _made_of(found)

    def _label(self, base: Base, tables: Iterable[tuple[str, str]], name: str, type_name: str, comment: str) -> str:
        """Return the label of a column that stands in these tables: its own, and those of its family."""
        if not self._has_labels:
            return ""
        label_of = self._sensitivity.labelling.label_of
        labels = (label_of(schema, table, name, type_name, comment) for schema, table in tables)
        pinned = (
            self._sensitivity.pins.labels.get(one, "") for number, one in self._shape.namesakes if number == base[1]
        )
        return self._sensitivity.pins.hold(base, next(filter(None, (*labels, *pinned)), ""))


def _made_of(marks: Iterable[Mark | None]) -> Mark | None:
    """Return what is made of values with these marks."""
    sources = dict.fromkeys(source for mark in marks if mark is not None for source in mark.sources)
    return Mark(tuple(sources), whole=False) if sources else None
