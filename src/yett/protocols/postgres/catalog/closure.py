"""What the server does by itself when a relation is used: views, policies, triggers, rules, checks, cascades."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from enum import Enum

from yett.core.targets import Access, Effect, Target
from yett.protocols.postgres.catalog.arrays import number_array
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.queries import CatalogQuery, Rows
from yett.protocols.postgres.catalog.records import Relation, Routine, Surroundings, read_surroundings
from yett.protocols.postgres.catalog.surroundings_sql import SURROUNDINGS_SQL
from yett.protocols.postgres.catalog.target_kinds import is_declared
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.sql.functions import builtin_acts, known_extension_function
from yett.protocols.postgres.sql.refs import RefKind
from yett.protocols.postgres.sql.relations import is_sensitive

FIRST_USER_OID = 16384
RELATIONS_MAX = 5_000
DEPTH_MAX = 64

# PostgreSQL's own functions that are no more than part of the table or view that calls them: a serial column's
# nextval, a policy's current_setting('app.tenant').
_PART_OF_THE_TABLE = frozenset(("nextval", "currval", "current_setting", "pg_sequence_last_value"))


class Use(Enum):
    """How a relation is used, as far as the server's own doings depend on it.

    ADD only inserts rows, so that nothing cascades; EMPTY is TRUNCATE, which may take every referencing table along.
    """

    READ = Effect.READ
    WRITE = Effect.WRITE
    DEFINE = Effect.DEFINE
    ADD = "insert"
    EMPTY = "truncate"

    @property
    def effect(self) -> Effect:
        """Return the effect on whatever the use reaches."""
        return self.value if isinstance(self.value, Effect) else Effect.WRITE

    @property
    def writes(self) -> bool:
        """Tell whether rows change."""
        return self.effect is Effect.WRITE


class ClosureTooLarge(Exception):
    """More relations, or deeper, than one statement is followed."""


@dataclass(slots=True)
class Closure:
    """What was found on the way: accesses in the order found, the relations and routines to pin, notes."""

    view: SessionView
    accesses: dict[Access, None] = field(default_factory=dict)
    relations: dict[int, Relation] = field(default_factory=dict)
    routines: dict[int, Routine] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    done: set[tuple[int, Use]] = field(default_factory=set)

    def add(self, effect: Effect, kind: str = "Resource", *path: str) -> None:
        """Record one effect on one thing of this resource; what policy has no word for is not understood."""
        if not is_declared(kind, effect):
            effect, kind, path = Effect.UNKNOWN, "Resource", ()
        self.accesses[Access(effect, Target(self.view.resource, kind, path))] = None

    def touch(self, effect: Effect, relation: Relation) -> None:
        """Record one effect on a relation, by the rules for sensitive and temporary ones."""
        schema = "pg_temp" if self.view.is_temporary(relation.schema) else relation.schema
        reaches_rows = effect in (Effect.READ, Effect.WRITE)
        if reaches_rows and (relation.kind == "t" or is_sensitive(schema, relation.name)):
            effect = Effect.ADMINISTER
        self.relations[relation.oid] = relation
        self.add(effect, "Table", schema, relation.name)

    def execute(self, routine: Routine) -> None:
        """Record that code which is not PostgreSQL's own runs."""
        if routine.oid >= FIRST_USER_OID:
            self.routines[routine.oid] = routine
            self.add(Effect.EXECUTE, "Function", routine.schema, routine.name)
        if known_extension_function(routine.name):
            self.add(Effect.ADMINISTER, "Function", routine.schema, routine.name)

    def execute_stored(self, name: str) -> None:
        """Record what a function of PostgreSQL's own does beside computing, when a stored expression calls it."""
        if name not in _PART_OF_THE_TABLE:
            self.execute_builtin(name)

    def execute_builtin(self, name: str) -> None:
        """Record what a function of PostgreSQL's own does beside computing, whatever it is given."""
        for act in builtin_acts(name) or ():
            if act.on is RefKind.FUNCTION:
                self.add(act.effect, "Function", "pg_catalog", name)
            else:
                self.add(act.effect)


Step = tuple[Relation, Use]


def follow(
    closure: Closure, steps: Iterable[Step], view: SessionView, cache: NameCache | None, generation: int
) -> Generator[CatalogQuery, Rows, None]:
    """Add everything that `steps` cause to `closure`, level by level, each level in one look-up.

    Raises ClosureTooLarge instead of following more than a statement may cost, and CatalogFailed as thrown in.
    """
    level = _not_done(closure, steps)
    for _ in range(DEPTH_MAX):
        asked = [step for step in level if _has_surroundings(*step)]
        if not asked:
            return
        found = yield from surroundings_of((relation.oid for relation, _ in asked), view, cache, generation)
        nearer = [step for relation, use in asked for step in _spread(closure, relation, use, found[relation.oid])]
        level = _not_done(closure, nearer)
    raise ClosureTooLarge


def surroundings_of(
    relations: Iterable[int], view: SessionView, cache: NameCache | None, generation: int
) -> Generator[CatalogQuery, Rows, dict[int, Surroundings]]:
    """Return what hangs on each relation, asking only for what the cache does not know."""
    found, asked = _from_cache(relations, cache)
    if asked:
        params = (number_array(asked), number_array(()))
        rows = yield CatalogQuery(SURROUNDINGS_SQL, params, view.dirty, "yett_surroundings")
        fresh = read_surroundings(rows, asked)
        found |= fresh
        if cache:
            cache.keep_surroundings(fresh, generation)
    return found


