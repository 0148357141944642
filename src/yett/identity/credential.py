"""Makes and reads yett credentials: random, short-lived, and stored only as what can check them."""

import hashlib
import hmac
import re
import secrets
from base64 import b64encode
from dataclasses import dataclass

from yett.core.ids import sortable_id
from yett.core.secret import Secret
from yett.identity.refusals import refusal

PREFIX = "yett_"
ITERATIONS = 4096
"""PostgreSQL's own count. The secret has 220 random bits, so that more would only cost every connection time."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SECRET_LENGTH = 44
_FORM = re.compile(rf"yett_([{_ALPHABET}]{{26}})_([{_ALPHABET}]{{{_SECRET_LENGTH}}})")
_USER_NAME_MAX = 30


@dataclass(frozen=True, slots=True, repr=False)
class ScramVerifier:
    """What a server needs to check a SCRAM-SHA-256 proof without knowing the password (RFC 5803)."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    def __str__(self) -> str:
        """Return the text that PostgreSQL keeps in pg_authid."""
        salt, stored, server = (b64encode(one).decode() for one in (self.salt, self.stored_key, self.server_key))
        return f"SCRAM-SHA-256${self.iterations}:{salt}${stored}:{server}"

    def __repr__(self) -> str:
        return "ScramVerifier(***)"


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential at the one moment when its text is known."""

    id: str
    text: Secret
    digest: bytes
    scram: ScramVerifier


def make_credential(now: float) -> NewCredential:
    """Return a new random credential. Only its digest and verifier may be stored."""
    name = sortable_id(now)
    text = f"{PREFIX}{name}_{''.join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))}"
    return NewCredential(name, Secret(text), digest_of(text), scram_verifier(text))


def looks_like_credential(text: str) -> bool:
    """Tell whether `text` says of itself that it is a yett credential."""
    return text.startswith(PREFIX)


def credential_id(raw: Secret) -> str:
    """Return the public part of a credential's text; raises AuthenticationFailed when it is written otherwise."""
    match = _FORM.fullmatch(raw.reveal())
    if match is None:
        raise refusal("credential_malformed")
    return match[1]


def digest_of(text: str) -> bytes:
    """Return what a credential's text is recognised by. It is random, so a plain digest can't be guessed back."""
    return hashlib.sha256(text.encode()).digest()


def is_proven(raw: Secret, digest: bytes) -> bool:
    """Tell whether the text is the one that `digest` was made of, in a time that says nothing about it."""
    return hmac.compare_digest(digest_of(raw.reveal()), digest)


def scram_verifier(password: str, salt: bytes | None = None) -> ScramVerifier:
    """Return the verifier of `password` (RFC 5802 §3), which must be ASCII: no normalisation is done."""
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return ScramVerifier(ITERATIONS, salt, hashlib.sha256(client_key).digest(), server_key)


def user_name(name: str, identifier: str) -> str:
    """Return the user name under which a credential is shown where the name comes before the secret: `ada~<id>`."""
    readable = re.sub(r"[^a-z0-9._-]+", "-", name.partition("@")[0].lower()).strip("-")[:_USER_NAME_MAX]
    return f"{readable or 'user'}~{identifier}"
