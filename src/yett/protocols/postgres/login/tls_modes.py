"""What libpq's `sslmode` words mean: which ways to try, in which order, and what is checked."""

from dataclasses import dataclass
from typing import Literal

from yett.core.errors import ConfigError

Mode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
SYSTEM = "system"
ALPN = ("postgresql",)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to connect. `direct` starts TLS at once, without SSLRequest, and needs ALPN.

    `falls_back` says that a server which answers SSLRequest with `N` is gone on with in plain text, on the same
    connection.
    """

    tls: bool
    direct: bool = False
    falls_back: bool = False


@dataclass(frozen=True, slots=True)
class TlsPlan:
    """What to try: the next way is taken, on a new connection, when the server refuses the one before."""

    ways: tuple[Way, ...]
    verifies_chain: bool = False
    verifies_name: bool = False
    system_roots: bool = False


def plan(mode: Mode, *, root_cert: str = "", direct: bool = False) -> TlsPlan:
    """Return libpq's plan for `mode`. Raises ConfigError for a combination that libpq refuses, too."""
    system = root_cert == SYSTEM
    if system and mode != "verify-full":
        raise ConfigError("root_cert = system is for mode verify-full only", hint="Set mode = verify-full.")
    if direct and mode in {"disable", "allow", "prefer"}:
        raise ConfigError("direct TLS needs mode require or above", hint="Set mode = verify-full.")
    match mode:
        case "disable":
            return TlsPlan((Way(tls=False),))
        case "allow":
            return TlsPlan((Way(tls=False), Way(tls=True)))
        case "prefer":
            return TlsPlan((Way(tls=True, falls_back=True), Way(tls=False)))
        case "require":
            # As in libpq, a root certificate that is there is used: `require` then checks what verify-ca does.
            return TlsPlan((Way(tls=True, direct=direct),), verifies_chain=bool(root_cert))
        case "verify-ca":
            return TlsPlan((Way(tls=True, direct=direct),), verifies_chain=True)
        case "verify-full":
            return TlsPlan(
                (Way(tls=True, direct=direct),), verifies_chain=True, verifies_name=True, system_roots=system
            )
