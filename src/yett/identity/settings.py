"""The settings of `[identity]`: which providers are trusted, for what, and whom their tokens and certificates name."""

import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

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

    claim: Annotated[ClaimPath, Meta(description="The claim that says what kind of principal a token stands for.")] = ""
    user: Annotated[tuple[str, ...], Meta(description="Its values for people.")] = ()
    agent: Annotated[tuple[str, ...], Meta(description="Its values for agents.")] = ()
    service: Annotated[tuple[str, ...], Meta(description="Its values for services.")] = ()
    default: Annotated[PrincipalKind, Meta(description="The kind where the claim decides nothing.")] = (
        PrincipalKind.USER
    )


class OidcSettings(Strict, frozen=True):
    """One OpenID provider. Its name in yett.toml is the namespace of its subjects and groups."""

    issuer: Annotated[str, Meta(description="The issuer, exactly as its tokens state it.")]
    audience: Annotated[str | tuple[str, ...], Meta(description="What tokens for this gate name as their audience.")]
    groups_claim: Annotated[ClaimPath, Meta(description="The claim with the groups.")] = "groups"
    subject_claim: Annotated[ClaimPath, Meta(description="The claim that identifies the principal, for good.")] = "sub"
    name_claim: Annotated[
        ClaimPath, Meta(description="The claim with the name for people to read; else the usual ones are tried.")
    ] = ()
    session_claim: Annotated[ClaimPath, Meta(description="The claim that names the login.")] = "sid"
    run_claim: Annotated[ClaimPath, Meta(description="The claim that names the agent run.")] = ()
    claims: Annotated[
        dict[str, ClaimPath], Meta(description="Further claims for policies to read: their name, and where they are.")
    ] = {}
    required_claims: Annotated[
        tuple[str, ...], Meta(description="Claims that a token must have, besides iss, aud, sub and exp.")
    ] = ("iat",)
    kind: Annotated[KindSettings, Meta(description="Which tokens stand for agents and services.")] = KindSettings()
    algorithms: Annotated[
        tuple[str, ...], Meta(description="Signature algorithms accepted; never `none` or shared-key ones.")
    ] = tuple(sorted(ALGORITHMS))
    accepted_types: Annotated[tuple[str, ...], Meta(description="Values of `typ` in the token's header.")] = (
        "JWT",
        "at+jwt",
    )
    accepted_uses: Annotated[tuple[str, ...], Meta(description="`access` tokens, `id` tokens, or both.")] = (
        "access",
        "id",
    )
    authorized_parties: Annotated[
        tuple[str, ...], Meta(description="Clients that a token may have been issued to (azp, client_id); empty: any.")
    ] = ()
    delegated_groups: Annotated[
        str,
        Meta(description="Whose groups an agent has that acts for somebody: its own (`actor`), or the `subject`'s."),
    ] = "actor"
    delegation_depth_max: Annotated[int, Meta(ge=0, le=10, description="The longest chain of who acts for whom.")] = 3
    clock_skew: Annotated[Duration, Meta(description="How far the provider's clock may be off.")] = Duration(30)
    bytes_max: Annotated[Size, Meta(description="The longest token that is read.")] = Size(16 << 10)
    groups_max: Annotated[int, Meta(ge=0, description="The most groups of one token.")] = 1000
    jwks_uri: Annotated[str, Meta(description="Where the keys are; discovered from the issuer where unset.")] = ""
    jwks_file: Annotated[str, Meta(description="A file with the keys, for a gate without a way to its provider.")] = ""
    ca: Annotated[str, Meta(description="PEM file of the authority that signs the provider's TLS certificate.")] = ""
    keys_refresh: Annotated[Duration, Meta(description="How often the keys are fetched.")] = Duration(3600)
    keys_refresh_min: Annotated[
        Duration, Meta(description="The least time between two fetches, whatever tokens name unknown keys.")
    ] = Duration(30)
    keys_max_age: Annotated[
        Duration, Meta(description="How long keys are used while the provider is out of reach.")
    ] = Duration(7 * 86400)
    fetch_timeout: Annotated[Duration, Meta(description="How long the provider may be silent.")] = Duration(5)

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

    field: Annotated[str, Meta(description="Which name of the certificate is read: `uri`, `dns`, `email` or `cn`.")]
    match: Annotated[str, Meta(min_length=1, description="Its value; `*` is one segment.")]
    kind: Annotated[PrincipalKind, Meta(description="What kind of principal it stands for.")] = PrincipalKind.SERVICE
    name: Annotated[str, Meta(description="The name for people to read; `{1}` is what the first star matched.")] = ""
    groups: Annotated[tuple[str, ...], Meta(description="Its groups; policies see them as `mtls/<group>`.")] = ()

    def __post_init__(self) -> None:
        _check(self.field in {"uri", "dns", "email", "cn"}, 'field is "uri", "dns", "email" or "cn"')
        _check(bool(self.match.strip("*")), "match must name more than stars")


