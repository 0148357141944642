"""What names meant a moment ago: kept until an assertion fails, a definition passes the gate, or it is too old."""

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from yett.core.clock import Clock
from yett.protocols.postgres.catalog.records import Meaning, Surroundings

if TYPE_CHECKING:
    from yett.protocols.postgres.catalog.bodies import Body
    from yett.protocols.postgres.catalog.columns import Shape
    from yett.protocols.postgres.catalog.resolution import Resolution

MAX_AGE_SECONDS = 60.0
ENTRIES_MAX = 50_000

# The schemas searched (none for a qualified name, whose meaning no path changes), the kind, the schema, the name.
NameKey = tuple[tuple[str, ...], str, str | None, str]
# The relation, and the schemas searched: a view's definition is written for them.
ShapeKey = tuple[int, tuple[str, ...]]


class NameCache:
    """The catalog knowledge of one resource, or of one session while its view is dirty.

    A cache with `shared=True` serves all sessions of a resource: a dirty view neither reads nor fills it, because what
    an uncommitted transaction sees is nobody else's business. For a dirty session the relay may keep a cache of the
    session's own (`shared=False`) and forget it at every definition, rollback and end of transaction.

    Everything is forgotten together, so that no answer stands on parts of different ages: `max_age_seconds` after the
    first entry, when `entries_max` is reached, and by `forget()`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        shared: bool = True,
        max_age_seconds: float = MAX_AGE_SECONDS,
        entries_max: int = ENTRIES_MAX,
    ) -> None:
        self.shared = shared
        self._clock = clock
        self._max_age_seconds = max_age_seconds
        self._entries_max = entries_max
        self._generation = 0
        self._count = 0
        self._epoch = ""
        self._ends = clock.monotonic() + max_age_seconds
        self._names: dict[NameKey, Meaning] = {}
        self._surroundings: dict[int, Surroundings] = {}
        self._shapes: dict[ShapeKey, Shape] = {}
        self._bodies: dict[ShapeKey, tuple[Body | None]] = {}
        self._resolutions: dict[Hashable, tuple[object, Resolution]] = {}

    @property
    def generation(self) -> int:
        """Return the number that changes whenever something known may have become untrue."""
        self._forget_the_old()
        return self._generation

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is known, so that nothing can have become untrue."""
        self._forget_the_old()
        return self._count == 0

    def forget(self) -> None:
        """Drop everything: a definition passed the gate and is visible (its commit), or an assertion failed.

        Look-ups under way carry the generation that they began in, and are not stored under a later one.
        """
        self._generation += 1
        self._count = 0
        self._ends = self._clock.monotonic() + self._max_age_seconds
        self._names.clear()
        self._surroundings.clear()
        self._shapes.clear()
        self._bodies.clear()
        self._resolutions.clear()

    def observe(self, epoch: str) -> None:
        """Compare the catalog's epoch (`epoch.EPOCH_QUERY`) with the last one seen, and forget when it moved."""
        if self._epoch not in ("", epoch):
            self.forget()
        self._epoch = epoch

    def name(self, key: NameKey) -> Meaning | None:
        """Return what a name meant, None when that is not known any more."""
        return self._names.get(key)

    def surroundings(self, key: int) -> Surroundings | None:
        """Return what hung on a relation (its id) or type (its negative id), None when that is not known any more."""
        return self._surroundings.get(key)

    def keep_names(self, found: Mapping[NameKey, Meaning], generation: int) -> None:
        """Remember meanings looked up in `generation`."""
        if self._has_room(len(found), generation):
            self._names.update(found)

    def keep_surroundings(self, found: Mapping[int, Surroundings], generation: int) -> None:
        """Remember surroundings looked up in `generation`."""
        if self._has_room(len(found), generation):
            self._surroundings.update(found)

    def shape(self, key: ShapeKey) -> "Shape | None":
        """Return the columns that a relation had, None when that is not known any more."""
        return self._shapes.get(key)

    def keep_shapes(self, found: Mapping[ShapeKey, "Shape"], generation: int) -> None:
        """Remember columns looked up in `generation`."""
        if self._has_room(len(found), generation):
            self._shapes.update(found)

    def body(self, key: ShapeKey) -> "tuple[Body | None] | None":
        """Return a function's body (None in it: it cannot be read), None when that is not known any more."""
        return self._bodies.get(key)

    def keep_bodies(self, found: "Mapping[ShapeKey, tuple[Body | None]]", generation: int) -> None:
        """Remember bodies looked up in `generation`."""
        if self._has_room(len(found), generation):
            self._bodies.update(found)

    def resolution(self, key: Hashable, facts: object) -> "Resolution | None":
        """Return the whole answer for these very facts (the same object) under `key`."""
        self._forget_the_old()
        found = self._resolutions.get(key)
        return found[1] if found is not None and found[0] is facts else None

    def keep_resolution(self, key: Hashable, facts: object, answer: "Resolution", generation: int) -> None:
        """Remember the whole answer; `facts` are held, so that their identity cannot be reused while it stands."""
        if self._has_room(1, generation):
            self._resolutions[key] = (facts, answer)

    def _forget_the_old(self) -> None:
        if self._clock.monotonic() >= self._ends:
            self.forget()

    def _has_room(self, more: int, generation: int) -> bool:
        if generation != self.generation:
            return False
        if self._count + more > self._entries_max:
            self.forget()
            return False
        self._count += more
        return True
