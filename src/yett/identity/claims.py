"""Turns the claims of a verified token into a principal, as the provider's settings say."""

import math
from collections.abc import Mapping

from yett.core.ids import RunId, TokenId
from yett.core.principals import Claim, Principal, PrincipalKind
from yett.identity.refusals import refusal
from yett.identity.settings import ClaimPath, KindSettings, OidcSettings
from yett.identity.token import Json, UnverifiedToken

_TEXT_MAX = 512
_INT_MAX = 1 << 63


def look_up(claims: Mapping[str, Json], path: ClaimPath) -> Json:
    """Return what stands at `path`, or None. A text is tried as one name before it is taken as a dotted path."""
    if isinstance(path, str):
        if path in claims:
            return claims[path]
        path = tuple(path.split("."))
    found: Json = dict(claims)
    for name in path:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found if path else None


def required_text(claims: Mapping[str, Json], path: ClaimPath) -> str:
    """Return the text at `path`; raises AuthenticationFailed when there is none that people could read."""
    value = look_up(claims, path)
    if value is None or value == "":
        raise refusal("claim_missing", shown(path))
    return _text(value, path)


def optional_text(claims: Mapping[str, Json], path: ClaimPath) -> str:
    """Return the text at `path`, or an empty one; raises AuthenticationFailed when it is something else."""
    value = look_up(claims, path)
    return "" if value is None else _text(value, path)


def moment(claims: Mapping[str, Json], name: str) -> float | None:
    """Return the time in claim `name` (NumericDate, RFC 7519 §2), or None where it is absent."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise refusal("claim_invalid", name)
    return float(value)


def texts(claims: Mapping[str, Json], path: ClaimPath) -> tuple[str, ...]:
    """Return the list of texts at `path`: one text counts as a list of one, nothing as an empty list."""
    value = look_up(claims, path)
    if value is None:
        return ()
    return tuple(_text(one, path) for one in (value if isinstance(value, list) else [value]))


def shown(path: ClaimPath) -> str:
    """Return a claim's path as people write it."""
    return path if isinstance(path, str) else ".".join(path)


class Mapper:
    """Makes principals from one provider's verified claims."""

    def __init__(self, provider: str, settings: OidcSettings) -> None:
        self._provider = provider
        self._settings = settings

    def principal(self, token: UnverifiedToken, expires_at: float) -> Principal:
        """Return who asks: the acting party where the token names one (RFC 8693 §4.1), else its subject.

        `token` must have been verified. Raises AuthenticationFailed where a claim can't be used as it is.
        """
        claims = token.claims
        subject = self._subject(token, expires_at)
        actors = self._actors(claims.get("act"))
        principal = subject
        for actor in reversed(actors):
            principal = self._acting(actor, principal, subject)
        return principal

    def _subject(self, token: UnverifiedToken, expires_at: float) -> Principal:
        claims, settings = token.claims, self._settings
        subject = required_text(claims, settings.subject_claim)
        run = optional_text(claims, settings.run_claim)
        session = optional_text(claims, settings.session_claim)
        return Principal(
            kind=kind_of(settings.kind, claims),
            issuer=self._provider,
            subject=subject,
            name=self._name(claims) or subject,
            groups=self._groups(claims),
            claims=self._custom(claims),
            token_id=TokenId(f"{self._provider}/{optional_text(claims, 'jti') or token.digest}"),
            session_key=f"{self._provider}/{session}" if session else "",
            run=RunId(f"{self._provider}/{run}") if run else None,
            expires_at=expires_at,
            method="oidc",
            proven_at=moment(claims, "auth_time") or moment(claims, "iat") or 0.0,
        )

    def _name(self, claims: Mapping[str, Json]) -> str:
        if self._settings.name_claim:
            return optional_text(claims, self._settings.name_claim)
        names = (look_up(claims, one) for one in ("preferred_username", "email", "name", "client_id"))
        return next((name[:_TEXT_MAX] for name in names if isinstance(name, str) and name.isprintable()), "")

    def _groups(self, claims: Mapping[str, Json]) -> frozenset[str]:
        settings = self._settings
        if _left_out(claims, settings.groups_claim):
            raise refusal("groups_incomplete", shown(settings.groups_claim))
        groups = texts(claims, settings.groups_claim)
        if len(groups) > settings.groups_max:
            raise refusal("groups_incomplete", shown(settings.groups_claim))
        return frozenset(f"{self._provider}/{group}" for group in groups)

    def _custom(self, claims: Mapping[str, Json]) -> dict[str, Claim]:
        found = ((name, look_up(claims, path), path) for name, path in self._settings.claims.items())
        return {name: _claim(value, path) for name, value, path in found if value is not None}

    def _actors(self, act: Json) -> list[Mapping[str, Json]]:
        actors: list[Mapping[str, Json]] = []
        while act is not None:
            if not isinstance(act, dict):
                raise refusal("delegation_invalid")
            if len(actors) >= self._settings.delegation_depth_max:
                raise refusal("delegation_too_deep")
            if act.get("iss", self._settings.issuer) != self._settings.issuer:
                raise refusal("delegation_invalid", "act.iss")
            actors.append(act)
            act = act.get("act")
        return actors

    def _acting(self, actor: Mapping[str, Json], behalf: Principal, subject: Principal) -> Principal:
        name = required_text(actor, "sub")
        kind = kind_of(self._settings.kind, actor)
        inherits = self._settings.delegated_groups == "subject"
        return Principal(
            # Whoever acts for somebody else is a machine: a token can't make two people of one request.
            kind=kind if kind is PrincipalKind.SERVICE else PrincipalKind.AGENT,
            issuer=self._provider,
            subject=name,
            name=self._name(actor) or name,
            groups=subject.groups if inherits else self._groups(actor),
            claims=self._custom(actor),
            on_behalf_of=behalf,
            token_id=subject.token_id,
            session_key=subject.session_key,
            run=subject.run,
            expires_at=subject.expires_at,
            method=subject.method,
            proven_at=subject.proven_at,
        )


