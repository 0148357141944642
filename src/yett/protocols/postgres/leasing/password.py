"""Makes passwords that nobody chose, and what a server keeps of one, so that the password itself is never sent."""

import hashlib
import secrets
from base64 import b64encode

from yett.core.secret import Secret
from yett.protocols.postgres.login.saslprep import prepared
from yett.protocols.postgres.login.scram import keys_of

_ROUNDS = 4096
_SALT_BYTES = 16
_PASSWORD_BYTES = 32


def new_password() -> Secret:
    """Return 256 random bits as text of letters, digits, `-` and `_`."""
    return Secret(secrets.token_urlsafe(_PASSWORD_BYTES))


def verifier_of(password: Secret) -> str:
    """Return what PostgreSQL stores for SCRAM-SHA-256 (RFC 5803), with a salt of its own."""
    salt = secrets.token_bytes(_SALT_BYTES)
    keys = keys_of(prepared(password.reveal()), salt, _ROUNDS)
    stored = hashlib.sha256(keys.client_key).digest()
    return f"SCRAM-SHA-256${_ROUNDS}:{_b64(salt)}${_b64(stored)}:{_b64(keys.server_key)}"


def _b64(raw: bytes) -> str:
    return b64encode(raw).decode()
