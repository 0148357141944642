"""Where a session sits in the chain: what the interceptors know of it, and its recording."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from yett.core.sessions import Session
from yett.protocols._wire.questions import Parameter


class Recorder(Protocol):
    """A session's recording, as `recording.recorder.SessionRecorder` keeps it: see there for what each call means."""

    def intend(  # noqa: PLR0913, PLR0917 - the hot path: no object is made to carry arguments
        self,
        sequence: int,
        kind: str,
        text: bytes | str,
        parameters: Sequence[Parameter] | bytes = (),
        decision: bytes | None = None,
        accesses: bytes = b"",
        details: dict[str, object] | None = None,
    ) -> None:
        """Write what is about to be done."""

    def outcome(  # noqa: PLR0913, PLR0917 - as intend
        self,
        sequence: int,
        status: str,
        tag: str = "",
        rows: int = 0,
        rows_digest: bytes = b"",
        bytes_in: int = 0,
        bytes_out: int = 0,
        code: str = "",
        timings_ns: dict[str, int] | None = None,
        details: dict[str, object] | None = None,
        answer: bytes = b"",
    ) -> None:
        """Write what came of it."""

    def event(self, kind: str, data: Mapping[str, object] | None = None) -> None:
        """Write something that is no operation."""

    def close(self, reason: str, counters: Mapping[str, int] | None = None) -> None:
        """End the recording."""

    async def durable(self) -> None:
        """Return when all that was written so far survives a power cut, where that was asked for."""


@dataclass(slots=True)
class Seat:
    """One open session. `ended` says why its identity no longer counts, or None; it is asked for every operation.

    `own_roles` are the roles that its principal has anyway; with those that it has for a while, `session` changes.
    `unlearnt` are the shapes of what runs by approval, by operation: they are learnt once it has run.
    """

    session: Session
    recorder: Recorder
    ended: Callable[[], str | None]
    own_roles: frozenset[str] = frozenset()
    unlearnt: dict[int, bytes] = field(default_factory=dict)

    def change_roles(self, roles: frozenset[str]) -> None:
        """Give the session's principal these roles for now, beside its own: policy sees another principal then."""
        who = self.session.principal
        wanted = self.own_roles | roles
        if who.roles != wanted:
            self.session = replace(self.session, principal=replace(who, roles=wanted))
