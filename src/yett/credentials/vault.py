"""Credentials that a Vault keeps or makes, as everything else that needs one asks for them."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

from yett.core.clock import Clock
from yett.core.errors import UpstreamFailed
from yett.core.secret import Secret
from yett.credentials.rotation import NotRotatable
from yett.credentials.target import TargetCredential, checked
from yett.credentials.vault_access import DatabaseUser, VaultAccess

_BESIDE = "_yett_new"
_USED = 0.5


@dataclass(frozen=True, slots=True)
class VaultSource:
    """A key/value secret, read at each use, so that it can be replaced there."""

    access: VaultAccess

    async def fetch(self) -> TargetCredential:
        """Return user and password as the secret holds them."""
        secret, _ = await asyncio.to_thread(self.access.read)
        settings = self.access.settings
        return checked(settings.login or _value(secret, settings.user), _value(secret, settings.password))

    def forget(self) -> None:
        """Keep nothing: the secret is read each time."""


class VaultUserSource:
    """A database user for the gate's own looks at a target: one for half of its time, then another.

    Sessions get users of their own, whose leases end with them.
    """

    def __init__(self, access: VaultAccess, clock: Clock) -> None:
        self._access = access
        self._clock = clock
        self._lock = asyncio.Lock()
        self._user: DatabaseUser | None = None
        self._good_until = 0.0

    async def fetch(self) -> TargetCredential:
        """Return the user, asking for another when half of its time is over."""
        async with self._lock:
            if self._user is None or self._clock.monotonic() >= self._good_until:
                self._user = await asyncio.to_thread(self._access.new_database_user)
                self._good_until = self._clock.monotonic() + self._user.seconds * _USED
            return self._user.credential

    def forget(self) -> None:
        """Ask for another the next time."""
        self._user = None


@dataclass(frozen=True, slots=True)
class VaultPassword:
    """A password in a key/value secret: the new one is a key of its own beside the old one until it takes its place.

    Each write names the version that it was made from, so that of two rotations one fails. Version 1 of key/value
    has none, and does not notice.
    """

    access: VaultAccess
    at_hand: ClassVar[bool] = False

    def alone(self) -> AbstractContextManager[None]:
        """Hold off nobody: the Vault's own check of versions does."""
        return nullcontext()

    def pending(self) -> Secret | None:
        """Return the password under the key beside."""
        found = self.access.read()[0].get(self._beside)
        return Secret(found) if isinstance(found, str) and found else None

    def stage(self, new: Secret) -> None:
        """Write the key beside. Raises NotRotatable where the gate may not."""
        secret, version = self.access.read()
        try:
            self.access.write({**secret, self._beside: new.reveal()}, version)
        except UpstreamFailed as failure:
            if failure.code != "vault_forbidden":
                raise
            hint = "let its Vault policy `create` and `update` the secret"
            raise NotRotatable("the gate may not write the secret", hint=hint) from None

    def take_over(self, new: Secret) -> None:
        """Write the new password under the key of the old one."""
        secret, version = self.access.read()
        if secret.get(self._key) == new.reveal() and self._beside not in secret:
            return
        rest = {key: value for key, value in secret.items() if key != self._beside}
        self.access.write({**rest, self._key: new.reveal()}, version)

    def abandon(self) -> None:
        """Remove the key beside."""
        secret, version = self.access.read()
        if self._beside in secret:
            self.access.write({key: value for key, value in secret.items() if key != self._beside}, version)

    @property
    def _key(self) -> str:
        return self.access.settings.password

    @property
    def _beside(self) -> str:
        return self._key + _BESIDE


def _value(secret: dict[str, Any], key: str) -> str:
    value = secret.get(key)
    if isinstance(value, str):
        return value
    message = "the Vault's secret has no text under the key that the credential names"
    raise UpstreamFailed(message, hint="check `user` and `password` of the credential", code="vault_not_found")
