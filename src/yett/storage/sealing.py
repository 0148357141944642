"""Keeps what tickets hold unreadable in the database: encrypted, and bound to the row that it belongs to."""

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


class Unreadable(ValueError):
    """What is kept was made with another key, or was changed by somebody."""


class Sealing:
    """AES-256-GCM for contents and HMAC-SHA-256 for what must be found by, each under a key of its own.

    `key` is 32 random bytes. A nonce is random; 2^32 seals under one key, a bound never to be met, would still be safe.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            msg = f"the key must have {KEY_BYTES} bytes"
            raise ValueError(msg)
        self._cipher = AESGCM(_derived(key, b"content"))
        self._mark_key = _derived(key, b"mark")

    def seal(self, content: bytes, *belongs_to: object) -> bytes:
        """Return the content encrypted; it opens only with the same values of what it belongs to."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, _bound(belongs_to))

    def open(self, sealed: bytes, *belongs_to: object) -> bytes:
        """Return the content. Raises Unreadable when it is not what was sealed, for this place."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(belongs_to))
        except (InvalidTag, ValueError):
            raise Unreadable from None

    def mark(self, purpose: str, value: bytes) -> bytes:
        """Return 32 bytes that are the same for the same value, and say nothing of it to who lacks the key.

        A statement with few possible values could be guessed from a plain hash of it.
        """
        return hmac.digest(self._mark_key, _bound((purpose,)) + value, "sha256")


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, b"yett approvals 1\0" + purpose, "sha256")


def _bound(values: tuple[object, ...]) -> bytes:
    """Return the values as bytes that no other values give: each with its length before it."""
    parts = [one if isinstance(one, bytes) else repr(one).encode() for one in values]
    return b"".join(len(one).to_bytes(8, "big") + one for one in parts)
