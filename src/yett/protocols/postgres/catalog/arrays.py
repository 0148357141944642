"""PostgreSQL's text form of one-dimensional arrays, for parameters."""

from collections.abc import Iterable


def text_array(items: Iterable[str | None]) -> str:
    """Return `items` as the text input of an array type: every element quoted, None as NULL."""
    return "{" + ",".join("NULL" if item is None else _quoted(item) for item in items) + "}"


def number_array(items: Iterable[int]) -> str:
    """Return `items` as the text input of `oid[]` or `int8[]`."""
    return "{" + ",".join(map(str, items)) + "}"


def _quoted(item: str) -> str:
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'
