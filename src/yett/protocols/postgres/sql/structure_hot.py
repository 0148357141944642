"""Takes the simple literals out of a plain statement's text, so that its structure can be recognised again."""

try:
    from mypy_extensions import i64
except ImportError:  # pragma: no cover
    i64 = int  # type: ignore[misc, assignment]

INTEGER = 1
STRING = 2


def structure_key(text: bytes) -> bytes | None:
    """Return the text with literals out, None where anything is odd."""
    return None
