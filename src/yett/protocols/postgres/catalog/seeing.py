"""Looks into the relations that a statement names: their columns, and through views down to what those are made of."""

from collections.abc import Callable, Collection, Generator, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from yett.core.targets import Effect
from yett.protocols.postgres.catalog.bodies import Body, bodies_of
from yett.protocols.postgres.catalog.cache import NameCache, NameKey
from yett.protocols.postgres.catalog.closure import DEPTH_MAX, FIRST_USER_OID, RELATIONS_MAX, ClosureTooLarge
from yett.protocols.postgres.catalog.columns import Shape, shapes_of
from yett.protocols.postgres.catalog.names import CASTS, Names, look_up, name_key, names_under
from yett.protocols.postgres.catalog.queries import CatalogQuery, Rows
from yett.protocols.postgres.catalog.reach import present_types, reachable
from yett.protocols.postgres.catalog.records import ANY_TYPE, Meaning, Relation, is_same
from yett.protocols.postgres.catalog.view import PG_CATALOG, SessionView
from yett.protocols.postgres.sql.facts import NO_CHANGE, SessionChange, StatementFacts
from yett.protocols.postgres.sql.functions import (
    INFORMATION_SCHEMA_FUNCTIONS,
    INFORMATION_SCHEMA_TYPES,
    builtin_acts,
    is_builtin_operator,
    is_builtin_type,
)
from yett.protocols.postgres.sql.lineage.known import Base, Column, RelationColumns, SqlFunction
from yett.protocols.postgres.sql.refs import Ref, RefKind
from yett.protocols.postgres.sql.understanding import understand

_NOTHING: Final = Meaning()
_CALLS = SessionChange(opaque=True)
_NAME_TYPE = 19
_DEFAULT_COLLATION = 100
INFORMATION_SCHEMA = "information_schema"
_TEXTS_MAX = 256
_TEXT_CHARS_MAX = 65_536
_COLUMNS_MAX = 1_024
# By identity, as comparing all columns costs more than it saves; holding the shape keeps its id its own.
_COLUMNS: Final[dict[int, tuple[Shape, Relation, bool, RelationColumns]]] = {}


def _not_shown(base: Base) -> bool:
    del base
    return False


