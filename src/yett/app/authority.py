"""Lets a connection's login ask the identity room who somebody is, and counts every answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from yett.core.clock import Clock
from yett.core.errors import AuthenticationFailed
from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.identity.credential import ScramVerifier
from yett.identity.identity import Identity
from yett.protocols._wire.dialogue import Arrival, TlsFacts
from yett.telemetry.counters import GateCounters

T = TypeVar("T")
_WORTH_FETCHING = frozenset({"unknown_key", "keys_stale"})


@dataclass(frozen=True, slots=True)
class Proving:
    """What every connection's proof needs."""

    identity: Identity
    clock: Clock
    counters: GateCounters


class ConnectionAuthority:
    """What proves identities for one connection: its listener's binding, its certificate, its password or proof."""

    __slots__ = ("_arrival", "_proving", "_tls")

    def __init__(self, proving: Proving, arrival: Arrival, tls: TlsFacts | None) -> None:
        self._proving = proving
        self._arrival = arrival
        self._tls = tls or arrival.tls

    def bound(self) -> Principal | None:
        """Return whom the listener is bound to. Raises AuthenticationFailed when that one counts no longer."""
        principal = self._arrival.bound_principal
        if principal is None:
            return None
        return self._counted("bound", lambda: self._proving.identity.bound(principal.key))

    def certificate(self) -> Principal | None:
        """Return whom the client certificate stands for that TLS has verified, or None."""
        der = self._tls.certificate if self._tls is not None else None
        if der is None:
            return None
        return self._counted("certificate", lambda: self._proving.identity.certificate(der, self._now()))

    def scram(self, credential_id: str) -> ScramVerifier | None:
        """Return what checks a SCRAM proof for a credential."""
        return self._proving.identity.scram(credential_id)

    def scram_proven(self, credential_id: str) -> Principal:
        """Return whom a credential stands for whose secret was proven."""
        return self._counted("scram", lambda: self._proving.identity.scram_proven(credential_id, self._now()))

    def password(self, raw: Secret) -> Principal | None:
        """Return whom a credential or token stands for; None where a token's signing key must be fetched first."""
        try:
            return self._counted("password", lambda: self._proving.identity.verify(raw, self._now()))
        except AuthenticationFailed as failure:
            if failure.code in _WORTH_FETCHING:
                return None
            raise

    def _now(self) -> float:
        return self._proving.clock.now()

    def _counted(self, method: str, ask: Callable[[], T]) -> T:
        try:
            answer = ask()
        except AuthenticationFailed:
            self._proving.counters.login(method, "refused")
            raise
        if answer is not None:
            self._proving.counters.login(method, "ok")
        return answer
