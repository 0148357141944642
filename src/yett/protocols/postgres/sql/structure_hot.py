"""Takes the simple literals out of a plain statement's text, so that its structure can be recognised again.

Only `123` (at most nine digits) and `'…'` without quotes and backslashes are taken out, and only of a text that begins
with SELECT, INSERT, UPDATE or DELETE and has nothing odd in it: no comment, no dollar quote, no prefix before a quote,
no continued string, nothing but ASCII outside strings and quoted names, no control character, one statement.
"""

from mypy_extensions import i64

INTEGER = 1
STRING = 2
_DIGITS_MAX = 9


def structure_key(text: bytes) -> bytes | None:
    """Return the text with 0x01 for each integer and 0x02 for each string, None where anything is odd.

    Two texts with the same key differ in nothing but the content of those literals (and what follows a last `;`).
    """
    return _scan(text, None)


def structure_literals(text: bytes) -> list[tuple[int, int, int]]:
    """Return `(kind, start, end)` of each literal that structure_key takes out, in bytes; a string with its quotes."""
    found: list[tuple[int, int, int]] = []
    if _scan(text, found) is None:
        return []
    return found


def _scan(text: bytes, found: list[tuple[int, int, int]] | None) -> bytes | None:  # noqa: PLR0915 (one hot loop)
    size: i64 = len(text)
    at: i64 = 0
    while at < size and _is_space(text[at]):
        at += 1
    if not _begins_plainly(text, at, size):
        return None
    parts: list[bytes] = []
    kept: i64 = at
    byte: i64 = 0
    end: i64 = 0
    while at < size:
        byte = text[at]
        if _is_name_start(byte):
            at += 1
            while at < size and _is_name_part(text[at]):
                at += 1
            if at < size:
                byte = text[at]
                if byte == 39:  # a prefixed string: E'…', B'…', or a type's name
                    return None
                if byte == 38 and at + 1 < size and (text[at + 1] == 39 or text[at + 1] == 34):  # U&'…'
                    return None
        elif byte == 32 or byte == 44 or byte == 40 or byte == 41 or byte == 61:  # space , ( ) =
            at += 1
        elif 48 <= byte <= 57:
            end = at + 1
            while end < size and 48 <= text[end] <= 57:
                end += 1
            if end - at > _DIGITS_MAX or (end < size and (_is_name_part(text[end]) or text[end] == 46)):
                return None
            parts.append(text[kept:at])
            parts.append(b"\x01")
            if found is not None:
                found.append((INTEGER, at, end))
            at = end
            kept = end
        elif byte == 39:
            end = text.find(b"'", at + 1)
            if end < 0 or text.find(b"\\", at + 1, end) >= 0:
                return None
            end += 1
            if _quote_follows(text, end, size):
                return None
            parts.append(text[kept:at])
            parts.append(b"\x02")
            if found is not None:
                found.append((STRING, at, end))
            at = end
            kept = end
        elif byte == 34:
            end = text.find(b'"', at + 1)
            if end < 0:
                return None
            at = end + 1
        elif byte == 36:
            at += 1
            end = at
            while at < size and 48 <= text[at] <= 57:
                at += 1
            if at == end or (at < size and _is_name_part(text[at])):
                return None
        elif byte == 59:
            end = at
            at += 1
            while at < size:
                if not _is_space(text[at]):
                    return None
                at += 1
            parts.append(text[kept:end])
            return b"".join(parts)
        elif byte == 45 or byte == 47:
            at += 1
            if at < size and text[at] == (45 if byte == 45 else 42):  # a comment
                return None
        elif byte == 46:
            at += 1
            if at < size and 48 <= text[at] <= 57:
                return None
        elif byte == 92 or byte >= 127 or (byte < 32 and not _is_space(byte)):
            return None
        else:
            at += 1
    parts.append(text[kept:size])
    return b"".join(parts)


def _begins_plainly(text: bytes, at: i64, size: i64) -> bool:
    if at + 6 >= size or _is_name_part(text[at + 6]):
        return False
    word = text[at : at + 6].lower()
    return word == b"select" or word == b"insert" or word == b"update" or word == b"delete"


def _quote_follows(text: bytes, at: i64, size: i64) -> bool:
    while at < size and _is_space(text[at]):
        at += 1
    return at < size and text[at] == 39


def _is_space(byte: i64) -> bool:
    return byte == 32 or 9 <= byte <= 13


def _is_name_start(byte: i64) -> bool:
    return 97 <= byte <= 122 or 65 <= byte <= 90 or byte == 95


def _is_name_part(byte: i64) -> bool:
    return 97 <= byte <= 122 or 65 <= byte <= 90 or 48 <= byte <= 57 or byte == 95 or byte == 36 or byte >= 128