class Sight:
    """What the names in a statement, and in the views it reads, stand for: the analyser's `Known`.

    Names in a view's definition are written so that under the session's path they mean what the view means.
    """

    def __init__(self, view: SessionView, names: Names, parameter_types: tuple[int, ...]) -> None:
        self.view = view
        self.relations: dict[int, Relation] = {}
        self.shapes: dict[int, Shape] = {}
        self._names: dict[NameKey, Meaning] = dict(names)
        self._parameter_types = parameter_types
        self._present: frozenset[int] | None = None
        self._columns: dict[int, RelationColumns] = {}
        self._bodies: dict[int, Body | None] = {}
        # Set by who knows what is labelled, and how that is masked.
        self.null_shown: Callable[[Base], bool] = _not_shown

    def without_looking_into(self, views: Collection[int]) -> "Sight":
        """Return the same sight for which these views are tables of their own."""
        other = Sight(self.view, self._names, self._parameter_types)
        other.relations = self.relations
        other._bodies = self._bodies
        other.null_shown = self.null_shown
        other.shapes = {
            oid: replace(shape, definition="") if oid in views else shape for oid, shape in self.shapes.items()
        }
        return other

    def look(self, cache: NameCache | None, generation: int) -> Generator[CatalogQuery, Rows, None]:
        """Fetch columns, level by level through views.

        Raises ClosureTooLarge instead of following more than a statement may cost, and CatalogFailed as thrown in.
        """
        level, functions = self._new_relations(self._names.values()), self._new_functions(self._names.values())
        for _ in range(DEPTH_MAX):
            if not level and not functions:
                return
            self.relations |= level
            if len(self.relations) + len(self._bodies) > RELATIONS_MAX:
                raise ClosureTooLarge
            texts: list[str] = []
            if level:
                shapes = yield from shapes_of(level, self.view, cache, generation)
                self.shapes |= shapes
                texts += (shape.definition for shape in shapes.values() if shape.definition)
                texts += (f"SELECT {made}" for shape in shapes.values() for _, made in shape.virtual)
            if functions:
                bodies = yield from bodies_of(functions, self.view, cache, generation)
                self._bodies |= bodies
                texts += (body.text for body in bodies.values() if body is not None)
            found = yield from self._named_in(texts, cache, generation)
            level, functions = self._new_relations(found), self._new_functions(found)
        raise ClosureTooLarge

    def _named_in(
        self, texts: Iterable[str], cache: NameCache | None, generation: int
    ) -> Generator[CatalogQuery, Rows, list[Meaning]]:
        """Look up what the names in the texts of views and functions mean, where that is not known yet."""
        wanted = dict.fromkeys(key for text in texts for key in _names_in(text, self.view.effective_path))
        missing = [key for key in wanted if key not in self._names]
        if not missing:
            return []
        found = yield from look_up(missing, self.view, cache, generation)
        self._names |= found
        return list(found.values())

    def _new_relations(self, meanings: Iterable[Meaning]) -> dict[int, Relation]:
        named = (meaning.relation for meaning in meanings)
        return {one.oid: one for one in named if one is not None and one.oid not in self.relations}

    def _new_functions(self, meanings: Iterable[Meaning]) -> list[int]:
        """Return the functions among these that have a body which may be read: not those of extensions."""
        routines = (routine for meaning in meanings for routine in meaning.routines)
        return [
            one.oid
            for one in routines
            if one.oid >= FIRST_USER_OID and one.kind == "f" and not one.from_extension and one.oid not in self._bodies
        ]

    # What the analyser asks.

    def sql_function(self, schema: str | None, name: str, arity: int) -> SqlFunction | None:
        """Return the body of the function that a call means, None where it could mean several or cannot be read."""
        body = self._body(Ref(RefKind.FUNCTION, schema, name), arity)
        return SqlFunction(body.oid, name, body.parameters, body.query, body.returns) if body is not None else None

    def sees_through(self, facts: StatementFacts) -> bool:
        """Say whether all code that a SELECT calls by name is functions whose one query changes nothing."""
        if facts.kind != "SELECT" or facts.changes != _CALLS:
            return False
        used = [touch.ref for touch in facts.touches if touch.effect is Effect.EXECUTE]
        called = [ref for ref in used if ref.kind is not RefKind.TYPE]
        bodies = [self._body(ref, ref.arity) if ref.kind is RefKind.FUNCTION else None for ref in called]
        return bool(bodies) and all(body is not None and _changes_nothing(body.text) for body in bodies)

    def _body(self, ref: Ref, arity: int) -> Body | None:
        """Return the body of the one function that a call means, None where it could mean several."""
        meaning = self._meaning(ref)
        present = self._types_present()
        meant = [routine for routine in meaning.routines if reachable(routine, arity, present)]
        body = self._bodies.get(meant[0].oid) if len(meant) == 1 and not meaning.builtin else None
        return body if body is not None and len(body.parameters) == arity else None

    def relation(self, schema: str | None, name: str) -> RelationColumns | None:
        """Return the columns of the relation that a name stands for, None where it cannot be looked into."""
        found = self._meaning(Ref(RefKind.RELATION, schema, name)).relation
        return self._columns_of(found) if found is not None else None

    def in_index(self, base: Base) -> bool:
        """Say whether an index looks at a column."""
        shape = self.shapes.get(base[0])
        columns = () if shape is None else shape.columns
        return not columns or any(one.number == base[1] and "indexed" in one.words for one in columns)

    def shows_null(self, base: Base) -> bool:
        """Say whether whoever reads a column sees which of its values are NULL."""
        return self.null_shown(base)

    def is_builtin_function(self, schema: str | None, name: str, arity: int) -> bool:
        """Say whether a call can only mean a function of PostgreSQL's own."""
        if schema == INFORMATION_SCHEMA:
            return name in INFORMATION_SCHEMA_FUNCTIONS
        if builtin_acts(name) is None or schema not in (None, PG_CATALOG):
            return False
        return schema == PG_CATALOG or self._only_builtin(Ref(RefKind.FUNCTION, None, name), arity)

    def is_builtin_operator(self, schema: str | None, name: str, arity: int) -> bool:
        """Say whether an operator can only be PostgreSQL's own."""
        if not is_builtin_operator(name) or schema not in (None, PG_CATALOG):
            return False
        return schema == PG_CATALOG or self._only_builtin(Ref(RefKind.OPERATOR, None, name), arity)

    def is_builtin_type(self, schema: str | None, name: str) -> bool:
        """Say whether a type's name can only mean PostgreSQL's own."""
        if schema == PG_CATALOG or (schema == INFORMATION_SCHEMA and name in INFORMATION_SCHEMA_TYPES):
            return schema == INFORMATION_SCHEMA or is_builtin_type(name)
        key = name_key(Ref(RefKind.TYPE, schema, name), self.view.effective_path)
        found = self._names.get(key) if key is not None else None
        if found is None:
            return False
        if found.type is None or found.type.oid < FIRST_USER_OID:
            return is_builtin_type(name)
        # An enum is made and shown by PostgreSQL's own code, unless somebody made a cast for it.
        return found.type.kind == "e" and not self._has_casts()

    def _has_casts(self) -> bool:
        """Say whether a cast that is not PostgreSQL's own could run."""
        present = self._types_present()
        routines = self._names.get(CASTS, _NOTHING).routines
        return any(
            ANY_TYPE in present or all(oid in present for oid in routine.operands if oid >= FIRST_USER_OID)
            for routine in routines
        )

    def _types_present(self) -> frozenset[int]:
        if self._present is None:
            self._present = present_types(self._names.values(), self._parameter_types)
        return self._present

    def _only_builtin(self, ref: Ref, arity: int) -> bool:
        key = name_key(ref, self.view.effective_path)
        found = self._names.get(key) if key is not None else None
        if found is None:
            return False
        present = self._types_present()
        return not any(reachable(routine, arity, present) for routine in found.routines)

    def _meaning(self, ref: Ref) -> Meaning:
        key = name_key(ref, self.view.effective_path)
        return self._names.get(key, _NOTHING) if key is not None else _NOTHING

    def _columns_of(self, relation: Relation) -> RelationColumns | None:
        known = self._columns.get(relation.oid)
        shape = self.shapes.get(relation.oid)
        if known is not None or shape is None:
            return known
        made = _columns(relation, shape, enums_are_text=self._enums_are_text(shape))
        self._columns[relation.oid] = made
        return made

    def _enums_are_text(self, shape: Shape) -> bool:
        return any(one.kind == "e" for one in shape.columns) and not self._has_casts()


