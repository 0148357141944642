"""A stand-in for the company's OpenID provider: it signs tokens for the sample's people, and publishes its keys."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

from yett.core.secret import Secret

ISSUER = "https://login.corp.example"
AUDIENCE = "yett"
_ALGORITHM = "RS256"
LIFETIME_SECONDS = 8 * 3600


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider's signing key, kept in `folder` beside the public keys that the gate reads."""

    folder: Path

    @property
    def jwks_file(self) -> Path:
        """Return the file with the public keys, as a provider's `jwks_uri` would serve them."""
        return self.folder / "jwks.json"

    def make_keys(self) -> None:
        """Make the signing key, unless there is one."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._key_file.exists():
            return
        key = RSAKey.generate_key(2048, {"kid": "demo", "use": "sig", "alg": _ALGORITHM})
        self.jwks_file.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
        descriptor = os.open(self._key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(key.as_dict(private=True), file)

    def token(  # noqa: PLR0913 - a token has these parts
        self,
        subject: str,
        groups: Sequence[str] = (),
        *,
        audience: str = AUDIENCE,
        issuer: str = ISSUER,
        lifetime_seconds: float = LIFETIME_SECONDS,
        kind: str = "user",
    ) -> Secret:
        """Return a signed token for `subject`; a negative lifetime gives one that has already ended."""
        key = RSAKey.import_key(json.loads(self._key_file.read_text()))
        now = int(time.time())
        issued = now if lifetime_seconds > 0 else now + int(lifetime_seconds) - LIFETIME_SECONDS
        claims = {
            "iss": issuer,
            "sub": subject,
            "aud": audience,
            "iat": issued,
            "exp": now + int(lifetime_seconds),
            "jti": str(uuid4()),
            "groups": list(groups),
            "preferred_username": subject,
            "kind": kind,
        }
        return Secret(jwt.encode({"alg": _ALGORITHM, "kid": "demo", "typ": "JWT"}, claims, key))

    @property
    def _key_file(self) -> Path:
        return self.folder / "signing.json"
