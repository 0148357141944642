"""Finds in JSON are taken out within its strings, and numbers become strings: what is left is still JSON."""

import re
from collections.abc import Iterator

from yett.core.masks import Find
from yett.protocols.postgres.masking import rows_hot
from yett.protocols.postgres.masking.forms import json_string
from yett.protocols.postgres.masking.reading import Constants, Reading, spliced

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[^"\s,:\[\]{}]+', re.DOTALL)
_ESCAPE = re.compile(
    rb"\\(?:u([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL
)
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_Token = tuple[int, int, int, bytes]
"""Where a string or number begins and ends, where its view begins, and what is seen of it."""


def _tokens(value: bytes) -> Iterator[_Token]:
    shift = 0
    for match in _TOKEN.finditer(value):
        start, end = match.span()
        seen = json_view(match[0])
        yield start, end, start + shift, seen
        shift += len(seen) - (end - start)


def json_view(value: bytes) -> bytes:
    """Return JSON whose strings show what they stand for."""
    return _ESCAPE.sub(_resolved, value) if b"\\" in value else value


def _resolved(escape: re.Match[bytes]) -> bytes:
    high, low, code, letter = escape.groups()
    if letter:
        return _LETTERS.get(letter, letter)
    point = int(code or high, 16)
    if low:
        point = 0x10000 + ((point - 0xD800) << 10) + (int(low, 16) - 0xDC00)
    # NUL would end the view of a value within it.
    return chr(point).encode("utf-8", "replace") if point else b" "


def rewrite_json(value: bytes, finds: list[Find], constant: Constants) -> bytes:
    """Return the JSON without what was found in it; if that is not only in strings and numbers, one constant."""
    parts, kept, left = [], 0, set(finds)
    for start, end, view, seen in _tokens(value):
        hits = [find for find in finds if find[0] < view + len(seen) and find[1] > view]
        if hits:
            parts += [value[kept:start], _rewritten(seen, view, hits, constant)]
            kept = end
            left.difference_update(hits)
    if left or _cut_otherwise(value):
        return json_string(constant(finds[0][2]))
    return b"".join((*parts, value[kept:]))


def _cut_otherwise(value: bytes) -> bool:
    """Tell a value in which an escape is in no string: it is no JSON, and what was found in it is elsewhere."""
    return b"\\" in value and b"\\" in _TOKEN.sub(lambda token: b"" if token[0].startswith(b'"') else token[0], value)


def _rewritten(seen: bytes, view: int, hits: list[Find], constant: Constants) -> bytes:
    if not seen.startswith(b'"'):
        return json_string(constant(hits[0][2]))
    text = seen[1:-1]
    within = [(_clamped(one[0] - view - 1, text), _clamped(one[1] - view - 1, text), one[2]) for one in hits]
    return json_string(spliced(text, within, constant))


def _clamped(offset: int, text: bytes) -> int:
    return min(max(offset, 0), len(text))


def _view_jsonb(value: bytes) -> bytes:
    return value[:1] + json_view(value[1:])


def _rewrite_jsonb(value: bytes, finds: list[Find], constant: Constants) -> bytes:
    return value[:1] + rewrite_json(value[1:], [(start - 1, end - 1, label) for start, end, label in finds], constant)


JSON_TEXT = Reading(rows_hot.UNLESS_ESCAPED, json_view, rewrite_json)
JSONB_BINARY = Reading(rows_hot.UNLESS_ESCAPED, _view_jsonb, _rewrite_jsonb)
"""jsonb on the wire is a version byte and JSON."""
