"""The sessions that are open now: counted, found by their cancel keys, ended when their identity ends."""

import secrets
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from yett.core.errors import LimitExceeded
from yett.core.ids import SessionId
from yett.core.principals import Principal
from yett.core.sessions import Session
from yett.gateway.driver import Driver
from yett.interceptors.identity_in_force import why_ended
from yett.interceptors.seat import Seat
from yett.protocols._wire.reception import CancelRoute

_IDS_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class _CancelKey:
    """What a cancel request must show for one session, and where it goes then."""

    process_id: int
    secret: bytes = field(repr=False)
    seat: Seat
    route: CancelRoute


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How many sessions there may be, in all and of one principal."""

    sessions_max: int = 2_000
    per_principal_max: int = 200


class Sessions:
    """Every seat that is taken, from its admission to the end of its session."""

    def __init__(
        self,
        limits: SessionLimits,
        on_leave: Callable[[Session], None] = lambda _: None,
        on_change: Callable[[Session], None] = lambda _: None,
    ) -> None:
        self._limits = limits
        self._on_leave = on_leave
        self._on_change = on_change
        self._drivers: dict[SessionId, Driver] = {}
        self._seats: dict[SessionId, Seat] = {}
        self._by_principal: Counter[str] = Counter()
        self._keys: dict[SessionId, _CancelKey] = {}
        self._cancels: dict[int, list[_CancelKey]] = {}

    def __len__(self) -> int:
        """Return how many sessions there are."""
        return len(self._seats)

    @property
    def drivers(self) -> list[Driver]:
        """Return the sessions that are past their opening."""
        return list(self._drivers.values())

    def check(self, principal: str) -> None:
        """Raise LimitExceeded when one more session would be too many."""
        if len(self._seats) >= self._limits.sessions_max:
            raise LimitExceeded(
                "the gate has as many sessions as it may", hint="try again later", code="too_many_sessions"
            )
        if self._by_principal[principal] >= self._limits.per_principal_max:
            message = f"{principal} has as many sessions as one principal may"
            raise LimitExceeded(message, hint="close some of them first", code="too_many_sessions")

    def take(self, seat: Seat) -> None:
        """Note an admitted session."""
        self._seats[seat.session.id] = seat
        self._by_principal[seat.session.principal.key] += 1

    def flow(self, driver: Driver) -> None:
        """Note that a session's opening is over and its bytes flow."""
        self._drivers[driver.seat.session.id] = driver

    def leave(self, seat: Seat) -> None:
        """Forget an ended session, and its cancel key with it."""
        session = seat.session.id
        if self._seats.pop(session, None) is None:
            return
        self._on_leave(seat.session)
        self._drivers.pop(session, None)
        key = seat.session.principal.key
        self._by_principal[key] -= 1
        if self._by_principal[key] <= 0:
            del self._by_principal[key]
        cancel_key = self._keys.pop(session, None)
        if cancel_key is not None:
            self._withdraw(cancel_key)

    def route(self, seat: Seat) -> CancelRoute | None:
        """Return the way to end what a session's target is running."""
        known = self._keys.get(seat.session.id)
        return known.route if known is not None else None

    def give_cancel_key(self, seat: Seat, route: CancelRoute, key_bytes: int) -> tuple[int, bytes]:
        """Make the key by which this session's client, and nobody else, can cancel what it runs.

        The process id is the target's own, as `pg_backend_pid()` and notifications show it; two targets may have the
        same. The secret is the gate's.
        """
        process_id = route.process_id or secrets.randbelow(_IDS_MAX) + 1
        others = self._cancels.setdefault(process_id, [])
        secret = secrets.token_bytes(key_bytes)
        while any(other.secret == secret for other in others):
            secret = secrets.token_bytes(key_bytes)
        cancel_key = _CancelKey(process_id, secret, seat, route)
        others.append(cancel_key)
        self._keys[seat.session.id] = cancel_key
        return process_id, secret

    def cancel(self, process_id: int, secret: bytes) -> tuple[Seat, CancelRoute] | None:
        """Return the session that a cancel request may interrupt, if it shows the right key."""
        for known in self._cancels.get(process_id, ()):
            if secrets.compare_digest(known.secret, secret):
                return known.seat, known.route
        return None

    def _withdraw(self, cancel_key: _CancelKey) -> None:
        others = [one for one in self._cancels[cancel_key.process_id] if one is not cancel_key]
        if others:
            self._cancels[cancel_key.process_id] = others
        else:
            del self._cancels[cancel_key.process_id]

    def end_the_ended(self) -> None:
        """End every session whose identity no longer counts: called on each revocation, and every second for expiry."""
        for driver in self.drivers:
            try:
                code = driver.seat.ended()
            except Exception:  # noqa: BLE001 - fail closed: whose identity cannot be asked about does not count
                code = "revocations_unknown"
            if code is not None:
                driver.terminate(why_ended(code))

    def end_the_idle(self, seconds: float) -> None:
        """End every session in which nobody has said anything for so long, and nothing is running."""
        for driver in self.drivers:
            if driver.idle_seconds >= seconds:
                driver.terminate("the session was idle for longer than this gate allows", "57P05")

    def change_roles(self, keys: frozenset[str], roles_for: Callable[[Principal], frozenset[str]]) -> None:
        """Give the open sessions of these principals the roles that they have now."""
        for seat in self._seats.values():
            if seat.session.principal.key in keys:
                seat.change_roles(roles_for(seat.session.principal))
                self._on_change(seat.session)

    def end_some(self, ids: Collection[SessionId], reason: str) -> None:
        """End these sessions, those still opening too as soon as they flow."""
        for driver in self.drivers:
            if driver.seat.session.id in ids:
                driver.terminate(reason)

    def cancel_hold(self, seat: Seat) -> bool:
        """Take back what waits for a person in a session; say whether that was all there is to cancel."""
        driver = self._drivers.get(seat.session.id)
        return driver is not None and driver.cancel_hold()

    def each(self, act: Callable[[Driver], None]) -> None:
        """Do something with every flowing session."""
        for driver in self.drivers:
            act(driver)
