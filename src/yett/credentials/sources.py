"""Fetches the credential for a target from where yett.toml says, each time a session needs one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, assert_never

from yett.core.clock import Clock
from yett.core.errors import UpstreamFailed
from yett.credentials.command import CommandSource
from yett.credentials.settings import CredentialSettings, FromCommand, FromEnv, FromEphemeral, FromFile, StaticSettings
from yett.credentials.target import TargetCredential, checked
from yett.credentials.vault import VaultSource, VaultUserSource
from yett.credentials.vault_access import VaultAccess
from yett.credentials.vault_settings import FromVault

_BYTES_MAX = 64 << 10


class CredentialSource(Protocol):
    """Where one target's credential comes from."""

    async def fetch(self) -> TargetCredential:
        """Return the credential as it is now. Raises UpstreamFailed (`credential_unavailable`) when there is none."""
        ...

    def forget(self) -> None:
        """Drop what is kept, because the target refused it: the next fetch asks anew."""
        ...


async def fetch_anew(source: CredentialSource, refused: TargetCredential) -> TargetCredential:
    """Return what a source has instead of what the target has just refused: the same where it has nothing else.

    Raises UpstreamFailed as `fetch` does.
    """
    found = await source.fetch()
    if found != refused:
        return found  # somebody else's session found it out before
    source.forget()
    return await source.fetch()


@dataclass(frozen=True, slots=True)
class EnvSource:
    """Environment variables of the gate's own process."""

    settings: FromEnv
    environment: Mapping[str, str]

    async def fetch(self) -> TargetCredential:
        """Return user and password as the variables hold them."""
        user = self.settings.login or self._variable("user", self.settings.user)
        password = self._variable("password", self.settings.password) if self.settings.password else None
        return checked(user, password)

    def forget(self) -> None:
        """Keep nothing: variables are read each time."""

    def _variable(self, key: str, name: str) -> str:
        value = self.environment.get(name)
        if value is not None:
            return value
        # A name that doesn't look like a variable's may be the secret itself, written in the wrong place.
        shown = f"environment variable {name}" if name.isupper() and name.isidentifier() else "the environment variable"
        message = f"{shown} that credential.{key} names is not set"
        raise UpstreamFailed(message, code="credential_unavailable", hint="set it in the environment of the gate")


@dataclass(frozen=True, slots=True)
class FileSource:
    """Files, read at each use, so that a secret store can replace them."""

    settings: FromFile

    async def fetch(self) -> TargetCredential:
        """Return user and password as the files hold them."""
        user = self.settings.login or self._content("user", self.settings.user)
        password = self._content("password", self.settings.password) if self.settings.password else None
        return checked(user, password)

    def forget(self) -> None:
        """Keep nothing: files are read each time."""

    def files(self) -> tuple[Path, ...]:
        """Return the files that are read, for those who check who else may read them."""
        return tuple(Path(name) for name in (self.settings.user, self.settings.password) if name)

    def _content(self, key: str, name: str) -> str:
        path = Path(name)
        try:
            with path.open("rb") as file:
                raw = file.read(_BYTES_MAX + 1)
        except OSError as error:
            message = f"the file that credential.{key} names can't be read: {error.strerror}"
            hint = f"check {path} and who may read it"
            raise UpstreamFailed(message, code="credential_unavailable", hint=hint) from None
        if len(raw) > _BYTES_MAX:
            message = f"the file that credential.{key} names is longer than {_BYTES_MAX} bytes"
            raise UpstreamFailed(message, code="credential_unavailable", hint="is it the right file?")
        return _text(raw, key).removesuffix("\n").removesuffix("\r")


def _text(raw: bytes, key: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        message = f"the file that credential.{key} names is not UTF-8 text"
        raise UpstreamFailed(message, code="credential_unavailable") from None


@dataclass(frozen=True, slots=True)
class LeasedSource:
    """Nothing that could be fetched: such credentials are made for a session. What forgets that is refused."""

    async def fetch(self) -> TargetCredential:
        """Raise UpstreamFailed, always."""
        message = "this resource's credentials are made for each session, and none was"
        raise UpstreamFailed(message, code="credential_unavailable", hint="this is a fault of yett: report it")

    def forget(self) -> None:
        """Keep nothing."""


def credential_source(
    settings: CredentialSettings,
    clock: Clock,
    environment: Mapping[str, str] = os.environ,
) -> CredentialSource:
    """Return the source that `settings` describes; its paths are absolute."""
    match settings:
        case FromEnv():
            return EnvSource(settings, environment)
        case FromFile():
            return FileSource(settings)
        case FromCommand():
            return CommandSource(settings, clock)
        case FromVault(engine="database"):
            return LeasedSource()
        case FromVault():
            return VaultSource(VaultAccess(settings, clock, environment))
        case FromEphemeral():
            return LeasedSource()
        case _:
            assert_never(settings)


def own_credential_source(
    settings: CredentialSettings, clock: Clock, environment: Mapping[str, str] = os.environ
) -> CredentialSource:
    """Return where the gate's own look at the target gets its credential: no session may be given it."""
    static: StaticSettings = settings.admin if isinstance(settings, FromEphemeral) else settings
    if isinstance(static, FromVault) and static.engine == "database":
        return VaultUserSource(VaultAccess(static, clock, environment), clock)
    return credential_source(static, clock, environment)
