"""Identifiers that must not be mixed up."""

import secrets
import time
from typing import NewType

SessionId = NewType("SessionId", str)
RunId = NewType("RunId", str)
TokenId = NewType("TokenId", str)
PolicyVersion = NewType("PolicyVersion", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def sortable_id(now: float | None = None) -> str:
    """Return 26 lower-case Crockford base-32 characters: 48 bits of milliseconds, then 80 random bits.

    Identifiers made later sort later, so a folder of sessions is already in order (the ULID layout).
    """
    millis = int((time.time() if now is None else now) * 1000)
    number = (millis << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
