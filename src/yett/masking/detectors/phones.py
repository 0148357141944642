"""Telephone numbers: international ones, and national ones by their formatting or a word beside them."""

import re
from collections.abc import Iterator
from functools import lru_cache

from phonenumbers import PhoneMetadata
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE

from yett.masking.detectors.detector import Detector, Span, is_called_otherwise, stands_alone

LABEL = "phone"
PHONE_WORDS = (
    rb"(?i:\b(?:tele?phones?|tel|phones?|mobiles?|mob|cell(?:phone)?|call(?:ed|ing)?|fax|whatsapp|sms|reach(?:ed|able)?"
    rb"|telefon\w*|handy|mobil|t\xc3\xa9l\xc3\xa9phone|t\xc3\xa9l|tel\xc3\xa9fono|m\xc3\xb3vil|cellulare|telefoon|gsm|hotline|ring|dial)\b)"
)
"""The words beside which a number that is only grouped like a telephone's counts, as RE2."""

_FORM = re.compile(rb"\+\(?[1-9](?:[ ().\-/]{0,2}\d){6,14}")
_US = re.compile(rb"(?:\+?1[ .-])?(?:\(([2-9]\d{2})\) ?|([2-9]\d{2})([-.]))([2-9]\d{2})[-. ](\d{4})")
_NEARBY = re.compile(
    rb"(?:00[1-9](?:[ ().\-/]{0,2}\d){6,13}|\(?0\d{1,5}\)?(?:[ ()./-]{0,2}\d){5,11}"
    rb"|\(?[2-9]\d{2}\)?[-. ]?[2-9]\d{2}[-. ]?\d{4}|[6-9]\d{1,2}(?:[ .-]\d{2,3}){2,3}|\d{2}(?:[ .]\d{2}){3,4})"
)
_SOME_NUMBER = re.compile(rb"\d(?:[ ().\-/]{0,2}\d){6}")
_EXTENSION = re.compile(rb"(?: ?(?:x|ext\.?|extension) ?\d{1,6})?")


def phone_detectors() -> tuple[Detector, ...]:
    """Return the detectors of numbers that need no word beside them."""
    international = rb"\+\(?[1-9](?:[ ().\-/]{0,2}\d){6}"
    bracketed = rb"\([2-9]\d{2}\) ?[2-9]\d{2}-\d{4}|\+1[ .-][2-9]\d{2}"
    american = rb"(?:1[ .-])?[2-9]\d{2}[-.][2-9]\d{2}[-.]\d{4}"
    return (
        Detector("phone", LABEL, international, _international),
        Detector("phone_us", LABEL, bracketed, _american),
        Detector("phone_us", LABEL, american, _american, number=True),
    )


def phones_nearby(data: bytes, start: int, end: int) -> Iterator[Span]:
    """Yield numbers between two offsets of one value that has a telephone's word beside them."""
    if _SOME_NUMBER.search(data, start, end) is None:
        return
    for match in _NEARBY.finditer(data, start, end):
        digits = _digits(match.group())
        at, end = match.span()
        alone = stands_alone(data, at, end) and not is_called_otherwise(data, at)
        if 7 <= len(digits) <= 15 and alone and _plausible(digits):
            yield at, end


def is_number(digits: str, *, given_out: bool = True) -> bool:
    """Say whether digits with their country code are a number that the country gives out, or at least could."""
    for length in (1, 2, 3):
        pattern = _numbers_of(int(digits[:length]), given_out) if len(digits) > length + 3 else None
        if pattern is not None:
            return pattern.fullmatch(digits[length:]) is not None
    return False


def _international(data: bytes, at: int, _end: int) -> Span | None:
    match = _FORM.match(data, at)
    if match is None or (at and data[at - 1 : at].isalnum()):
        return None
    # A number ends where the country's numbers end, even if more digits follow after a space.
    for end in _ends(match):
        if not data[end : end + 1].isdigit() and is_number(_digits(data[at:end]), given_out=False):
            return at, end
    return None


def _ends(match: re.Match[bytes]) -> Iterator[int]:
    text = match.group()
    for end in range(len(text), 7, -1):
        if text[end - 1 : end].isdigit() and (end == len(text) or not text[end : end + 1].isdigit()):
            yield match.start() + end


def _american(data: bytes, at: int, _end: int) -> Span | None:
    match = _US.match(data, at)
    if match is None or is_called_otherwise(data, at):
        return None
    extended = _EXTENSION.match(data, match.end())
    end = extended.end() if extended else match.end()
    alone = stands_alone(data, at, end) if data[at : at + 1] != b"(" else not data[end : end + 1].isalnum()
    return (at, end) if alone and is_number("1" + _digits(match.group())[-10:]) else None


def _plausible(digits: str) -> bool:
    if digits.startswith("00"):
        return is_number(digits[2:])
    # A number called a telephone's is believed, but not a date or a run of one digit.
    return len(set(digits)) > 2


def _digits(text: bytes) -> str:
    # "+44 (0)20 …": the zero is for those who call from within.
    return text.replace(b"(0)", b"").translate(None, b" ().-/+").decode("latin-1")


@lru_cache(maxsize=512)
def _numbers_of(code: int, given_out: bool) -> re.Pattern[str] | None:  # noqa: FBT001 - a cache's key
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code)
    if regions is None:
        return None
    kinds = _KINDS if given_out else ("general_desc",)
    if regions[0] == "001":
        found = [PhoneMetadata.metadata_for_nongeo_region(code)]
    else:
        found = [PhoneMetadata.metadata_for_region(region) for region in regions]
    patterns = [pattern for metadata in found if metadata is not None for pattern in _patterns(metadata, kinds)]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_KINDS = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
)


def _patterns(metadata: PhoneMetadata, kinds: tuple[str, ...]) -> Iterator[str]:
    for kind in kinds:
        described = getattr(metadata, kind)
        if described is not None and described.national_number_pattern:
            yield described.national_number_pattern
