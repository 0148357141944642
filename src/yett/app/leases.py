"""Gives each session its credential for the target, and takes back what was made for it when it ends."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Protocol

import structlog

from yett.core.errors import UpstreamFailed, YettError
from yett.core.ids import SessionId
from yett.core.sessions import Session
from yett.credentials.sources import CredentialSource, fetch_anew
from yett.credentials.target import TargetCredential
from yett.protocols._wire.reception import Entry, TargetLogin

_log = structlog.get_logger("yett.leases")
_LOOK_SECONDS = 1.0
_KEEP_SECONDS = 30.0
_RETRY_SECONDS = 5.0
_FOR_OPERATORS = ("credential_", "lease_", "vault_")


class Lessor(Protocol):
    """What makes credentials for the sessions of one resource."""

    @property
    def is_current(self) -> bool:
        """Say whether nothing has to be done before the usual time."""
        ...

    async def take(self, session: Session) -> TargetLogin:
        """Return what a session shows the target. Raises UpstreamFailed."""
        ...

    def give_back(self, session: SessionId) -> bool:
        """Note that a session has ended; say whether that leaves something to be done."""
        ...

    def changed(self, session: Session) -> bool:
        """Note what an open session's principal is now; say whether that matters here."""
        ...

    async def keep(self) -> None:
        """Do what is due. Raises UpstreamFailed."""
        ...

    async def close(self) -> None:
        """End everything that was made. Raises UpstreamFailed."""
        ...


class Leases:
    """All resources' credentials, as sessions get them: made for the session where the settings say so, else fetched.

    `follow` must run as long as the gate does, and `close` at its end; what neither could end is swept at the next
    start, as after a crash.
    """

    def __init__(self, sources: Mapping[str, CredentialSource], lessors: Mapping[str, Lessor]) -> None:
        self._sources = sources
        self._lessors = lessors
        self._wakes = {name: asyncio.Event() for name in lessors}

    async def take(self, session: Session, entry: Entry, refused: TargetLogin | None = None) -> TargetLogin:
        """Return what this session shows its target, where that refused something (`refused`) the same or another.

        Raises UpstreamFailed. Whoever gets it calls `give_back` when the session ends, however it ends.
        """
        try:
            return await self._login(session, entry.resource.name, refused)
        except UpstreamFailed as failure:
            if not failure.code.startswith(_FOR_OPERATORS):
                raise
            # What a target or a Vault says of the gate's own access is for whoever runs the gate, not for clients.
            facts = {"code": failure.code, "problem": failure.message, "hint": failure.hint}
            _log.error("no credential for a session", resource=entry.resource.name, session=session.id, **facts)
            raise UpstreamFailed("the credential for the target can't be had", code=failure.code) from None

    def give_back(self, session: Session) -> None:
        """End what was made for a session that has ended, unless others hold it too. Any number of times; at once."""
        lessor = self._lessors.get(session.resource.name)
        if lessor is not None and lessor.give_back(session.id):
            self._wakes[session.resource.name].set()

    def changed(self, session: Session) -> None:
        """Take note of an open session's principal as it is now: what it may no longer do is taken from its role."""
        lessor = self._lessors.get(session.resource.name)
        if lessor is not None and lessor.changed(session):
            self._wakes[session.resource.name].set()

    def wake(self) -> None:
        """Look at everything now: policies were replaced."""
        for wake in self._wakes.values():
            wake.set()

    async def _login(self, session: Session, resource: str, refused: TargetLogin | None) -> TargetLogin:
        lessor = self._lessors.get(resource)
        if lessor is not None:
            # What was made for a session is nobody else's to replace.
            return refused or await lessor.take(session)
        source = self._sources[resource]
        if refused is None:
            found = await source.fetch()
        else:
            found = await fetch_anew(source, TargetCredential(refused.user, refused.password))
        return TargetLogin(found.user, found.password)

    async def follow(self) -> None:
        """Keep every resource's leases, until cancelled. A target that can't be reached is tried again."""
        async with asyncio.TaskGroup() as group:
            for name, lessor in self._lessors.items():
                group.create_task(_follow(name, lessor, self._wakes[name]))

    async def close(self) -> None:
        """End all that was made; a target that can't be reached keeps it until the next start."""
        for name, lessor in self._lessors.items():
            await _attempt(name, lessor.close)


async def _follow(name: str, lessor: Lessor, wake: asyncio.Event) -> None:
    while True:
        wake.clear()
        if await _attempt(name, lessor.keep):
            await _until_due(lessor, wake)
        else:
            await asyncio.sleep(_RETRY_SECONDS)


async def _until_due(lessor: Lessor, wake: asyncio.Event) -> None:
    """Wait until something has happened, policies were replaced, or the usual time is over."""
    for _ in range(round(_KEEP_SECONDS / _LOOK_SECONDS)):
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), _LOOK_SECONDS)
        if wake.is_set() or not lessor.is_current:
            return


async def _attempt(name: str, act: Callable[[], Awaitable[None]]) -> bool:
    try:
        await act()
    except YettError as failure:
        _log.warning("leases not kept", resource=name, code=failure.code, problem=failure.message, hint=failure.hint)
        return False
    return True
