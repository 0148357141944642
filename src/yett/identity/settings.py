"""The settings of `[identity]`: which providers are trusted, for what, and whom their tokens and certificates name."""

import re

import msgspec

from yett.core.durations import Duration
from yett.core.principals import PrincipalKind
from yett.core.sizes import Size

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Every signature algorithm that may be allowed: `none` and the shared-key ones can't be."""

RESERVED = frozenset({"local", "mtls", "yett"})
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LOOPBACK = re.compile(r"http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?(/.*)?")

ClaimPath = str | tuple[str, ...]
"""Where a claim is: its name, a dotted path, or a list of names where a name itself has dots."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of settings in which an unknown key is an error."""


class KindSettings(Strict, frozen=True):
    """Which tokens stand for agents and services: the values of one claim. `"*"` is any value."""

    claim: ClaimPath = ""
    user: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    default: PrincipalKind = PrincipalKind.USER


class OidcSettings(Strict, frozen=True):
    """One OpenID provider. Its name in yett.toml is the namespace of its subjects and groups."""

    issuer: str
    audience: str | tuple[str, ...]
    groups_claim: ClaimPath = "groups"
    subject_claim: ClaimPath = "sub"
    name_claim: ClaimPath = ()
    session_claim: ClaimPath = "sid"
    run_claim: ClaimPath = ()
    claims: dict[str, ClaimPath] = {}
    required_claims: tuple[str, ...] = ("iat",)
    kind: KindSettings = KindSettings()
    algorithms: tuple[str, ...] = tuple(sorted(ALGORITHMS))
    accepted_types: tuple[str, ...] = ("JWT", "at+jwt")
    accepted_uses: tuple[str, ...] = ("access", "id")
    authorized_parties: tuple[str, ...] = ()
    delegated_groups: str = "actor"
    delegation_depth_max: int = 3
    clock_skew: Duration = Duration(30)
    bytes_max: Size = Size(16 << 10)
    groups_max: int = 1000
    jwks_uri: str = ""
    jwks_file: str = ""
    ca: str = ""
    keys_refresh: Duration = Duration(3600)
    keys_refresh_min: Duration = Duration(30)
    keys_max_age: Duration = Duration(7 * 86400)
    fetch_timeout: Duration = Duration(5)

    def __post_init__(self) -> None:
        _check(is_web_address(self.issuer), "issuer must begin with https:// (http:// only on loopback)")
        _check(not self.jwks_uri or is_web_address(self.jwks_uri), "jwks_uri must begin with https://")
        _check(all(self.audiences) and bool(self.audiences), "audience must name this gate")
        _check(bool(self.algorithms), "algorithms must allow at least one")
        wrong = sorted(set(self.algorithms) - ALGORITHMS)
        _check(not wrong, f"algorithms may not hold {', '.join(wrong)}; known: {', '.join(sorted(ALGORITHMS))}")
        _check(set(self.accepted_uses) <= {"access", "id"}, 'accepted_uses may hold "access" and "id"')
        _check(bool(self.accepted_uses), "accepted_uses must hold at least one")
        _check(self.delegated_groups in {"actor", "subject"}, 'delegated_groups is "actor" or "subject"')
        _check(0 <= self.clock_skew <= 300, "clock_skew must be at most 5m")

    @property
    def audiences(self) -> tuple[str, ...]:
        """Return the audiences that name this gate."""
        return (self.audience,) if isinstance(self.audience, str) else self.audience


class CertificateRule(Strict, frozen=True):
    """Whom a client certificate stands for.

    `field` is `uri`, `dns`, `email` or `cn`; `match` is its value, where `*` is one segment (`uri`: between slashes,
    `dns`: between dots, else anything). `name` may use `{1}`, `{2}` … for what the stars matched.
    """

    field: str
    match: str
    kind: PrincipalKind = PrincipalKind.SERVICE
    name: str = ""
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(self.field in {"uri", "dns", "email", "cn"}, 'field is "uri", "dns", "email" or "cn"')
        _check(bool(self.match.strip("*")), "match must name more than stars")


class MtlsSettings(Strict, frozen=True):
    """Client certificates: who signs them, and whom they stand for. The first rule that fits decides."""

    ca: str
    map: tuple[CertificateRule, ...]
    purpose_required: bool = True


class LocalSettings(Strict, frozen=True):
    """Local people, agents and services: how long their credentials last."""

    user_lifetime: Duration = Duration(8 * 3600)
    machine_lifetime: Duration = Duration(3600)
    lifetime_max: Duration = Duration(30 * 86400)


class IdentitySettings(Strict, frozen=True):
    """`[identity]`: the providers by name, client certificates, and the local directory."""

    oidc: dict[str, OidcSettings] = {}
    mtls: MtlsSettings | None = None
    local: LocalSettings = LocalSettings()
    poll_interval: Duration = Duration(0.1)
    blind_max: Duration = Duration(10)

    def __post_init__(self) -> None:
        for name in self.oidc:
            _check(bool(_NAME.fullmatch(name)), f'"{name}" cannot name a provider: use a-z, 0-9, - and _')
            _check(name not in RESERVED, f'"{name}" is the gate\'s own name and cannot name a provider')
        issuers = [one.issuer for one in self.oidc.values()]
        _check(len(set(issuers)) == len(issuers), "two providers have the same issuer: give one of them both audiences")


def is_web_address(text: str) -> bool:
    """Tell whether `text` is an https address, or an http one that never leaves this machine."""
    return text.startswith("https://") or bool(_LOOPBACK.fullmatch(text))


def _check(holds: bool, message: str) -> None:  # noqa: FBT001  a plain statement reads best
    if not holds:
        raise ValueError(message)