def surroundings_of_types(
    types: Iterable[int], view: SessionView, cache: NameCache | None, generation: int
) -> Generator[CatalogQuery, Rows, dict[int, Surroundings]]:
    """Return what hangs on each type: the checks of domains."""
    # An id names one thing in each catalog: types are kept under the negative, lest one be taken for a relation.
    found, asked = _from_cache((-oid for oid in types), cache)
    if asked:
        params = (number_array(()), number_array(-key for key in asked))
        rows = yield CatalogQuery(SURROUNDINGS_SQL, params, view.dirty, "yett_surroundings")
        fresh = {-oid: near for oid, near in read_surroundings(rows, [-key for key in asked]).items()}
        found |= fresh
        if cache:
            cache.keep_surroundings(fresh, generation)
    return {-key: near for key, near in found.items()}


def _from_cache(keys: Iterable[int], cache: NameCache | None) -> tuple[dict[int, Surroundings], list[int]]:
    found: dict[int, Surroundings] = {}
    asked: list[int] = []
    for key in dict.fromkeys(keys):
        near = cache.surroundings(key) if cache else None
        if near is None:
            asked.append(key)
        else:
            found[key] = near
    return found, asked


def _not_done(closure: Closure, steps: Iterable[Step]) -> list[Step]:
    level = []
    for relation, use in steps:
        if (relation.oid, use) not in closure.done:
            closure.done.add((relation.oid, use))
            level.append((relation, use))
    if len(closure.done) > RELATIONS_MAX:
        raise ClosureTooLarge
    return level


def _has_surroundings(relation: Relation, use: Use) -> bool:
    if relation.oid < FIRST_USER_OID or relation.kind in "tcS":
        return False
    if relation.kind in "vmiI":
        # A materialized view that is read is a table; refreshed or filled, it reads what it is made of.
        return relation.kind != "m" or use is not Use.READ
    return use is not Use.READ or not relation.flags.isdisjoint(("policies", "partition", "children"))


def _spread(closure: Closure, relation: Relation, use: Use, near: Surroundings) -> Iterable[Step]:
    vias = _vias(relation, use)
    # Partitions are many: one without triggers is pinned by its parent alone.
    if "partition" not in relation.flags or "triggers" in relation.flags:
        closure.relations[relation.oid] = relation
    _note(closure, relation)
    for routine in near.routines:
        if routine.via in vias:
            closure.execute(routine)
    for via, name in near.builtins:
        if via in vias:
            closure.execute_stored(name)
    if "rule" in vias:
        for rule in near.rules:
            closure.add(Effect.EXECUTE, "Function", relation.schema, f"{rule} on {relation.name}")
    for via, other in near.relations:
        if via in vias:
            yield from _reach(closure, relation, use, via, other)


def _vias(relation: Relation, use: Use) -> frozenset[str]:
    reading = ("view", "policy", "child", "parent", "indexed")
    if use is Use.READ:
        return frozenset(reading)
    made = ("default", "check", "index", "domain")
    if use is Use.DEFINE:
        return frozenset(("indexed", "child", *made, *(("view",) if relation.kind == "m" else ())))
    taken = {Use.WRITE: ("cascade",), Use.EMPTY: ("cascade", "reference")}.get(use, ())
    return frozenset((*reading, *made, "trigger", "rule", *taken))


def _reach(closure: Closure, relation: Relation, use: Use, via: str, other: Relation) -> Iterable[Step]:
    """Judge the next relation, and say how it is used in turn."""
    effect, onward = _onward(relation, use, via, other)
    if effect is not None:
        closure.touch(effect, other)
    if onward is not None:
        yield other, onward


def _onward(relation: Relation, use: Use, via: str, other: Relation) -> tuple[Effect | None, Use | None]:
    """Return the effect on the next relation, and the use whose consequences are followed in turn."""
    match via:
        case "view" if use.writes and relation.kind == "v" and "triggers" not in relation.flags:
            # A view with INSTEAD OF triggers writes nothing by itself: its trigger functions are judged.
            onward: tuple[Effect | None, Use | None] = (Effect.WRITE, use)
        case "child" if "partition" in other.flags:
            # A partition is a part of its parent: only what writing it sets off is followed. A child by INHERITS is a
            # table of its own that is used too.
            onward = (None, use if use.writes else None)
        case "child":
            onward = (use.effect, use)
        case "parent" | "indexed":
            onward = (use.effect, None)
        case "cascade" | "reference":
            onward = (Effect.WRITE, use)
        case "rule":
            onward = (Effect.WRITE, Use.WRITE)
        case _:
            onward = (Effect.READ, Use.READ)
    return onward


def _note(closure: Closure, relation: Relation) -> None:
    if relation.kind == "v":
        whose = "its caller" if "invoker" in relation.flags else "its owner"
        closure.notes[f"view {relation.schema}.{relation.name} reads as {whose}"] = None
    if "policies" in relation.flags:
        closure.notes[f"row-level security is on for {relation.schema}.{relation.name}"] = None
