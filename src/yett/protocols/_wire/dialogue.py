"""The commands of a linear dialogue: what a protocol's opening asks the driver to do, one step at a time.

An opening is a generator: it yields a command and is resumed with its answer, or has the failure thrown into it. It
never touches a socket, and so can be tested as a conversation.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from yett.core.permits import Permit
from yett.core.principals import Principal

T = TypeVar("T")


class Leg(Enum):
    """Which side of the gate: the client that came, or the target that was dialled."""

    CLIENT = "client"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Receive:
    """Read exactly `size` bytes; answered with them. The end of the stream is thrown as ConnectionError."""

    leg: Leg
    size: int


@dataclass(frozen=True, slots=True)
class Send:
    """Write bytes; answered with None once they are handed to the system."""

    leg: Leg
    data: bytes


@dataclass(frozen=True, slots=True)
class Buffered:
    """Ask how many bytes have already arrived and were not read; answered with the number."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What a TLS handshake proved: the peer's certificate (DER, verified where one was asked for) and the protocol."""

    certificate: bytes | None = None
    version: str = ""
    server_certificate: bytes | None = None
    """The peer's certificate whether verified or not: what channel binding speaks of."""


@dataclass(frozen=True, slots=True)
class UpgradeClient:
    """Say `accept` and speak TLS with the client from now on; answered with TlsFacts. Bytes sent too early end it."""

    accept: bytes


@dataclass(frozen=True, slots=True)
class TargetTls:
    """How to speak TLS with a target, in libpq's terms."""

    mode: str = "prefer"
    root_cert: str = ""
    client_cert: str = ""
    client_key: str = ""
    crl: str = ""
    server_name: str = ""
    alpn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect to a target; the permit is checked by the driver. Answered with None; failure is thrown."""

    address: str
    port: int
    permit: Permit
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class HangUp:
    """Drop the connection to the target, to dial again in another way; answered with None."""


@dataclass(frozen=True, slots=True)
class UpgradeTarget:
    """Speak TLS with the target from now on; answered with TlsFacts; failure is thrown."""

    tls: TargetTls


@dataclass(frozen=True, slots=True)
class Await:
    """Let the driver run something that takes time; answered with its result, its failure thrown.

    `verify` takes a Secret whose signing key must be fetched first, and answers with the Principal; `credential` takes
    a reception CredentialWanted and answers with the TargetLogin.
    """

    what: str
    argument: Any


Command = Receive | Send | Buffered | UpgradeClient | Dial | HangUp | UpgradeTarget | Await
Opening = Generator[Command, Any, T]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a client came in: its address, the listener, and what that listener is bound to, if it is."""

    address: str
    port: int
    loopback: bool
    tls: TlsFacts | None = None
    bound_resource: str = ""
    bound_principal: Principal | None = None
    tls_offered: bool = False
    own_certificate: bytes = b""
    """The listener's own certificate (DER), for channel binding."""
    details: dict[str, str] = field(default_factory=dict)
