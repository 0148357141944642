"""A provider of our own: real keys, real signatures, every field of a token in the test's hands."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from yett.core.secret import Secret
from yett.identity.keys import KeyCache
from yett.identity.oidc import OidcProvider, OidcProviders
from yett.identity.settings import OidcSettings

NOW = 1_800_000_000.0
ISSUER = "https://login.example.com"
ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
    "HS256",
]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def key_for(algorithm: str, kid: str) -> Any:
    if algorithm[:2] in {"RS", "PS"}:
        return RSAKey.generate_key(2048, {"kid": kid})
    if algorithm.startswith("ES"):
        return ECKey.generate_key({"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm], {"kid": kid})
    return OKPKey.generate_key("Ed25519", {"kid": kid})


@dataclass
class Issuer:
    """One OpenID provider's signing half."""

    issuer: str = ISSUER
    keys: dict[str, Any] = field(default_factory=dict)

    def add_key(self, kid: str, algorithm: str = "ES256") -> Any:
        self.keys[kid] = key_for(algorithm, kid)
        return self.keys[kid]

    def jwks(self) -> bytes:
        return json.dumps(KeySet(list(self.keys.values())).as_dict(private=False)).encode()

    def claims(self, **changes: Any) -> dict[str, Any]:
        claims = {"iss": self.issuer, "aud": "yett", "sub": "123", "iat": int(NOW), "exp": int(NOW) + 600, **changes}
        return {name: value for name, value in claims.items() if value is not ...}

    def token(
        self, *, kid: str | None = "k1", alg: str = "ES256", header: Any = None, key: Any = None, **changes: Any
    ) -> Secret:
        return self.sign(self.claims(**changes), kid=kid, alg=alg, header=header, key=key)

    def sign(
        self, claims: Any, *, kid: str | None = "k1", alg: str = "ES256", header: Any = None, key: Any = None
    ) -> Secret:
        head = {"alg": alg, "typ": "JWT", **({"kid": kid} if kid else {}), **(header or {})}
        head = {name: value for name, value in head.items() if value is not ...}
        body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        return self.raw(json.dumps(head).encode(), body, key or self.keys[kid or next(iter(self.keys))], alg)

    def raw(self, head: bytes, body: bytes, key: Any, alg: str) -> Secret:
        text = f"{b64(head)}.{b64(body)}"
        signature = jws.JWSRegistry.algorithms[alg].sign(text.encode(), key)
        return Secret(f"{text}.{b64(signature)}")


def provider(issuer: Issuer, name: str = "corp", learned: float | None = NOW, **settings: Any) -> OidcProvider:
    values = {"issuer": issuer.issuer, "audience": "yett", **settings}
    one = OidcSettings(**values)
    cache = KeyCache(
        name, one.issuer, refresh=one.keys_refresh, refresh_min=one.keys_refresh_min, max_age=one.keys_max_age
    )
    if learned is not None:
        cache.learn(issuer.jwks(), learned)
    return OidcProvider(name, one, cache)


def providers(*every: OidcProvider) -> OidcProviders:
    return OidcProviders(every)
