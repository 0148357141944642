"""Gives a resource's role a new password that nobody knows but the gate, without a moment in which none works."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from yett.app.targets import talk_to_target, try_target
from yett.core.clock import Clock
from yett.core.errors import UpstreamFailed, YettError
from yett.core.secret import Secret
from yett.credentials.rotation import FilePassword, KeptPassword, NotRotatable
from yett.credentials.settings import CredentialSettings, FromCommand, FromEnv, FromEphemeral, FromFile
from yett.credentials.sources import CredentialSource
from yett.credentials.target import TargetCredential
from yett.credentials.vault import VaultPassword
from yett.credentials.vault_access import VaultAccess
from yett.credentials.vault_settings import FromVault
from yett.protocols._wire.reception import Entry, TargetLogin
from yett.protocols.postgres.leasing.own_password import change_own_password, end_other_sessions
from yett.protocols.postgres.leasing.password import new_password, verifier_of
from yett.protocols.postgres.leasing.query import Refused

_TALK_SECONDS = 30.0
_NOT_LET_IN = frozenset({"upstream_password_wrong", "upstream_login_refused"})


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did. `finished` is that an earlier one had been broken off, and was ended first."""

    resource: str
    user: str
    finished: bool
    sessions_ended: int


def kept_password(settings: CredentialSettings, clock: Clock) -> KeptPassword:
    """Return where a credential's password can be replaced. Raises NotRotatable, with what to do instead."""
    match settings:
        case FromEphemeral(admin=admin):
            return kept_password(admin, clock)
        case FromFile(password=password) if password:
            return FilePassword(settings)
        case FromVault(engine="database"):
            message = "the Vault makes users for this resource, each with an end"
            raise NotRotatable(message, hint="rotate the Vault's own: vault write -f database/rotate-root/NAME")
        case FromVault():
            return VaultPassword(VaultAccess(settings, clock))
        case FromEnv(password=password) if password:
            hint = 'keep it in a file and name that: credential = { from = "file", login = "…", password = "…" }'
            raise NotRotatable("the password is in the gate's environment, which can't be written", hint=hint)
        case FromCommand():
            raise NotRotatable("the password is printed by a command", hint="rotate it where that command gets it from")
        case _:
            message = "the gate signs in without a password"
            raise NotRotatable(message, hint="rotate its client certificate where that comes from")


async def rotate(entry: Entry, source: CredentialSource, kept: KeptPassword, *, end_sessions: bool = False) -> Rotated:
    """Give the role that `source` signs in as a new password, and write it to where `source` reads it.

    With `end_sessions` whoever signed in with the old one is put out, the gate's own sessions included. Raises
    NotRotatable, RotationBusy; UpstreamFailed, after which the old password is still the one, or both are kept and
    tried until the target says which.
    """
    with kept.alone():
        found = await source.fetch()
        usable = await _settled(entry, found, kept)
        await _replaced(entry, usable, kept)
        now = await source.fetch()
    ended = 0
    if end_sessions:
        login = TargetLogin(now.user, now.password)
        _, ended = await talk_to_target(entry, login, end_other_sessions, _TALK_SECONDS)
    return Rotated(entry.resource.name, now.user, usable is not found, ended)


async def _settled(entry: Entry, found: TargetCredential, kept: KeptPassword) -> TargetCredential:
    """Bring an earlier rotation to its end, if one was broken off; return what the target takes."""
    pending = await asyncio.to_thread(kept.pending)
    if pending is None:
        return found
    if await _lets_in(entry, found.user, pending):
        await asyncio.to_thread(kept.take_over, pending)
        return TargetCredential(found.user, pending)
    if not await _lets_in(entry, found.user, found.password):
        message = "the target takes neither the password nor the one that a rotation left beside it"
        raise UpstreamFailed(message, hint="set one of them at the target by hand", code="upstream_password_wrong")
    await asyncio.to_thread(kept.abandon)
    return found


async def _replaced(entry: Entry, found: TargetCredential, kept: KeptPassword) -> None:
    new = new_password()
    verifier = await asyncio.to_thread(verifier_of, new)
    await asyncio.to_thread(kept.stage, new)
    lost: UpstreamFailed | None = None
    try:
        login = TargetLogin(found.user, found.password)
        await talk_to_target(entry, login, lambda: change_own_password(verifier), _TALK_SECONDS)
    except Refused:
        await asyncio.to_thread(kept.abandon)
        raise
    except UpstreamFailed as failure:
        lost = failure  # whether the target did it, the target must be asked
    if await _lets_in(entry, found.user, new):
        await asyncio.to_thread(kept.take_over, new)
        return
    if lost is not None:
        raise lost  # it may do it yet: both are kept
    await asyncio.to_thread(kept.abandon)
    message = "the target keeps the new password and does not let it in: something else checks passwords there"
    raise NotRotatable(message, hint="see which method pg_hba.conf names for this role; nothing was changed here")


async def _lets_in(entry: Entry, user: str, password: Secret | None) -> bool:
    try:
        await try_target(entry, TargetLogin(user, password))
    except UpstreamFailed as failure:
        if failure.code in _NOT_LET_IN:
            return False
        raise
    return True


@dataclass(frozen=True, slots=True)
class SettlingSource:
    """A credential whose password may just be replaced: while there are two, the target says which it takes."""

    entry: Entry
    source: CredentialSource
    kept: KeptPassword

    async def fetch(self) -> TargetCredential:
        """Return what the target takes. Raises UpstreamFailed."""
        kept = self.kept
        pending = kept.pending() if kept.at_hand else await asyncio.to_thread(kept.pending)
        found = await self.source.fetch()
        if pending is None or await _lets_in(self.entry, found.user, found.password):
            return found
        if not await _lets_in(self.entry, found.user, pending):
            return found
        with suppress(YettError), self.kept.alone():
            await asyncio.to_thread(self.kept.take_over, pending)
        return TargetCredential(found.user, pending)

    def forget(self) -> None:
        """Drop what is kept: the next fetch asks anew."""
        self.source.forget()


def settling(entry: Entry, settings: CredentialSettings, source: CredentialSource, clock: Clock) -> CredentialSource:
    """Return `source`, made to look for a rotation that is under way where its password is one that can be rotated."""
    try:
        return SettlingSource(entry, source, kept_password(settings, clock))
    except NotRotatable:
        return source
