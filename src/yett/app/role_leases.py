"""Runs the roles of one resource: made when a session needs one, current while it lasts, removed behind the last one.

A role is in use while a session holds it. Everything else that carries this gate's mark at the target is swept away:
what a session has left, and what a crash has.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar
from weakref import WeakValueDictionary

import structlog

from yett.app.lease_rights import LeaseRights
from yett.app.targets import talk_to_target
from yett.core.clock import Clock
from yett.core.errors import UpstreamFailed
from yett.core.ids import SessionId
from yett.core.secret import Secret
from yett.core.sessions import Session
from yett.credentials.sources import CredentialSource
from yett.interceptors.authorize import PolicyInForce
from yett.protocols._wire.dialogue import Opening
from yett.protocols._wire.reception import Entry, TargetLogin
from yett.protocols.postgres.leasing.catalog import Catalog, read_catalog
from yett.protocols.postgres.leasing.password import new_password, verifier_of
from yett.protocols.postgres.leasing.privileges import LabelOf, Privileges
from yett.protocols.postgres.leasing.query import Refused
from yett.protocols.postgres.leasing.roles import RoleTerms, change_role, make_role, renew_roles, sweep

T = TypeVar("T")
_log = structlog.get_logger("yett.leases")
_TALK_SECONDS = 60.0
_CATALOG_SECONDS = 5.0
_TRIES = 3
_PASSING = frozenset({"XX000", "40001", "40P01", "55P03"})
"""What another's GRANT or a migration at the same moment makes the target say; it is tried again."""


@dataclass(frozen=True, slots=True)
class LeasedTarget:
    """A resource whose sessions get roles made for them. `admin` is the credential that makes them."""

    entry: Entry
    admin: CredentialSource
    terms: RoleTerms
    label_of: LabelOf


@dataclass(slots=True)
class _Role:
    """One role at the target, the sessions that hold it, and the rights that it has."""

    name: str
    password: Secret
    principal: str
    rights: Privileges
    renewed_at: float
    holders: dict[SessionId, Session] = field(default_factory=dict)