def _columns(relation: Relation, shape: Shape, *, enums_are_text: bool) -> RelationColumns:
    """Return what the analyser is told of a relation: the same object as long as what is known of it is the same."""
    known = _COLUMNS.get(id(shape))
    if known is not None and known[0] is shape and is_same(known[1], relation) and known[2] == enums_are_text:
        return known[3]
    virtual = dict(shape.virtual)
    columns = tuple(
        # An enum is a short text like `name`.
        Column(
            one.name,
            one.number,
            _NAME_TYPE if one.kind == "e" and enums_are_text else one.type,
            bool(one.made_of),
            virtual="virtual" in one.words,
            collation=0 if one.collation == _DEFAULT_COLLATION else one.collation,
            loose="loose" in one.words,
            short="short" in one.words,
            expression=virtual.get(one.number, ""),
        )
        for one in shape.columns
    )
    locked = frozenset(one.base for one in shape.referred if one.number)
    following = frozenset(one.number for one in shape.columns if "virtual" not in one.words) - shape.rivals
    made = RelationColumns(
        relation.oid,
        relation.schema,
        relation.name,
        columns,
        shape.definition,
        shape.routed,
        locked,
        shape.key,
        following,
    )
    if len(_COLUMNS) >= _COLUMNS_MAX:
        _COLUMNS.clear()
    _COLUMNS[id(shape)] = (shape, relation, enums_are_text, made)
    return made


@lru_cache(maxsize=_TEXTS_MAX)
def _changes_nothing(text: str) -> bool:
    """Say whether a function's query calls nothing but PostgreSQL's own, and leaves the session as it is."""
    understood = understand(text)
    return understood.refusal is None and all(
        one.refusal is None and one.kind == "SELECT" and one.changes == NO_CHANGE for one in understood.statements
    )


def _names_in(text: str, path: tuple[str, ...]) -> tuple[NameKey, ...]:
    """Return what must be looked up for the text of a view or function, read once as long as it is used."""
    return _read(text, path) if len(text) > _TEXT_CHARS_MAX else _remembered(text, path)


@lru_cache(maxsize=_TEXTS_MAX)
def _remembered(text: str, path: tuple[str, ...]) -> tuple[NameKey, ...]:
    return _read(text, path)


def _read(text: str, path: tuple[str, ...]) -> tuple[NameKey, ...]:
    return tuple(dict.fromkeys(key for one in understand(text).statements for key in names_under(one, path)))
