"""Users that a Vault makes for sessions: one for a principal, renewed while it is in use, revoked behind it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import structlog

from yett.core.clock import Clock
from yett.core.errors import UpstreamFailed
from yett.core.ids import SessionId
from yett.core.sessions import Session
from yett.credentials.vault_access import DatabaseUser, VaultAccess
from yett.protocols._wire.reception import TargetLogin

_log = structlog.get_logger("yett.leases")
_RENEWED_AT = 0.5
_SHARED_UNTIL = 0.75
_ENDED_AT = 0.95
"""Of a lease's time: when it is renewed, until when new sessions may have it, and when those that do are ended."""


@dataclass(slots=True)
class _Lease:
    """One user, the sessions that hold it, and since when it is good for how many seconds."""

    user: DatabaseUser
    principal: str
    since: float
    seconds: float
    holders: set[SessionId] = field(default_factory=set)

    def past(self, now: float, part: float) -> bool:
        """Say whether so much of its time is over."""
        return now - self.since >= self.seconds * part


class VaultLeases:
    """The users of one resource. `on_lost` ends the sessions whose user the Vault lets go on no longer."""

    def __init__(
        self, resource: str, access: VaultAccess, clock: Clock, on_lost: Callable[[list[SessionId]], None]
    ) -> None:
        self._resource = resource
        self._access = access
        self._clock = clock
        self._on_lost = on_lost
        self._leases: list[_Lease] = []
        self._held: dict[SessionId, _Lease] = {}
        self._unused: list[_Lease] = []
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def is_current(self) -> bool:
        """Say whether nothing has to be renewed or revoked now."""
        now = self._clock.monotonic()
        return not self._unused and not any(one.past(now, _RENEWED_AT) for one in self._leases)

    async def take(self, session: Session) -> TargetLogin:
        """Return a user: one that this principal has already, or a new one. Raises UpstreamFailed (`vault_…`)."""
        key = session.principal.key
        alone = self._making.setdefault(key, asyncio.Lock())
        async with alone:
            lease = self._alike(key) or await self._make(key)
            lease.holders.add(session.id)
            self._held[session.id] = lease
        return TargetLogin(lease.user.credential.user, lease.user.credential.password)

    def give_back(self, session: SessionId) -> bool:
        """Note that a session has ended; say whether that leaves a user to be revoked."""
        lease = self._held.pop(session, None)
        if lease is None:
            return False
        lease.holders.discard(session)
        if lease.holders:
            return False
        self._forget(lease)
        return True

    def changed(self, _session: Session) -> bool:
        """Say that it does not matter here: what the Vault's users may do, its own role says."""
        return False

    async def keep(self) -> None:
        """Renew what is used, end what can't be renewed, revoke what is used no more. Raises UpstreamFailed."""
        for lease in list(self._leases):
            now = self._clock.monotonic()
            if lease.past(now, _ENDED_AT):
                lost = list(lease.holders)
                self._forget(lease)
                self._on_lost(lost)
            elif lease.past(now, _RENEWED_AT):
                await self._renew(lease)
        await self._revoke()

    async def close(self) -> None:
        """Revoke everything: the gate is going away, and its sessions have ended. Raises UpstreamFailed."""
        for lease in list(self._leases):
            self._forget(lease)
        await self._revoke()

    def _alike(self, principal: str) -> _Lease | None:
        now = self._clock.monotonic()
        mine = (one for one in self._leases if one.principal == principal)
        return next((one for one in mine if not one.past(now, _SHARED_UNTIL)), None)

    async def _make(self, principal: str) -> _Lease:
        since = self._clock.monotonic()
        # Never left half-way: a user that was made and is not known here would live for all of its time.
        making = asyncio.ensure_future(asyncio.to_thread(self._access.new_database_user))
        try:
            user = await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(lambda done: self._left(done, principal, since))
            raise
        lease = _Lease(user, principal, since, user.seconds)
        self._leases.append(lease)
        _log.info("lease made", resource=self._resource, role=user.credential.user, principal=principal)
        return lease

    def _left(self, done: "asyncio.Future[DatabaseUser]", principal: str, since: float) -> None:
        if not done.cancelled() and done.exception() is None:
            self._unused.append(_Lease(done.result(), principal, since, done.result().seconds))

    async def _renew(self, lease: _Lease) -> None:
        now = self._clock.monotonic()
        try:
            seconds = await asyncio.to_thread(self._access.renew, lease.user.lease_id, int(lease.user.seconds))
        except UpstreamFailed as failure:
            _log.warning("lease not renewed", resource=self._resource, problem=failure.message)
            return
        if now + seconds > lease.since + lease.seconds:
            lease.since, lease.seconds = now, float(seconds)

    async def _revoke(self) -> None:
        while self._unused:
            lease = self._unused[0]
            try:
                await asyncio.to_thread(self._access.revoke, lease.user.lease_id)
            except UpstreamFailed:
                if not lease.past(self._clock.monotonic(), 1.0):
                    raise
            self._unused.remove(lease)
            _log.info("lease ended", resource=self._resource, role=lease.user.credential.user)

    def _forget(self, lease: _Lease) -> None:
        if lease in self._leases:
            self._leases.remove(lease)
            self._unused.append(lease)
        for session in lease.holders:
            self._held.pop(session, None)