class MtlsSettings(Strict, frozen=True):
    """Client certificates: who signs them, and whom they stand for. The first rule that fits decides."""

    ca: Annotated[str, Meta(min_length=1, description="PEM file of the authorities that sign client certificates.")]
    map: Annotated[tuple[CertificateRule, ...], Meta(description="Whom certificates stand for; the first that fits.")]
    purpose_required: Annotated[
        bool, Meta(description="Refuse certificates that don't say they are meant for clients.")
    ] = True


class LocalSettings(Strict, frozen=True):
    """Local people, agents and services: how long their credentials last."""

    user_lifetime: Annotated[Duration, Meta(description="How long a person's credential lasts.")] = Duration(8 * 3600)
    machine_lifetime: Annotated[Duration, Meta(description="How long an agent's or service's credential lasts.")] = (
        Duration(3600)
    )
    lifetime_max: Annotated[Duration, Meta(description="The longest that can be asked for.")] = Duration(30 * 86400)


class IdentitySettings(Strict, frozen=True):
    """`[identity]`: the providers by name, client certificates, and the local directory."""

    oidc: Annotated[dict[str, OidcSettings], Meta(description="OpenID providers, by the name you give them.")] = {}
    mtls: Annotated[MtlsSettings | None, Meta(description="Client certificates.")] = None
    local: Annotated[LocalSettings, Meta(description="Local people, agents and services.")] = LocalSettings()
    poll_interval: Annotated[Duration, Meta(description="How often other processes' changes are looked for.")] = (
        Duration(0.1)
    )
    blind_max: Annotated[
        Duration, Meta(description="How long the store may be unreadable before nobody counts any more.")
    ] = Duration(10)

    def __post_init__(self) -> None:
        for name in self.oidc:
            _check(bool(_NAME.fullmatch(name)), f'"{name}" cannot name a provider: use a-z, 0-9, - and _')
            _check(name not in RESERVED, f'"{name}" is the gate\'s own name and cannot name a provider')
        issuers = [one.issuer for one in self.oidc.values()]
        _check(len(set(issuers)) == len(issuers), "two providers have the same issuer: give one of them both audiences")


def rooted(settings: IdentitySettings, base: Path) -> IdentitySettings:
    """Return the settings with every file's path made absolute: relative ones are taken from `base`."""

    def absolute(path: str) -> str:
        return str(base / Path(path).expanduser()) if path else ""

    replace = msgspec.structs.replace
    oidc = {
        name: replace(one, ca=absolute(one.ca), jwks_file=absolute(one.jwks_file))
        for name, one in settings.oidc.items()
    }
    mtls = replace(settings.mtls, ca=absolute(settings.mtls.ca)) if settings.mtls else None
    return replace(settings, oidc=oidc, mtls=mtls)


def is_web_address(text: str) -> bool:
    """Tell whether `text` is an https address, or an http one that never leaves this machine."""
    return text.startswith("https://") or bool(_LOOPBACK.fullmatch(text))


def _check(holds: bool, message: str) -> None:  # noqa: FBT001  a plain statement reads best
    if not holds:
        raise ValueError(message)
