"""Asks policy what a session could ever be allowed at a target, so that its lease can have exactly that."""

from collections.abc import Iterable

from yett.core.clock import Clock
from yett.core.decisions import Allow, Hold
from yett.core.operations import Operation
from yett.core.sessions import Session
from yett.core.targets import Access, Effect, Target
from yett.policy.engine import PolicyEngine
from yett.policy.judging import Outcome
from yett.protocols.postgres.catalog.target_kinds import is_declared
from yett.protocols.postgres.leasing.catalog import Catalog
from yett.protocols.postgres.leasing.privileges import Could, LabelOf, Privileges, privileges

_KNOWN_MAX = 64
_TIMED_SECONDS = 20.0
"""How long an answer stands where policies look at the time of day."""


class LeaseRights:
    """What one version of the policies could allow. Its own memory: it may be asked beside the event loop."""

    def __init__(self, engine: PolicyEngine, clock: Clock) -> None:
        self._engine = PolicyEngine(engine.policies, engine.schema, clock)
        self._of = engine
        self._clock = clock
        self._timed = bool(engine.reads.context & {"hour", "weekday", "now"})
        self._known: dict[str, tuple[Catalog, float, Privileges]] = {}

    def is_of(self, engine: PolicyEngine) -> bool:
        """Say whether these are the policies in force."""
        return self._of is engine

    def needed(self, sessions: Iterable[Session], catalog: Catalog, label_of: LabelOf) -> Privileges:
        """Return the rights that the sessions of one role need together, at least one session."""
        alike: dict[str, Session] = {}
        for session in sessions:
            view = self._engine.view(session)
            alike.setdefault(view.key if view is not None else str(session.id), session)
        found = [self._of_one(key, session, catalog, label_of) for key, session in alike.items()]
        whole = found[0]
        for one in found[1:]:
            whole |= one
        return whole

    def _of_one(self, key: str, session: Session, catalog: Catalog, label_of: LabelOf) -> Privileges:
        known = self._known.get(key)
        now = self._clock.monotonic()
        if known is not None and known[0] == catalog and (not self._timed or now - known[1] < _TIMED_SECONDS):
            return known[2]
        found = privileges(session.resource.name, catalog, self._could(session), label_of)
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        self._known[key] = (catalog, now, found)
        return found

    def _could(self, session: Session) -> Could:
        """Return what says whether an act could be allowed: now, or with the yes of somebody whom policy names."""
        if self._engine.unrestricted(session):
            return lambda _effect, _target, _kind: True
        decided: dict[tuple[str, Access], bool] = {}

        def could(effect: Effect, target: Target, kind: str) -> bool:
            if not is_declared(target.kind, effect) or not self._engine.could_permit(session, effect):
                return False
            key = (kind, self._alike(session, Access(effect, target)))
            if key not in decided:
                decided[key] = judged(effect, target, kind)
            return decided[key]

        def judged(effect: Effect, target: Target, kind: str) -> bool:
            facts = {"statements": 1, "returns_rows": kind == "SELECT"}
            operation = Operation(session.resource.protocol, kind, "", (Access(effect, target),), facts)
            # What is new now is not for long: a role that had no right to it would have to be made anew.
            return isinstance(self._engine.decide(session, operation, novel=False).verdict, Allow | Hold)

        return could

    def _alike(self, session: Session, access: Access) -> Access:
        """Return an access about which policy says the same: columns whose names no policy tells apart are one."""
        view = self._engine.view(session)
        target = access.target
        if view is None or target.kind != "Column":
            return access
        undecided = Outcome(access, allowed=False)
        if view.judge.asked_of_column(access, undecided) == access:
            return access
        return Access(access.effect, Target(target.resource, "Column", target.path[:-1], target.label))