class RoleLeases:
    """The roles of one resource. `on_lost` ends the sessions of a role that can't be brought to what policy says."""

    def __init__(
        self, target: LeasedTarget, policy: PolicyInForce, clock: Clock, on_lost: Callable[[list[SessionId]], None]
    ) -> None:
        self._target = target
        self._policy = policy
        self._clock = clock
        self._on_lost = on_lost
        self._roles: dict[str, _Role] = {}
        self._held: dict[SessionId, _Role] = {}
        self._rights = LeaseRights(policy.engine, clock)
        self._asking, self._reading = asyncio.Lock(), asyncio.Lock()
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._left: dict[str, str] = {}
        self._catalog: Catalog | None = None
        self._catalog_at = 0.0
        self._unswept = True

    @property
    def roles(self) -> frozenset[str]:
        """Return the names of the roles in use."""
        return frozenset(self._roles)

    @property
    def is_current(self) -> bool:
        """Say whether nothing is left to be removed and the policies are those that all roles were made by."""
        return not self._unswept and (not self._roles or self._rights.is_of(self._policy.engine))

    async def take(self, session: Session) -> TargetLogin:
        """Return a role for a session: one that this principal has already where it has the same rights, or a new one.

        Raises UpstreamFailed where the target can't be reached, or refuses to make it (`lease_refused`).
        """
        key = session.principal.key
        alone = self._making.setdefault(key, asyncio.Lock())
        async with alone:
            rights = await self._needed([session], await self._known())
            role = self._alike(key, rights) or await self._make(key, rights)
            role.holders[session.id] = session
            self._held[session.id] = role
        return TargetLogin(role.name, role.password)

    def give_back(self, session: SessionId) -> bool:
        """Note that a session has ended; say whether that leaves a role to be removed."""
        role = self._held.pop(session, None)
        if role is None:
            return False
        role.holders.pop(session, None)
        if role.holders:
            return False
        self._forget(role)
        return True

    def changed(self, session: Session) -> bool:
        """Note that an open session's principal has other groups or roles now; say whether it has a role here."""
        role = self._held.get(session.id)
        if role is None:
            return False
        role.holders[session.id] = session
        return True

    async def keep(self) -> None:
        """Bring all roles to what policy says now, renew them, and remove what nobody uses. Raises UpstreamFailed."""
        if self._roles:
            catalog = await self._known(afresh=True)
            for role in list(self._roles.values()):
                await self._bring_up_to_date(role, catalog)
            await self._renew()
        await self._sweep()

    async def close(self) -> None:
        """Remove every role: the gate is going away, and its sessions have ended. Raises UpstreamFailed."""
        for role in list(self._roles.values()):
            self._forget(role)
        self._held.clear()
        if self._unswept:
            await self._sweep()

    def _alike(self, principal: str, rights: Privileges) -> _Role | None:
        fresh = self._clock.monotonic() - self._target.terms.valid_seconds / 2
        mine = (one for one in self._roles.values() if one.principal == principal and one.renewed_at > fresh)
        return next((one for one in mine if one.rights == rights), None)

    async def _make(self, principal: str, rights: Privileges) -> _Role:
        terms, password = self._target.terms, new_password()
        name = f"{terms.prefix}{terms.gate}_{secrets.token_hex(6)}"
        role = _Role(name, password, principal, rights, self._clock.monotonic())
        verifier = await asyncio.to_thread(verifier_of, password)
        self._roles[name] = role  # known before it is made, so that no sweep takes it for a leftover
        try:
            await self._say(lambda: make_role(name, verifier, terms, rights))
        except BaseException:
            self._forget(role)
            raise
        _log.info("lease made", resource=self._resource, role=name, principal=principal, rights=len(rights.granted))
        return role

    async def _bring_up_to_date(self, role: _Role, catalog: Catalog) -> None:
        """Take away and give what policy says otherwise by now, in the sessions that are open."""
        if not role.holders:
            return
        rights = await self._needed(role.holders.values(), catalog)
        if rights == role.rights:
            return
        before = role.rights
        try:
            await self._say(lambda: change_role(role.name, before, rights))
        except UpstreamFailed as failure:
            # What it may no longer do it can't be left with: its sessions end, and the role with them.
            _log.error("lease not brought up to date", resource=self._resource, role=role.name, problem=failure.message)
            lost = list(role.holders)
            self._forget(role)
            self._on_lost(lost)
            return
        role.rights = rights
        _log.info("lease changed", resource=self._resource, role=role.name, rights=len(rights.granted))

    async def _renew(self) -> None:
        now, terms = self._clock.monotonic(), self._target.terms
        due = [one for one in self._roles.values() if now - one.renewed_at > terms.valid_seconds / 3 and one.holders]
        if due:
            await self._say(lambda: renew_roles([one.name for one in due], terms))
            for one in due:
                one.renewed_at = now

    async def _sweep(self) -> None:
        self._unswept = False
        try:
            swept = await self._say(lambda: sweep(self._target.terms, lambda: self._roles))
        except BaseException:
            self._unswept = True
            raise
        for role in swept.dropped:
            _log.info("lease ended", resource=self._resource, role=role)
        for role in swept.left.keys() - self._left.keys():
            _log.error("lease not removed", resource=self._resource, role=role, problem=swept.left[role])
        self._left = swept.left  # tried again each time; said once

    async def _known(self, *, afresh: bool = False) -> Catalog:
        """Return the target's catalog, read at most some seconds ago."""
        async with self._reading:
            now = self._clock.monotonic()
            if afresh or self._catalog is None or now - self._catalog_at > _CATALOG_SECONDS:
                found = await self._say(read_catalog)
                self._catalog = self._catalog if found == self._catalog else found
                self._catalog_at = now
            return self._catalog

    async def _needed(self, sessions: Iterable[Session], catalog: Catalog) -> Privileges:
        """Ask policy, beside the event loop: a large catalog has many tables and columns."""
        held = list(sessions)
        async with self._asking:
            if not self._rights.is_of(self._policy.engine):
                self._rights = LeaseRights(self._policy.engine, self._clock)
            return await asyncio.to_thread(self._rights.needed, held, catalog, self._target.label_of)

    async def _say(self, talk: Callable[[], Opening[T]]) -> T:
        """Sign in with the credential that makes leases and say it, again where another was in the way."""
        for left in reversed(range(_TRIES)):
            try:
                _, said = await talk_to_target(self._target.entry, self._target.admin, talk, _TALK_SECONDS)
            except Refused as refused:
                if refused.sqlstate not in _PASSING or not left:
                    raise
            else:
                return said
        raise AssertionError("the last try returns or raises")

    def _forget(self, role: _Role) -> None:
        """Let a role be swept: whatever is known of it ends here."""
        self._roles.pop(role.name, None)
        for session in role.holders:
            self._held.pop(session, None)
        self._unswept = True

    @property
    def _resource(self) -> str:
        return self._target.entry.resource.name
