"""Where a session sits in the chain: what the interceptors know of it, and its recording."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from yett.core.sessions import Session
from yett.recording.recorder import SessionRecorder


@dataclass(slots=True)
class Seat:
    """One open session. `ended` says why its identity no longer counts, or None; it is asked for every operation.

    `own_roles` are the roles that its principal has anyway; with those that it has for a while, `session` changes.
    `unlearnt` are the shapes of what runs by approval, by operation: they are learnt once it has run.
    """

    session: Session
    recorder: SessionRecorder
    ended: Callable[[], str | None]
    own_roles: frozenset[str] = frozenset()
    unlearnt: dict[int, bytes] = field(default_factory=dict)

    def change_roles(self, roles: frozenset[str]) -> None:
        """Give the session's principal these roles for now, beside its own: policy sees another principal then."""
        who = self.session.principal
        wanted = self.own_roles | roles
        if who.roles != wanted:
            self.session = replace(self.session, principal=replace(who, roles=wanted))
