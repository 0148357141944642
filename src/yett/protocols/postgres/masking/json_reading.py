"""Finds in JSON are taken out within its strings, and numbers become strings: what is left is still JSON."""

import json
import re
from collections.abc import Iterator

from yett.core.masks import Find
from yett.protocols.postgres.masking import rows_hot
from yett.protocols.postgres.masking.forms import json_string
from yett.protocols.postgres.masking.reading import Constants, Reading, spliced

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[^"\s,:\[\]{}]+', re.DOTALL)
_Token = tuple[int, int, int, bytes]
"""Where a string or number begins and ends, where its view begins, and what is seen of it."""


def _tokens(value: bytes) -> Iterator[_Token]:
    shift = 0
    for match in _TOKEN.finditer(value):
        start, end = match.span()
        seen = _seen(match[0])
        yield start, end, start + shift, seen
        shift += len(seen) - (end - start)


def _seen(token: bytes) -> bytes:
    """Return a string with its quotes and without its escapes, or anything else as it is."""
    if b"\\" not in token:
        return token
    try:
        text = json.loads(token, strict=False)
    except ValueError:
        return token
    return b'"' + str(text).replace("\0", " ").encode("utf-8", "replace") + b'"'


def json_view(value: bytes) -> bytes:
    """Return JSON whose strings show what they stand for."""
    parts, kept = [], 0
    for start, end, _, seen in _tokens(value):
        parts += [value[kept:start], seen]
        kept = end
    return b"".join((*parts, value[kept:]))


def rewrite_json(value: bytes, finds: list[Find], constant: Constants) -> bytes:
    """Return the JSON without what was found in it; if that is not only in strings and numbers, one constant."""
    parts, kept, left = [], 0, set(finds)
    for start, end, view, seen in _tokens(value):
        hits = [find for find in finds if find[0] < view + len(seen) and find[1] > view]
        if hits:
            parts += [value[kept:start], _rewritten(seen, view, hits, constant)]
            kept = end
            left.difference_update(hits)
    if left:
        return json_string(constant(finds[0][2]))
    return b"".join((*parts, value[kept:]))


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
