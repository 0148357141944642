"""The string constants of a text as the server will read them, whatever they are written in."""

from collections.abc import Iterator

from yett.core.errors import YettError
from yett.protocols.postgres.sql.grammar import parse


def constants_of(text: bytes) -> tuple[bytes, ...]:
    """Return every string constant of a text, its escapes undone; none for a text that cannot be read."""
    try:
        statements = parse(text.decode()).stmts
    except (YettError, UnicodeDecodeError):
        return ()
    return tuple(_strings(statements))


def _strings(value: object) -> Iterator[bytes]:
    if isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name == "sval" and isinstance(part, str):
                yield part.encode()
            else:
                yield from _strings(part)
