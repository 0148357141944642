"""Keeps the trees of large statements no longer than they are used: a tree takes three hundred times its text."""

from collections.abc import Callable
from dataclasses import replace

from yett.protocols.postgres.sql.facts import StatementFacts
from yett.protocols.postgres.sql.understanding import REREAD_CHARS_MAX
from yett.protocols.postgres.texts import Text


def light(text: Text) -> Text:
    """Return a text as it is kept by name: without trees, which are made again where it has to be judged again."""
    if all(one.tree is None for one in text.statements):
        return text
    return replace(text, statements=tuple(replace(one, tree=None) for one in text.statements))


def to_study(text: Text, has_studied: Callable[[bytes], bool]) -> bytes | None:
    """Return a part of a text that must be read again before it can be judged, None where all is there."""
    for one in text.statements:
        if _lost(one):
            raw = one.source.encode()
            if not has_studied(raw):
                return raw
    return None


def heavy(text: Text, read: Callable[[bytes], Text]) -> Text:
    """Return a text with the trees that it had: `read` has them, of what is prepared as of the text around it."""
    for one in text.statements:
        if _lost(one):
            return replace(text, statements=tuple([_with_tree(one, read) for one in text.statements]))
    return text


def _lost(facts: StatementFacts) -> bool:
    return facts.tree is None and len(facts.source) > REREAD_CHARS_MAX


def _with_tree(facts: StatementFacts, read: Callable[[bytes], Text]) -> StatementFacts:
    if not _lost(facts):
        return facts
    found = read(facts.source.encode()).statements
    return replace(facts, tree=found[0].tree) if len(found) == 1 else facts
