"""Payment cards: the ranges that issuers have, their lengths, and Luhn's check."""

import re

from yett.masking.checksums import luhn
from yett.masking.detectors.detector import Detector, Span, compact, is_called_otherwise, stands_alone

LABEL = "card"

# ISO/IEC 7812 ranges as the schemes publish them: first prefix, last prefix, lengths.
_RANGES = (
    (4, 4, (16,)),
    (51, 55, (16,)),
    (2221, 2720, (16,)),
    (34, 34, (15,)),
    (37, 37, (15,)),
    (300, 305, (14,)),
    (3095, 3095, (14,)),
    (36, 36, (14,)),
    (38, 39, (14, 16)),
    (3528, 3589, (16,)),
    (6011, 6011, (16,)),
    (644, 659, (16,)),
    (62, 62, (16, 17, 18, 19)),
    (81, 81, (16, 17, 18, 19)),
    (2200, 2204, (16,)),
    (60, 60, (16,)),
    (50, 50, (16,)),
    (56, 58, (16,)),
    (63, 63, (16,)),
    (67, 67, (16,)),
    (9792, 9792, (16,)),
)
_FORM = re.compile(rb"\d{4}([ -])\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5}|\d{14,19}", re.ASCII)


def card_detectors() -> tuple[Detector, ...]:
    """Return the detector of card numbers."""
    first = rb"(?:[2-69]\d{3}|81\d{2})"
    rest = rb"(?:\d{10,15}|[ -]\d{4}[ -]\d{4}[ -]\d{1,4}(?:[ -]\d{1,3})?)"
    sign = first + rest + rb"\b|3\d{3}[ -]\d{6}[ -]\d{4,5}\b"
    return (Detector("card", LABEL, sign, _look, number=True),)


def is_card(digits: str) -> bool:
    """Say whether digits are a card's number: a range that an issuer has, of its length, that passes Luhn's check."""
    return _issued(digits) and luhn(digits) and len(set(digits)) > 1


def _look(data: bytes, at: int, _end: int) -> Span | None:
    match = _FORM.match(data, at)
    if match is None or not stands_alone(data, at, match.end()) or not is_card(compact(match.group())):
        return None
    # One number in ten passes Luhn's check: one that is called an order's is an order's.
    return None if is_called_otherwise(data, at) else match.span()


def _issued(digits: str) -> bool:
    return len(digits) in _LENGTHS_BY_PREFIX.get(digits[:4], ())


def _by_prefix() -> dict[str, frozenset[int]]:
    lengths: dict[str, frozenset[int]] = {}
    for first, last, allowed in _RANGES:
        wide = 10 ** (4 - len(str(first)))
        for prefix in range(first * wide, (last + 1) * wide):
            lengths[str(prefix)] = lengths.get(str(prefix), frozenset()) | frozenset(allowed)
    return lengths


_LENGTHS_BY_PREFIX = _by_prefix()
