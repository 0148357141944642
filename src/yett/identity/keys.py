"""Remembers each provider's keys, and says when they must be fetched again."""

from dataclasses import dataclass

from yett.identity.jwks import KeySet, VerifyingKey, read_key_set
from yett.identity.refusals import refusal

_BACKOFF_MAX = 4


@dataclass(frozen=True, slots=True)
class CachedKeys:
    """A provider's keys as they were last fetched: what a restart without a network stands on."""

    provider: str
    issuer: str
    document: bytes
    fetched_at: float


class KeyCache:
    """What is known of one provider's keys. It fetches nothing: it says when someone should.

    Keys are used until `max_age` seconds after they were fetched, however long the provider is out of reach. They are
    fetched anew every `refresh` seconds, and when a token names a key that is not known; never more often than every
    `refresh_min` seconds, so that a stranger's tokens can't make the gate call its provider. Failures wait longer each
    time.
    """

    def __init__(self, provider: str, issuer: str, *, refresh: float, refresh_min: float, max_age: float) -> None:
        self.provider = provider
        self.issuer = issuer
        self._refresh = refresh
        self._refresh_min = refresh_min
        self._max_age = max_age
        self._keys = KeySet(())
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._failures = 0
        self._missed = False
        self.problem = ""

    @property
    def fetched_at(self) -> float | None:
        """Return when the keys in use were fetched, or None when there are none."""
        return self._fetched_at

    def find(self, kid: str | None, algorithm: str, now: float) -> VerifyingKey:
        """Return the key that signed a token.

        Raises AuthenticationFailed with `unknown_key` (and notes that a fetch is wanted), or `keys_stale`.
        """
        if self._fetched_at is not None and now - self._fetched_at > self._max_age:
            self._missed = True
            raise refusal("keys_stale", self.provider)
        key = self._keys.find(kid, algorithm)
        if key is None:
            self._missed = True
            raise refusal("unknown_key", self.provider)
        return key

    def wants_refresh(self, now: float) -> bool:
        """Tell whether the keys should be fetched now."""
        if self._tried_at is not None and 0 <= now - self._tried_at < self._wait():
            return False
        if self._fetched_at is None or self._missed or self._failures:
            return True
        return not 0 <= now - self._fetched_at < self._refresh

    def trying(self, now: float) -> None:
        """Note that a fetch begins."""
        self._tried_at = now

    def learn(self, document: bytes, now: float) -> CachedKeys:
        """Use a newly fetched key set instead of the one before, and return what should be remembered of it.

        Raises ValueError when it can't be used; the keys before stay in use.
        """
        self._keys = read_key_set(document)
        self._fetched_at = now
        self._missed = False
        self._failures = 0
        self.problem = ""
        return CachedKeys(self.provider, self.issuer, document, now)

    def recall(self, kept: CachedKeys) -> None:
        """Use keys that were remembered before a restart, unless they are another issuer's or newer ones are known."""
        if kept.issuer != self.issuer or (self._fetched_at or 0) >= kept.fetched_at:
            return
        try:
            self._keys = read_key_set(kept.document)
        except ValueError as error:
            self.problem = f"the keys kept for a restart cannot be used: {error}"
            return
        self._fetched_at = kept.fetched_at

    def failed(self, problem: str) -> None:
        """Note that a fetch failed, and why."""
        self._failures = min(self._failures + 1, _BACKOFF_MAX)
        self.problem = problem

    def _wait(self) -> float:
        return float(self._refresh_min * 2 ** max(0, self._failures - 1))
