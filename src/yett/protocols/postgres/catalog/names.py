"""Which names of a statement must be looked up, and their meanings from the cache or the server."""

from collections.abc import Generator, Iterable, Mapping
from typing import Final

from yett.protocols.postgres.catalog.arrays import text_array
from yett.protocols.postgres.catalog.cache import NameCache, NameKey
from yett.protocols.postgres.catalog.names_sql import NAMES_SQL
from yett.protocols.postgres.catalog.queries import CatalogQuery, Rows
from yett.protocols.postgres.catalog.records import Meaning, read_meanings
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.sql.facts import StatementFacts
from yett.protocols.postgres.sql.refs import Ref, RefKind

Names = Mapping[NameKey, Meaning]

_LOOKED_UP: Final = {
    RefKind.RELATION: "r",
    RefKind.FUNCTION: "f",
    RefKind.ATTRIBUTE: "f",
    RefKind.OPERATOR: "o",
    RefKind.TYPE: "t",
}
_NOTHING: Final = Meaning()
NAMES_MAX = 5_000
CASTS: Final[NameKey] = ((), "c", None, "")
EVENT_TRIGGERS: NameKey = ((), "e", None, "")


class TooManyNames(Exception):
    """More names than one statement may have looked up."""


def name_key(ref: Ref, path: tuple[str, ...]) -> NameKey | None:
    """Return under what a reference is looked up, None for what is not (new things, things without a schema)."""
    kind = _LOOKED_UP.get(ref.kind)
    if kind is None or ref.new:
        return None
    return ((), kind, ref.schema, ref.name) if ref.schema is not None else (path, kind, None, ref.name)


def wanted_names(facts: StatementFacts, view: SessionView) -> tuple[NameKey, ...]:
    """Return every name to look up for a statement, once each, with what is looked up for any statement.

    Raises TooManyNames beyond what one statement may cost.
    """
    return names_under(facts, view.effective_path)


def names_under(facts: StatementFacts, path: tuple[str, ...]) -> tuple[NameKey, ...]:
    """Return the same where only the schemas searched are known."""
    refs = (*(touch.ref for touch in facts.touches), *facts.assumed)
    found = dict.fromkeys(key for ref in refs if (key := name_key(ref, path)) is not None)
    if found:
        found[CASTS] = None
    if facts.changes.defines:
        found[EVENT_TRIGGERS] = None
    if len(found) > NAMES_MAX:
        raise TooManyNames
    return tuple(found)


def look_up(
    wanted: Iterable[NameKey], view: SessionView, cache: NameCache | None, generation: int
) -> Generator[CatalogQuery, Rows, Names]:
    """Return what each name may stand for, asking the server (once) for those that the cache does not know."""
    known: dict[NameKey, Meaning] = {}
    asked: list[NameKey] = []
    for key in wanted:
        meaning = cache.name(key) if cache else None
        if meaning is None:
            asked.append(key)
        else:
            known[key] = meaning
    if asked:
        fresh = dict(zip(asked, read_meanings((yield _query(asked, view)), len(asked)), strict=True))
        known |= fresh
        if cache:
            cache.keep_names({key: found for key, found in fresh.items() if _is_worth_keeping(key, found)}, generation)
    return known


def _is_worth_keeping(key: NameKey, found: Meaning) -> bool:
    # Every statement asks whether `=` is more than PostgreSQL's own; a table that is missing may soon be there.
    return found != _NOTHING or key[1] not in "rt"


def _query(asked: list[NameKey], view: SessionView) -> CatalogQuery:
    # In the session the path is asked of the server itself, so that nothing the gate believes can be out of date.
    path = None if view.dirty else text_array(view.effective_path)
    return CatalogQuery(
        NAMES_SQL,
        (
            path,
            text_array(kind for _, kind, _, _ in asked),
            text_array(schema for _, _, schema, _ in asked),
            text_array(name for _, _, _, name in asked),
        ),
        view.dirty,
        "yett_names",
    )
