"""How detectors read a value of some type, and how what they found is taken out so that the value stays valid."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from yett.core.masks import Find
from yett.protocols.postgres.masking import rows_hot
from yett.protocols.postgres.masking.forms import bytea_bytes, bytea_text, fitted, xml_text

Constants = Callable[[str], bytes]
"""From a label to what stands in place of a find of it."""

Rewrite = Callable[[bytes, list[Find], Constants], bytes | None]
"""From a value, the finds in its view and their constants to what leaves the gate, None for NULL."""

_STRUCTURE = re.compile(rb"[\"'\\{}()\[\]<>&,]")
_PLAIN = re.compile(rb"[A-Za-z0-9*_.@:\[\]-]+")
_ESCAPED = re.compile(rb'\\(["\\])')
_CODE = re.compile(rb"\\u([0-9A-Fa-f]{4})")
_HEXADECIMAL = re.compile(rb"\\x((?:[0-9A-Fa-f]{2})+)")
_ENTITIES = {b"lt": b"<", b"gt": b">", b"amp": b"&", b"quot": b'"', b"apos": b"'"}
_ENTITY = re.compile(rb"&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));")
_CODE_POINT_MAX = 0x10FFFF


def _same(value: bytes) -> bytes:
    return value


def to_null(_value: bytes, _finds: list[Find], _constant: Constants) -> bytes | None:
    """Leave nothing of a value that has no valid form without what was found."""
    return None


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column is read: `look` as `rows_hot` has it, what detectors see, and what is left after a find."""

    look: int
    view: Callable[[bytes], bytes] = _same
    rewrite: Rewrite = to_null

    def viewed(self, value: bytes) -> bytes:
        """Return what detectors see of one value."""
        if self.look == rows_hot.UNSEEN:
            return b""
        if self.look == rows_hot.VIEWED or (self.look == rows_hot.UNLESS_ESCAPED and b"\\" in value):
            return self.view(value)
        return value


NOT_READ = Reading(rows_hot.UNSEEN)
NULLED = Reading(rows_hot.RAW)
"""Read as it is on the wire, and NULL after any find."""


def spliced(value: bytes, finds: list[Find], constant: Constants) -> bytes:
    """Return a text with each find replaced by its label's constant."""
    parts, kept = [], 0
    for start, end, label in finds:
        parts += [value[kept:start], constant(label)]
        kept = end
    return b"".join((*parts, value[kept:]))


def text_reading(limit: int, *, padded: bool) -> Reading:
    """Return how text is read, of which a column takes so many characters (0 for any number)."""
    if not limit:
        return Reading(rows_hot.RAW, rewrite=spliced)

    def rewrite(value: bytes, finds: list[Find], constant: Constants) -> bytes:
        left = spliced(value, finds, constant)
        return fitted(left.rstrip(b" ") if padded else left, limit)

    return Reading(rows_hot.RAW, rewrite=rewrite)


def _rewrite_bytea(value: bytes, finds: list[Find], constant: Constants) -> bytes:
    return bytea_text(spliced(bytea_bytes(value), finds, constant))


BYTEA_TEXT = Reading(rows_hot.VIEWED, bytea_bytes, _rewrite_bytea)
BYTEA_BINARY = Reading(rows_hot.RAW, rewrite=spliced)


def _structured(written: Callable[[bytes], bytes]) -> Rewrite:
    """Return what takes finds out of a text with a structure (array, record, XML…), which must stay as it is.

    A find that holds none of the structure's own characters lies within one of its parts, and is replaced there. The
    view may show the value a second time, without its escapes: what is found only there can't be replaced.
    """

    def rewrite(value: bytes, finds: list[Find], constant: Constants) -> bytes | None:
        inside = [find for find in finds if find[1] <= len(value)]
        texts = {value[start:end] for start, end, _ in inside}
        if any(_STRUCTURE.search(text) for text in texts) or not inside:
            return None
        if len(inside) < len(finds) and not _all_among(value, finds[len(inside) :], texts):
            return None
        return spliced(value, inside, lambda label: written(constant(label)))

    def _all_among(value: bytes, others: list[Find], texts: set[bytes]) -> bool:
        second = _twice(value)
        return all(second[start:end] in texts for start, end, _ in others)

    def _twice(value: bytes) -> bytes:
        return xml_view(value) if written is xml_text else escaped_view(value)

    return rewrite


def escaped_view(value: bytes) -> bytes:
    """Return a value as it is, and once more without backslash escapes and hexadecimal bytes where it has some."""
    once = _ESCAPED.sub(rb"\1", value)
    plain = _HEXADECIMAL.sub(_bytes, _CODE.sub(lambda code: _character(int(code[1], 16)), once))
    return value if plain == value else value + b"\0" + plain


def _bytes(digits: re.Match[bytes]) -> bytes:
    """Return what a bytea in text form stands for, apart from what is beside it."""
    return b"\0" + bytes.fromhex(digits[1].decode()) + b"\0"


def xml_view(value: bytes) -> bytes:
    """Return XML as it is, and once more with its character references resolved where it has some."""
    plain = _ENTITY.sub(_resolved, value) if b"&" in value else value
    return value if plain == value else value + b"\0" + plain


def _plain_constant(constant: bytes) -> bytes:
    # Within an array or a record without quotes, a blank or a comma would be structure.
    return constant if _PLAIN.fullmatch(constant) else b"***"


def _resolved(entity: re.Match[bytes]) -> bytes:
    if entity[3]:
        return _ENTITIES[entity[3]]
    return _character(int(entity[1], 16) if entity[1] else int(entity[2]))


def _character(code: int) -> bytes:
    # NUL would end the view of a value within it.
    return chr(code).encode("utf-8", "replace") if 0 < code <= _CODE_POINT_MAX else b" "


STRUCTURED_TEXT = Reading(rows_hot.UNLESS_ESCAPED, escaped_view, _structured(_plain_constant))
XML_TEXT = Reading(rows_hot.VIEWED, xml_view, _structured(xml_text))
ESCAPED_NULLED = Reading(rows_hot.UNLESS_ESCAPED, escaped_view)
"""Read with and without its escapes, and NULL after any find."""
