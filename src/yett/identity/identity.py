"""Says who asks, and whether that one still counts: the one door of this room."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from yett.core.clock import Clock
from yett.core.errors import AuthenticationFailed
from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.identity.certificates import Certificates
from yett.identity.credential import ScramVerifier, credential_id, is_proven, looks_like_credential
from yett.identity.directory import Directory
from yett.identity.keys import KeyCache
from yett.identity.oidc import OidcProvider, OidcProviders
from yett.identity.refresh import KeyRefresher
from yett.identity.refusals import refusal
from yett.identity.revocation import LOCAL, Revocations
from yett.identity.settings import IdentitySettings, OidcSettings
from yett.identity.store import Changes, Credential, IdentityStore

_PRUNE_SECONDS = 3600.0
_KEPT_SECONDS = 7 * 86400.0
_WORTH_FETCHING = frozenset({"unknown_key", "keys_stale"})


class Identity:
    """Every way of proving who one is, and every way of losing it.

    All look-ups are in memory: nothing here waits for the store or the network, except the methods that say so.
    `follow` and `keep_keys_fresh` are the two background tasks that keep it current.
    """

    def __init__(self, settings: IdentitySettings, store: IdentityStore, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._directory = Directory()
        self._revocations = Revocations()
        self._oidc = OidcProviders(_provider(name, one) for name, one in settings.oidc.items())
        self._certificates = Certificates(settings.mtls) if settings.mtls else None
        self._listeners: list[Callable[[], None]] = []
        self._read_at: float | None = None
        self._blind = False
        self._unread_changes = False
        self._refresher = KeyRefresher(self._oidc.by_name, store, clock)
        self.generation = 0

    def load(self) -> None:
        """Read the store: directory, revocations, remembered keys. Blocks; call it once, before serving."""
        self._store.poll()
        self._apply(self._store.changes_since(0))
        for kept in self._store.kept_keys():
            provider = self._oidc.by_name.get(kept.provider)
            if provider is not None:
                provider.keys.recall(kept)

    # Proving who one is

    def verify(self, raw: Secret, now: float, nonce: str | None = None) -> Principal:
        """Return whom a yett credential or an OIDC token stands for.

        Raises AuthenticationFailed; its code says why, for the record only.
        """
        self._check_sight()
        if looks_like_credential(raw.reveal()):
            return self._credential(raw, now)
        return self._counting(self._oidc.verify(raw, now, nonce))

    async def verify_with_refresh(self, raw: Secret, now: float, deadline_seconds: float = 5.0) -> Principal:
        """Return what `verify` does; where the signing key is unknown, wait once for the provider's new keys.

        A provider is asked no more often than its settings say, whatever strangers send.
        """
        try:
            return self.verify(raw, now)
        except AuthenticationFailed as failure:
            if failure.code not in _WORTH_FETCHING:
                raise
            provider, _ = self._oidc.choose(raw)
            if not await self._refresher.ask(provider, deadline_seconds):
                raise
        return self.verify(raw, now)

    def scram(self, identifier: str) -> ScramVerifier | None:
        """Return what checks a SCRAM proof for a credential id, or None: the caller then goes through the motions."""
        credential = self._directory.credential(identifier)
        return credential.scram if credential is not None else None

    def scram_proven(self, identifier: str, now: float) -> Principal:
        """Return whom the credential stands for, after its secret was proven by SCRAM. Raises AuthenticationFailed."""
        self._check_sight()
        credential = self._directory.credential(identifier)
        if credential is None:
            raise refusal("credential_unknown")
        return self._standing(credential, now)

    def certificate(self, der: bytes, now: float) -> Principal | None:
        """Return whom a client certificate that TLS has verified stands for, or None when no rule names it.

        Raises AuthenticationFailed for one that must not be used, or is revoked.
        """
        if self._certificates is None:
            return None
        self._check_sight()
        principal = self._certificates.principal(der, now)
        return None if principal is None else self._counting(principal)

    def bound(self, name: str) -> Principal:
        """Return the local principal that a listener is bound to in the settings. Raises AuthenticationFailed."""
        self._check_sight()
        return self._counting(self._directory.principal(name.removeprefix(f"{LOCAL}/")))

    # Losing it

    def revoked(self, principal: Principal) -> str | None:
        """Return the code of why the principal no longer counts, or None. Called for every operation.

        Whoever acts for somebody counts only as long as that one does.
        """
        if self._blind:
            return "revocations_unknown"
        one: Principal | None = principal
        while one is not None:
            code = self._revocations.find(one)
            if code is None and one.issuer == LOCAL:
                code = self._directory.changed(one)
            if code is not None:
                return code
            one = one.on_behalf_of
        return None

    def ended(self, principal: Principal, now: float, session: str = "") -> str | None:
        """Return the code of why a session must end at `now`, or None: its principal is revoked or past its time.

        `session` is the gate's own id of the session, which can be revoked by itself.
        """
        if principal.expires_at is not None and now >= principal.expires_at:
            return "credential_expired" if principal.method == "credential" else "token_expired"
        if session and self._revocations.ends_session(session):
            return "revoked_session"
        return self.revoked(principal)

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every change of who counts, so that open sessions are looked at; returns the undo."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # Keeping current

    async def follow(self) -> None:
        """Take in what other processes write, and forget what ended long ago, as long as the gate runs."""
        prune_at = self._clock.monotonic()
        while True:
            await asyncio.sleep(self._settings.poll_interval)
            await self.refresh()
            if self._clock.monotonic() >= prune_at:
                prune_at = self._clock.monotonic() + _PRUNE_SECONDS
                await self._prune()

    async def refresh(self) -> bool:
        """Take in what was written since the last time; returns whether anything was.

        When the store can't be read for `blind_max` seconds, nobody counts until it can: a revocation may be there.
        """
        try:
            changes = await asyncio.to_thread(self._unread)
        except Exception:  # noqa: BLE001  whatever keeps us from reading, the answer is the same: we may be blind
            self._check_blind()
            return False
        self._read_at = self._clock.monotonic()
        self._apply(changes)
        return bool(changes)

    async def _prune(self) -> None:
        # Ended credentials are kept for a while, because people ask what became of them.
        with suppress(Exception):
            await asyncio.to_thread(self._store.prune, self._clock.now() - _KEPT_SECONDS)

    async def keep_keys_fresh(self, check_seconds: float = 1.0) -> None:
        """Fetch providers' keys when they are wanted, as long as the gate runs."""
        await self._refresher.run(check_seconds)

    async def refresh_keys(self) -> None:
        """Fetch the keys of each provider that wants it now, all at the same time."""
        await self._refresher.once()

    def key_problems(self) -> dict[str, str]:
        """Return, by provider, why its keys could not be fetched the last time."""
        return {name: one.keys.problem for name, one in self._oidc.by_name.items() if one.keys.problem}

    def _unread(self) -> Changes:
        # What a poll has told is kept until it was read: a failure in between must not lose it.
        self._unread_changes = self._store.poll() or self._unread_changes
        if not self._unread_changes:
            return Changes(self._directory.revision)
        changes = self._store.changes_since(self._directory.revision)
        self._unread_changes = False
        return changes

    def _apply(self, changes: Changes) -> None:
        self._read_at = self._clock.monotonic()
        came_back, self._blind = self._blind, False
        if not changes and not came_back:
            return
        self._directory.apply(changes)
        self._directory.forget_ended(self._clock.now())
        self._revocations.apply(changes.revocations, self._directory.credentials)
        self._tell()

    def _check_blind(self) -> None:
        since = self._clock.monotonic() - (self._read_at or 0.0)
        if since > self._settings.blind_max and not self._blind:
            self._blind = True
            self._tell()

    def _tell(self) -> None:
        self.generation += 1
        for listener in tuple(self._listeners):
            listener()

    def _check_sight(self) -> None:
        if self._blind:
            raise refusal("revocations_unknown")

    def _credential(self, raw: Secret, now: float) -> Principal:
        credential = self._directory.credential(credential_id(raw))
        if credential is None:
            raise refusal("credential_unknown")
        if not is_proven(raw, credential.digest):
            raise refusal("credential_wrong")
        return self._standing(credential, now)

    def _standing(self, credential: Credential, now: float) -> Principal:
        if now >= credential.expires_at:
            raise refusal("credential_expired")
        if credential.issuer != LOCAL and credential.issuer not in self._oidc.by_name:
            raise refusal("issuer_unknown")
        return self._counting(self._directory.standing(credential))

    def _counting(self, principal: Principal) -> Principal:
        code = self.revoked(principal)
        if code is not None:
            raise refusal(code)
        return principal


def _provider(name: str, settings: OidcSettings) -> OidcProvider:
    keys = KeyCache(
        name,
        settings.issuer,
        refresh=settings.keys_refresh,
        refresh_min=settings.keys_refresh_min,
        max_age=settings.keys_max_age,
    )
    return OidcProvider(name, settings, keys)
