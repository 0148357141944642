"""What one detector is: a short sign that one pass over everything looks for, and a closer look where it stands."""

import re
from collections.abc import Callable
from dataclasses import dataclass

Span = tuple[int, int]
Look = Callable[[bytes, int, int], Span | None]
"""A closer look at the sign between two offsets; it returns what was found, which may begin before the sign."""

REACH = 96
"""How far a context word reaches, in bytes, within its value."""

_WORD_BYTES = frozenset(b"0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, slots=True)
class Detector:
    """One kind of value.

    `sign` is an RE2 pattern over bytes that every value of this kind holds, of bounded length, so that a pass takes
    time linear in the text. `look` decides. Nothing that it returns may hold a NUL. `number` says that the sign begins
    with a digit, and that `look` takes it only where it stands alone: the pass then leaves out what does not.
    """

    name: str
    label: str
    sign: bytes
    look: Look
    number: bool = False


def before(data: bytes, at: int, count: int) -> bytes:
    """Return up to `count` bytes of the same value that stand before `at`."""
    near = data[max(0, at - count) : at]
    return near[near.rfind(0) + 1 :]


def after(data: bytes, at: int, count: int) -> bytes:
    """Return up to `count` bytes of the same value from `at` on."""
    near = data[at : at + count]
    end = near.find(0)
    return near if end < 0 else near[:end]


def stands_alone(data: bytes, start: int, end: int) -> bool:
    """Say whether no letter, digit or part of a longer number touches what stands between two offsets."""
    if start and _joins(data, start - 1, start - 2):
        return False
    return end >= len(data) or not _joins(data, end, end + 1)


def _joins(data: bytes, beside: int, beyond: int) -> bool:
    sign = data[beside]
    if sign in _WORD_BYTES:
        return True
    # "1.5", "3-7" and "7:30" are one thing; "end. 5" is two.
    return sign in b".-/:+" and 0 <= beyond < len(data) and data[beyond] in _WORD_BYTES and _digit(data, beyond)


def _digit(data: bytes, at: int) -> bool:
    return data[at] in b"0123456789"


NUMBER_LEAD = rb"(?:\A|[^0-9A-Za-z_.\-/:]|(?:\A|[^0-9])[.\-/:])"
"""What `stands_alone` allows before a number, as RE2: a column of decimal fractions then costs no closer look.

No sign of another kind begins with its last letter and a digit but `+`, which is therefore taken alone.
"""


def number_at(data: bytes, at: int) -> int:
    """Return where the number begins that stands at an offset or behind a `NUMBER_LEAD` there, -1 where none does."""
    for first in range(at, min(at + 3, len(data))):
        if data[first] in b"0123456789":
            last = first - 1
            lead = first == at or data[last] in b".-/:" or (last == at and data[last] not in _WORD_BYTES)
            return first if lead else -1
    return -1


def is_called_otherwise(data: bytes, at: int) -> bool:
    """Say whether the words just before a number call it something harmless: an order's, a parcel's, a book's."""
    return _OTHER_NUMBERS.search(before(data, at, 32)) is not None


_OTHER_NUMBERS = re.compile(
    rb"(?i)\b(?:order|tracking|track|invoice|parcel|shipment|imei|isbn|ean|gtin|upc|sku|serial|reference|ref|ticket|part"
    rb"|batch|lot|case|trace|request|transaction|session|snowflake|tweet|message|object|item|article|p/n|s/n|inv|model)"
    rb"(?: ?(?:number|num|nr|no|id|code))?[\"']?[.:=# ]{0,3}[\"'#]?$"
)

_SEPARATORS = b" -./\t"


def compact(value: bytes) -> str:
    """Return letters and digits of a value, in upper case, without what separates them."""
    return value.translate(None, _SEPARATORS).decode("latin-1").upper()
