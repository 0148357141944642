"""What a protocol's opening may ask of the gate: who may come in, to what, and with which credential upstream."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from yett.core.decisions import Decision
from yett.core.permits import Permit
from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.core.sessions import ClientFacts
from yett.core.targets import Resource
from yett.protocols._wire.dialogue import Arrival, TlsFacts


@dataclass(frozen=True, slots=True)
class TargetLogin:
    """What the gate shows a target: a user, and a password unless a certificate speaks for it."""

    user: str
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of the catalogue as a protocol sees it; `settings` is the protocol's own settings struct."""

    resource: Resource
    address: str
    port: int
    settings: Any


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer to "may this principal connect to this resource": with a permit exactly when it may.

    `seat` is opaque to protocols and goes back to the driver with the relay.
    """

    decision: Decision
    permit: Permit | None
    seat: Any = None


@dataclass(frozen=True, slots=True)
class CredentialWanted:
    """Asks for what one admitted session shows its target: the credential may be made for it.

    `refused` is what was given before, and the target did not take: it may have been replaced in between.
    """

    entry: "Entry"
    seat: Any
    refused: TargetLogin | None = None


@dataclass(frozen=True, slots=True)
class CancelRoute:
    """Where a cancel request of a client's session goes: the target and what it wants to see."""

    entry: Entry
    permit: Permit
    process_id: int
    secret_key: bytes


class Reception(Protocol):
    """The gate, as a protocol's opening sees it. Everything answers from memory, at once."""

    def authority(self, arrival: Arrival, tls: TlsFacts | None) -> Any:  # noqa: ANN401 - each protocol knows its own
        """Return what proves identities for this connection."""
        ...

    def entry(self, name: str) -> Entry | None:
        """Return the resource of this name and the opening's protocol, or None."""
        ...

    def admit(self, principal: Principal, entry: Entry, client: ClientFacts, details: Mapping[str, str]) -> Admission:
        """Judge and record the connection; raises RecordingFailed or LimitExceeded."""
        ...

    def refused(self, arrival: Arrival, facts: Mapping[str, str]) -> None:
        """Put a refused login on record."""
        ...

    def failed(self, admission: Admission, code: str, message: str = "") -> None:
        """Close the record of a session whose target could not be reached, with the reason for the operator."""
        ...

    def opened(
        self, admission: Admission, entry: Entry, process_id: int, secret_key: bytes, minor: int
    ) -> tuple[int, bytes]:
        """Register a session's cancel key; return the key that its client is given."""
        ...

    def cancel(self, process_id: int, secret_key: bytes) -> CancelRoute | None:
        """Return whose statement a cancel request may end, if it shows a key that was given out."""
        ...

    def freedom(self, admission: Admission) -> Callable[[], bool]:
        """Return what says, at any time, whether policy lets this session do everything, by the policies of then."""
        ...
