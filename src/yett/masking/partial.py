"""The partial style: a little of a value is left, never more than a third of it, and nothing of a short one."""

import re
from collections.abc import Callable, Mapping

SHOWN_MAX = 4
LAST4_SIGNS_MIN = 3 * SHOWN_MAX
EMAIL_NAME_MIN = 3
_STARS = bytes(sign if sign in b" -./+()" else 42 for sign in range(256))
_SIGN = re.compile(rb"[0-9A-Za-z]")

Partial = Callable[[bytes], bytes | None]
"""What is left of one value; None where nothing may be."""


def last4(value: bytes) -> bytes | None:
    """Leave the last four letters or digits: `**** **** **** 1234`; nothing of what has fewer than twelve."""
    return _ending(value, SHOWN_MAX) if len(_SIGN.findall(value)) >= LAST4_SIGNS_MIN else None


def ending(value: bytes) -> bytes | None:
    """Leave the last letters or digits: four, or three of nine to eleven, and nothing of fewer."""
    signs = len(_SIGN.findall(value))
    return _ending(value, min(SHOWN_MAX, signs // 3)) if signs >= 9 else None


def email(value: bytes) -> bytes | None:
    """Leave the first letter and the domain: `a***@example.com`; no letter of a name shorter than three."""
    name, at, domain = value.rpartition(b"@")
    if not at or not name or b"@" in name or not value.isascii() or not _DOMAIN.fullmatch(domain):
        return None
    first = name[:1] if len(name) >= EMAIL_NAME_MIN and name[:1].isalnum() else b""
    return first + b"***@" + domain


def beginning(value: bytes) -> bytes | None:
    """Leave the first letter: `K***`; nothing of what has fewer than three letters or digits."""
    text = value.decode("utf-8", "replace")
    if sum(map(str.isalnum, text)) < 3 or not text[0].isalnum():
        return None
    return text[0].encode() + b"***"


_DOMAIN = re.compile(rb"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def _ending(value: bytes, shown: int) -> bytes | None:
    if not value.isascii():
        return None
    cut = len(value)
    while shown:
        cut -= 1
        shown -= _SIGN.match(value, cut) is not None
    return value[:cut].translate(_STARS) + bytes(sign if chr(sign).isalnum() else _STARS[sign] for sign in value[cut:])


PARTIALS: Mapping[str, tuple[Partial, str]] = {
    "email": (email, "email"),
    "card": (last4, "last4"),
    "iban": (last4, "last4"),
    "phone": (ending, "ending"),
    "national_id": (ending, "ending"),
    "ssn": (ending, "ending"),
}
"""By label: what is left, and the name under which compiled code does the same."""

OTHERS: tuple[Partial, str] = (beginning, "first")
"""The same for every other label."""

SECRETS = frozenset({"secret", "ip"})
"""Labels of which no part is harmless: partial is redacted."""
