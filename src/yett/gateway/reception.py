"""Lets clients in: ties a proven identity to a resource, has the connection judged and recorded, and keeps its key."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from yett.core.clock import Clock
from yett.core.errors import LimitExceeded, RecordingFailed
from yett.core.ids import SessionId, sortable_id
from yett.core.operations import Operation
from yett.core.principals import Principal
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Access, Effect, Target
from yett.gateway.sessions import Sessions
from yett.interceptors.authorize import PolicyInForce
from yett.interceptors.chain import Chain
from yett.interceptors.freedom import Freedom
from yett.interceptors.seat import Seat
from yett.protocols._wire.dialogue import Arrival, TlsFacts
from yett.protocols._wire.questions import Inspect
from yett.protocols._wire.reception import Admission, CancelRoute, Entry
from yett.recording.pen import HELD_SECONDS
from yett.recording.vault import Vault

CONNECT_SEQUENCE = 1


class FrontDesk:
    """The gate's side of `protocols._wire.reception.Reception`, for one protocol's resources."""

    def __init__(  # noqa: PLR0913, PLR0917 - what meets here, given once
        self,
        entries: Mapping[str, Entry],
        chain: Chain,
        policy: PolicyInForce,
        vault: Vault,
        sessions: Sessions,
        authorities: Callable[[Arrival, TlsFacts | None], Any],
        lapse: Callable[[Principal, str], Callable[[], str | None]],
        clock: Clock,
        roles_for: Callable[[Principal], frozenset[str]] = lambda _: frozenset(),
    ) -> None:
        self._entries = entries
        self._roles_for = roles_for
        self._chain = chain
        self._policy = policy
        self._vault = vault
        vault.hold_outcomes(lambda: asyncio.get_running_loop().call_later(HELD_SECONDS, vault.flush))
        self._sessions = sessions
        self._authorities = authorities
        self._lapse = lapse
        self._clock = clock

    def authority(self, arrival: Arrival, tls: TlsFacts | None) -> Any:  # noqa: ANN401 - each protocol knows its own
        """Return what proves identities for this connection."""
        return self._authorities(arrival, tls)

    def entry(self, name: str) -> Entry | None:
        """Return the resource of this name, or None."""
        return self._entries.get(name)

    def admit(self, principal: Principal, entry: Entry, client: ClientFacts, details: Mapping[str, str]) -> Admission:
        """Judge and record the connection. A refused one is recorded too, and closed at once."""
        self._sessions.check(principal.key)
        now = self._clock.now()
        session = Session(SessionId(sortable_id(now)), principal, entry.resource, client, now)
        version = str(self._policy.engine.version)
        recorder = self._vault.open_session(session, dict(details), policy_version=version)
        seat = Seat(session, recorder, self._lapse(principal, session.id), principal.roles)
        seat.change_roles(self._roles_for(principal))
        decision, permit = self._chain.admit(seat, _connect(entry))
        if permit is None:
            recorder.close("connection_denied")
            return Admission(decision, None)
        recorder.outcome(CONNECT_SEQUENCE, "done")
        self._sessions.take(seat)
        return Admission(decision, permit, seat)

    def refused(self, arrival: Arrival, facts: Mapping[str, str]) -> None:
        """Put a refused login on record; where that is not possible it stays refused all the same."""
        try:
            self._vault.refused({"address": arrival.address, "port": arrival.port, **facts})
        except RecordingFailed:
            return

    def failed(self, admission: Admission, code: str, message: str = "") -> None:
        """Close the record of a session that did not come to flow, with the reason for the operator."""
        seat: Seat = admission.seat
        self._sessions.leave(seat)
        try:
            seat.recorder.event("upstream_failed", {"code": code, "message": message})
            seat.recorder.close(code)
        except RecordingFailed:
            return

    def opened(
        self, admission: Admission, entry: Entry, process_id: int, secret_key: bytes, minor: int
    ) -> tuple[int, bytes]:
        """Register a session's cancel key: 4 bytes for protocol 3.0, 32 for 3.2."""
        if admission.permit is None:
            raise LimitExceeded("a session without a permit has no cancel key")
        route = CancelRoute(entry, admission.permit, process_id, secret_key)
        return self._sessions.give_cancel_key(admission.seat, route, 32 if minor >= 2 else 4)

    def cancel(self, process_id: int, secret_key: bytes) -> CancelRoute | None:
        """Return whose statement a cancel request may end; the request is put on that session's record."""
        found = self._sessions.cancel(process_id, secret_key)
        if found is None:
            return None
        seat, route = found
        try:
            seat.recorder.event("cancel_requested")
        except RecordingFailed:
            return None
        return None if self._sessions.cancel_hold(seat) else route

    def freedom(self, admission: Admission) -> Callable[[], bool]:
        """Return what says, at any time, whether policy lets this session do everything.

        It is asked for every statement, and worked out once for each version of the policies.
        """
        return Freedom(self._policy, admission.seat)


def _connect(entry: Entry) -> Inspect:
    resource = entry.resource
    access = Access(Effect.CONNECT, Target(resource.name))
    operation = Operation(resource.protocol, "CONNECT", "", (access,), {})
    return Inspect(CONNECT_SEQUENCE, "connect", operation)
