"""Writes names and values into SQL so that none of them can ever be read as anything else."""

from collections.abc import Iterable


def name(*parts: str) -> str:
    """Return a name as SQL: `"schema"."table"`. Raises ValueError for what no name can hold."""
    return ".".join(_quoted(part) for part in parts)


def names(parts: Iterable[str]) -> str:
    """Return names as a list: `"a", "b"`."""
    return ", ".join(_quoted(part) for part in parts)


def text(value: str) -> str:
    """Return a constant. It has no backslash that could mean something, whatever the target's settings are."""
    if "\0" in value:
        raise ValueError("a NUL cannot be written in SQL")
    return " E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _quoted(part: str) -> str:
    if not part or "\0" in part:
        raise ValueError("no name is empty or holds a NUL")
    return '"' + part.replace('"', '""') + '"'
