"""Who asks: a verified person, agent or service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from yett.core.ids import RunId, TokenId

Claim = str | int | bool | tuple[str, ...]


class PrincipalKind(StrEnum):
    """People, agents and services are different kinds; only people approve."""

    USER = "User"
    AGENT = "Agent"
    SERVICE = "Service"


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified identity. `(issuer, subject)` identifies it; the name is for people to read.

    `groups` and `roles` carry their issuer (`corp/dba`), so that no other provider can assert them.
    `expires_at` is the end, in seconds since the epoch, of the token or credential it stands on.
    `session_key` names the login (the provider's `sid`, or a yett login) that a revocation can end.
    `proven_at` is when it last showed that it is who it is, as far as that is known: the token's `auth_time`, else its
    `iat`; for a yett credential of a local principal, when it was given. 0 is unknown.
    """

    kind: PrincipalKind
    issuer: str
    subject: str
    name: str
    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, Claim] = field(default_factory=dict)
    on_behalf_of: "Principal | None" = None
    token_id: TokenId = TokenId("")
    session_key: str = ""
    run: RunId | None = None
    expires_at: float | None = None
    method: str = ""
    proven_at: float = 0.0

    @property
    def key(self) -> str:
        """Return `issuer/subject`, the identity in one text, as policies and records name it."""
        return f"{self.issuer}/{self.subject}"
