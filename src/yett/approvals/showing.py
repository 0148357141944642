"""What stands in a question: bounded where it merely accompanies the statement, safe to print where people wrote."""

from collections.abc import Mapping
from dataclasses import replace

from yett.core.approvals import Asked

TEXT_MAX = 16_384
_LINE_MAX = 1_000
_TITLES_MAX = 50
_TITLE_MAX = 100


def printable(text: str) -> str:
    """Return `text` with control, direction and other invisible characters escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def bounded(asked: Asked) -> Asked:
    """Return the question with what merely accompanies it cut to bearable lengths, and says so where it was.

    The statement and its parameters are what a yes stands for: they stay whole.
    """
    return replace(
        asked,
        shown=bounded_texts(asked.shown),
        address=_cut(asked.address, _LINE_MAX),
        program=_cut(asked.program, _LINE_MAX),
        reason=_cut(asked.reason, _LINE_MAX),
    )


def bounded_texts(shown: Mapping[str, str]) -> dict[str, str]:
    """Return texts by title, not too many and none too long."""
    return {_cut(title, _TITLE_MAX): _cut(text, TEXT_MAX) for title, text in list(shown.items())[:_TITLES_MAX]}


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest} more characters)"
