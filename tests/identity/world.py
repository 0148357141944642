"""A small gate's identity: a store, a clock, a local directory, one provider that can sign."""

from typing import Any

from identity.signing import NOW, Issuer
from yett.core.clock import ManualClock
from yett.identity.identity import Identity
from yett.identity.local import LocalIdentity
from yett.identity.settings import IdentitySettings, OidcSettings
from yett.identity.store import IdentityStore, MemoryIdentityStore

__all__ = ["NOW", "World"]


class World:
    """Everything that identity needs, with time standing still."""

    def __init__(self, store: IdentityStore | None = None, issuer: Issuer | None = None, **settings: Any) -> None:
        self.clock = ManualClock(NOW)
        self.store = store or MemoryIdentityStore()
        oidc = settings.pop("providers", None)
        if oidc is None:
            oidc = {"corp": OidcSettings(issuer=(issuer or Issuer()).issuer, audience="yett")}
        self.settings = IdentitySettings(oidc=oidc, **settings)
        self.local = LocalIdentity(self.store, self.settings.local, self.clock)
        self.identity = Identity(self.settings, self.store, self.clock)
        if issuer is not None:
            self.identity._oidc.by_name["corp"].keys.learn(issuer.jwks(), NOW)

    def sync(self) -> None:
        """Bring the running gate's view up to date, as its background task does."""
        self.local.load()
        self.identity._apply(self.identity._unread())
