"""Verifies the tokens of the configured OpenID providers, offline, against their cached keys."""

from collections.abc import Iterable, Mapping

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.identity.claims import Mapper, look_up, moment, texts
from yett.identity.keys import KeyCache
from yett.identity.refusals import refusal
from yett.identity.settings import OidcSettings
from yett.identity.token import Json, UnverifiedToken, read_token

_NEVER = frozenset({"logout+jwt", "dpop+jwt", "secevent+jwt", "refresh", "offline", "logout"})
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_OF_ID_TOKENS = ("nonce", "at_hash", "c_hash", "s_hash")
_OF_ACCESS_TOKENS = ("scope", "scp", "client_id", "cid", "appid")


class OidcProvider:
    """One trusted issuer: what its tokens must look like, and whom they stand for."""

    def __init__(self, name: str, settings: OidcSettings, keys: KeyCache) -> None:
        self.name = name
        self.settings = settings
        self.keys = keys
        self._mapper = Mapper(name, settings)
        self._types = frozenset(map(_plain_type, settings.accepted_types))

    def verify(self, token: UnverifiedToken, now: float, nonce: str | None = None) -> Principal:
        """Return whom the token stands for.

        Everything is checked: type, algorithm, key, signature, issuer, audience, times, required claims (RFC 8725,
        RFC 9068 §4, OpenID Connect Core §3.1.3.7). Raises AuthenticationFailed with the code of what failed.
        """
        self._check_signature(token, now)
        claims = token.claims
        self._check_type(token)
        self._check_audience(claims)
        expires_at = self._check_times(claims, now)
        for name in self.settings.required_claims:
            if look_up(claims, name) is None:
                raise refusal("claim_missing", name)
        if nonce is not None and claims.get("nonce") != nonce:
            raise refusal("token_nonce")
        return self._mapper.principal(token, expires_at)

    def _check_signature(self, token: UnverifiedToken, now: float) -> None:
        algorithm, kid = token.header.get("alg"), token.header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self.settings.algorithms:
            raise refusal("token_algorithm")
        if not isinstance(kid, str | None):
            raise refusal("token_malformed")
        found = self.keys.find(kid, algorithm, now)
        # The algorithm's own code is called, not joserfc's decoder, which would read the header a second time.
        checker = JWSRegistry.algorithms[algorithm]
        try:
            checker.check_key(found.key)
            fits = checker.verify(token.signing_input, token.signature, found.key)
        except (JoseError, ValueError):
            fits = False
        if not fits:
            raise refusal("token_signature")

    def _check_type(self, token: UnverifiedToken) -> None:
        named = token.header.get("typ", "JWT")
        if not isinstance(named, str) or _plain_type(named) not in self._types:
            raise refusal("token_type")
        if token.claims.get("iss") != self.settings.issuer:
            raise refusal("issuer_unknown")
        # A token bound to a key (RFC 8705, RFC 9449) proves nothing when it is sent as a password.
        if "cnf" in token.claims:
            raise refusal("token_bound")
        uses = use_of(token)
        if not uses or not uses <= set(self.settings.accepted_uses):
            raise refusal("token_type")

    def _check_audience(self, claims: Mapping[str, Json]) -> None:
        settings = self.settings
        audiences = set(texts(claims, "aud"))
        if not audiences:
            raise refusal("claim_missing", "aud")
        if not audiences & set(settings.audiences):
            raise refusal("audience_wrong")
        party = next((claims[one] for one in ("azp", "client_id", "cid", "appid") if one in claims), None)
        if settings.authorized_parties and party not in settings.authorized_parties:
            raise refusal("party_wrong")
        foreign = len(audiences) > 1 and "azp" in claims and _is_id_token(claims)
        if foreign and claims["azp"] not in (*settings.audiences, *settings.authorized_parties):
            raise refusal("party_wrong")

    def _check_times(self, claims: Mapping[str, Json], now: float) -> float:
        skew = self.settings.clock_skew
        expires_at = moment(claims, "exp")
        if expires_at is None:
            raise refusal("claim_missing", "exp")
        if now >= expires_at + skew:
            raise refusal("token_expired")
        for name in ("nbf", "iat"):
            begins = moment(claims, name)
            if begins is not None and begins > now + skew:
                raise refusal("token_not_yet_valid", name)
        return expires_at + skew


class OidcProviders:
    """All trusted issuers. A token's issuer only chooses which one is asked to verify it."""

    def __init__(self, providers: Iterable[OidcProvider]) -> None:
        self.by_name = {one.name: one for one in providers}
        self._by_issuer = {one.settings.issuer: one for one in self.by_name.values()}
        self._bytes_max = max((one.settings.bytes_max for one in self.by_name.values()), default=0)

    def verify(self, raw: Secret, now: float, nonce: str | None = None) -> Principal:
        """Return whom the token stands for; raises AuthenticationFailed with the code of what failed."""
        provider, token = self.choose(raw)
        return provider.verify(token, now, nonce)

    def choose(self, raw: Secret) -> tuple[OidcProvider, UnverifiedToken]:
        """Return the provider that the token names, and what the token says; nothing of it is verified yet."""
        if not self.by_name:
            raise refusal("issuer_unknown")
        token = read_token(raw, self._bytes_max)
        issuer = token.claims.get("iss")
        provider = self._by_issuer.get(issuer) if isinstance(issuer, str) else None
        if provider is None:
            raise refusal("issuer_unknown")
        if len(raw.reveal()) > provider.settings.bytes_max:
            raise refusal("token_too_large")
        return provider, token


def use_of(token: UnverifiedToken) -> set[str]:
    """Return what the token may be: `access`, `id`, both where it doesn't say, nothing where it is neither."""
    claims = token.claims
    stated = claims.get("typ")
    typ = token.header.get("typ")
    events = claims.get("events")
    words = {_plain_type(one) for one in (stated, typ) if isinstance(one, str)}
    if words & _NEVER or (isinstance(events, dict) and _LOGOUT_EVENT in events):
        return set()
    if "at+jwt" in words or "bearer" in words or claims.get("token_use") == "access":
        return {"access"}
    if _is_id_token(claims):
        return {"id"}
    return {"access"} if any(one in claims for one in _OF_ACCESS_TOKENS) else {"access", "id"}


def _is_id_token(claims: Mapping[str, Json]) -> bool:
    return claims.get("typ") == "ID" or claims.get("token_use") == "id" or any(one in claims for one in _OF_ID_TOKENS)


def _plain_type(name: str) -> str:
    """Return a media type in small letters without its `application/` (RFC 7515 §4.1.9)."""
    return name.lower().removeprefix("application/")