def kind_of(settings: KindSettings, claims: Mapping[str, Json]) -> PrincipalKind:
    """Return which kind of principal the claims stand for.

    Where no rule decides and the provider itself marks the token as a program's, it is a service: only people approve,
    so a program must not be taken for one.
    """
    values = set(texts(claims, settings.claim)) if settings.claim else set()
    rules = (
        (PrincipalKind.AGENT, settings.agent),
        (PrincipalKind.SERVICE, settings.service),
        (PrincipalKind.USER, settings.user),
    )
    for kind, wanted in rules:
        if values & set(wanted) or (values and "*" in wanted):
            return kind
    if settings.default is PrincipalKind.USER and _is_program(claims):
        return PrincipalKind.SERVICE
    return settings.default


def _is_program(claims: Mapping[str, Json]) -> bool:
    """Recognise client-credentials tokens: Entra's `idtyp`, Auth0's `gty`, Okta's `cid`, RFC 9068's `client_id`."""
    subject = claims.get("sub")
    own = subject is not None and subject in (claims.get("client_id"), claims.get("cid"), claims.get("azp"))
    return own or claims.get("idtyp") == "app" or claims.get("gty") == "client-credentials"


def _left_out(claims: Mapping[str, Json], path: ClaimPath) -> bool:
    """Tell whether the provider says that groups exist but did not fit (OpenID Connect Core §5.6.2; Entra)."""
    elsewhere = claims.get("_claim_names")
    return (isinstance(elsewhere, dict) and shown(path) in elsewhere) or bool(claims.get("hasgroups"))


def _text(value: Json, path: ClaimPath) -> str:
    # Control characters and surrogates are refused: the text is compared, recorded and shown to people.
    if not isinstance(value, str) or not value or len(value) > _TEXT_MAX or not value.isprintable():
        raise refusal("claim_invalid", shown(path))
    return value


def _claim(value: Json, path: ClaimPath) -> Claim:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and -_INT_MAX <= value < _INT_MAX:
        return value
    if isinstance(value, list):
        return tuple(_text(one, path) for one in value)
    return _text(value, path)
