"""Asks policy what a session could ever be allowed at a target, so that its lease can have exactly that."""

from collections.abc import Iterable

from yett.core.clock import Clock
from yett.core.decisions import Allow, Hold
from yett.core.operations import Operation
from yett.core.sessions import Session
from yett.core.targets import Access, Effect, Target
from yett.policy.engine import PolicyEngine
from yett.protocols.postgres.catalog.target_kinds import is_declared
from yett.protocols.postgres.leasing.catalog import Catalog
from yett.protocols.postgres.leasing.privileges import Could, LabelOf, Privileges, privileges


class LeaseRights:
    """What one version of the policies could allow. Its own memory: it may be asked beside the event loop."""

    def __init__(self, engine: PolicyEngine, clock: Clock) -> None:
        self._engine = PolicyEngine(engine.policies, engine.schema, clock)
        self._of = engine

    def is_of(self, engine: PolicyEngine) -> bool:
        """Say whether these are the policies in force."""
        return self._of is engine

    def needed(self, sessions: Iterable[Session], catalog: Catalog, label_of: LabelOf) -> Privileges:
        """Return the rights that the sessions of one role need together, at least one session."""
        alike: dict[str, Session] = {}
        for session in sessions:
            view = self._engine.view(session)
            alike.setdefault(view.key if view is not None else str(session.id), session)
        found = [
            privileges(session.resource.name, catalog, self._could(session), label_of) for session in alike.values()
        ]
        whole = found[0]
        for one in found[1:]:
            whole |= one
        return whole

    def _could(self, session: Session) -> Could:
        """Return what says whether an act could be allowed: now, or with the yes of somebody whom policy names."""
        if self._engine.unrestricted(session):
            return lambda _effect, _target, _kind: True

        def could(effect: Effect, target: Target, kind: str) -> bool:
            if not is_declared(target.kind, effect) or not self._engine.could_permit(session, effect):
                return False
            facts = {"statements": 1, "returns_rows": kind == "SELECT"}
            operation = Operation(session.resource.protocol, kind, "", (Access(effect, target),), facts)
            return isinstance(self._engine.decide(session, operation).verdict, Allow | Hold)

        return could
