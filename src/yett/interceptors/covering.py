"""Says what must become of each column that an allowed operation shows: policy is asked for `unmask`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from yett.core.decisions import Allow, Decision, Obligation
from yett.core.masks import OPEN, Cover, Shown
from yett.core.operations import Operation
from yett.core.sessions import Session
from yett.core.targets import Access, Effect, Target
from yett.interceptors.authorize import PolicyInForce
from yett.interceptors.chain import Interceptor
from yett.interceptors.seat import Seat
from yett.policy.engine import PolicyEngine
from yett.policy.generations import Generations
from yett.policy.rules import combined
from yett.protocols._wire.questions import Inspect

CLOSED: Final = "closed"
"""The label of what has none: unlabelled columns of a closed resource, and what opaque code may have read."""
SHOWN: Final = Cover(unmasked=True)
_REMEMBERED_COLUMNS: Final = 65_536
_SEARCHES_MAX: Final = 256

Covers = tuple[tuple[Cover, ...], ...]


@dataclass(frozen=True, slots=True)
class ResourceData:
    """What covering needs to know of a resource's data.

    `unlabelled` says what becomes of columns without a label: `open`, `scanned` or `closed`. `labels` are all that
    its columns may have, and `found` those that its detectors look for.
    """

    unlabelled: str = "closed"
    labels: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


_UNKNOWN: Final = ResourceData()
_Seen = tuple[Decision, tuple[tuple[Shown, ...], ...], Decision]


class Covering:
    """Wraps the interceptor that authorizes; its allows come back with covers, where anything is covered.

    The same decision about the same columns comes back as the same object again.
    """

    def __init__(self, authorize: Interceptor, policy: PolicyInForce, data: Mapping[str, ResourceData]) -> None:
        self._authorize = authorize
        self._policy = policy
        self._data = data
        self._covered: Generations[tuple[int, int], _Seen] = Generations(_REMEMBERED_COLUMNS)

    def __call__(self, seat: Seat, question: Inspect) -> Decision | None:
        """Return the decision, with covers where it allows something to be shown."""
        decision = self._authorize(seat, question)
        shows = question.operation.shows
        if not shows or question.unrestricted or decision is None or not isinstance(decision.verdict, Allow):
            return decision
        # Policy's decision is one object per session, accesses, version and all else that policies read.
        key = (id(decision), id(shows))
        seen = self._covered.get(key)
        if seen is not None and seen[0] is decision and seen[1] is shows:
            return seen[2]
        covered = self._cover(seat.session, question, decision, decision.verdict)
        self._covered.put(key, (decision, shows, covered), 1 + sum(map(len, shows)))
        return covered

    def _cover(self, session: Session, question: Inspect, decision: Decision, allow: Allow) -> Decision:
        data = self._data.get(session.resource.name, _UNKNOWN)
        operation = question.operation
        asked = _Unmasking(self._policy.engine, session, operation, data, novel=question.novel)
        covers = tuple(tuple(cover_of(shown, data, asked) for shown in columns) for columns in operation.shows)
        covered = any(cover is not OPEN and cover != OPEN for columns in covers for cover in columns)
        if not covered and not asked.obligations:
            return decision
        obligations = combined(iter((*allow.obligations, *asked.obligations)))
        return replace(decision, verdict=Allow(obligations, covers if covered else ()))


class _Unmasking:
    """What one session may see unmasked, as the policies say beside one operation."""

    def __init__(
        self, engine: PolicyEngine, session: Session, operation: Operation, data: ResourceData, *, novel: bool
    ) -> None:
        self._novel = novel
        self._engine = engine
        self._session = session
        self._operation = operation
        self._ever = engine.could_permit(session, Effect.UNMASK)
        self.resource = Target(session.resource.name)
        self.labels = data.labels
        self.obligations: dict[Obligation, None] = {}

    def permits(self, target: Target) -> bool:
        """Say whether this column may be seen as it is; the resource stands for all that is labelled in it."""
        if not self._ever:
            return False
        if target.kind != self.resource.kind or target.label:
            return self._asked(target)
        return self._asked(target) and all(self._asked(target.labelled(label)) for label in self.labels)

    def seen_in(self, target: Target, labels: tuple[str, ...]) -> frozenset[str]:
        """Return those labels that may be seen in this place."""
        if not self._ever:
            return frozenset()
        return frozenset(label for label in labels if self._asked(target.labelled(label)))

    def _asked(self, target: Target) -> bool:
        access = Access(Effect.UNMASK, target)
        outcome = self._engine.outcome(self._session, self._operation, access, novel=self._novel)
        if outcome.allowed:
            self.obligations |= dict.fromkeys(one for rule in outcome.rules for one in rule.obligations)
        return outcome.allowed


def cover_of(shown: Shown, data: ResourceData, asked: _Unmasking) -> Cover:
    """Return what must become of one output column."""
    if not shown.sources:
        return _unlabelled(shown.column, data, asked)
    hidden = [source for source in shown.sources if not asked.permits(source)]
    if not hidden:
        return SHOWN
    if shown.verbatim and len(shown.sources) == 1 and hidden[0].label:
        return Cover(label=hidden[0].label, planted=shown.planted)
    return Cover(label=next((one.label for one in hidden if one.label), CLOSED), derived=True)


def _unlabelled(column: Target | None, data: ResourceData, asked: _Unmasking) -> Cover:
    # Never `unmasked`: a label that only the target's own column origin knows of was not asked about.
    if data.unlabelled == "open":
        return OPEN
    if data.unlabelled == "scanned":
        return _scanned(column, data.found, asked)
    if asked.permits(asked.resource if column is None else column):
        return OPEN
    return Cover(label=CLOSED, derived=column is None)


def _scanned(column: Target | None, found: tuple[str, ...], asked: _Unmasking) -> Cover:
    """Return a search for all labels but those that may be seen: in the resource, and in this very column too."""
    seen = asked.seen_in(asked.resource, found)
    if column is not None:
        seen = asked.seen_in(column, found if asked.permits(column) else tuple(sorted(seen)))
    return OPEN if seen.issuperset(found) else _search(seen)


@lru_cache(maxsize=_SEARCHES_MAX)
def _search(seen: frozenset[str]) -> Cover:
    """Return a search for all labels but these: one for all columns that are searched alike."""
    return Cover(scan=True, seen=seen)
