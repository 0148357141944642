"""What a client's login asks of the gate: whom a certificate, a proof or a token stands for."""

from typing import Protocol

from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.protocols.postgres.login.scram import ScramVerifier


class Authority(Protocol):
    """Proves identities for one connection. Everything answers from memory; a refusal is AuthenticationFailed."""

    def bound(self) -> Principal | None:
        """Return whom the listener is bound to, where it is a loopback listener bound to one principal."""
        ...

    def certificate(self) -> Principal | None:
        """Return whom the client certificate stands for that TLS has verified, or None without one."""
        ...

    def scram(self, credential_id: str) -> ScramVerifier | None:
        """Return what checks a SCRAM proof for a credential, or None when there is no such credential."""
        ...

    def scram_proven(self, credential_id: str) -> Principal:
        """Return whom the credential stands for; called only after its secret was proven."""
        ...

    def password(self, raw: Secret) -> Principal | None:
        """Return whom a yett credential or an OIDC token stands for; None where that takes a look outside first."""
        ...
