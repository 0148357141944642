"""The bodies of SQL functions that can be read: one query each, which runs as whoever calls the function."""

import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass

from yett.protocols.postgres.catalog.arrays import number_array
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.fragments import qualified
from yett.protocols.postgres.catalog.queries import CatalogQuery, Rows
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.sql.grammar import Node, SyntaxRefused, TextRefused, parse

# $1 ids of functions. Those that answer a set, run as their owner, or change settings for themselves are left out.
BODIES_SQL = qualified("""
SELECT p.oid::!text, COALESCE(@pg_get_function_sqlbody(p.oid), p.prosrc), p.pronargs::!text, p.prorettype::!text,
  COALESCE(@array_to_string(p.proargnames, E'\\t'), '')
  FROM @unnest($1::!oid[]) AS u(oid) JOIN @pg_proc p ON p.oid =@ u.oid JOIN @pg_language l ON l.oid =@ p.prolang
  WHERE l.lanname =@ 'sql'::!name AND p.prokind =@ 'f'::# AND NOT p.proretset AND NOT p.prosecdef
    AND p.proconfig IS NULL AND p.provariadic =@ 0::!oid AND p.proallargtypes IS NULL
""")
_BODY_CHARS_MAX = 65_536
_ATOMIC = re.compile(r"\s*BEGIN\s+ATOMIC\s(.*)\bEND\s*", re.IGNORECASE | re.DOTALL)
_RETURN = re.compile(r"\s*RETURN\s(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Body:
    """One function's body: its query's text and tree, the names of its parameters ("" for none), its type's id."""

    oid: int
    text: str
    query: Node
    parameters: tuple[str, ...]
    returns: int


def bodies_of(
    routines: Iterable[int], view: SessionView, cache: NameCache | None, generation: int
) -> Generator[CatalogQuery, Rows, dict[int, Body | None]]:
    """Return the body of each function, None where it cannot be read; asks (once) for those the cache does not know."""
    path = view.effective_path
    found: dict[int, Body | None] = {}
    asked: list[int] = []
    for oid in dict.fromkeys(routines):
        known = cache.body((oid, path)) if cache else None
        if known is None:
            asked.append(oid)
        else:
            found[oid] = known[0]
    if asked:
        rows = yield CatalogQuery(BODIES_SQL, (number_array(asked),), view.dirty, "yett_bodies")
        fresh = dict.fromkeys(asked) | {int(row[0] or 0): _body(*(part or "" for part in row)) for row in rows}
        found |= fresh
        if cache:
            cache.keep_bodies({(oid, path): (body,) for oid, body in fresh.items()}, generation)
    return found


def _body(oid: str, source: str, count: str, returns: str, names: str) -> Body | None:
    text = _query_of(source)
    if text is None or len(text) > _BODY_CHARS_MAX:
        return None
    try:
        statements = parse(text).stmts
    except (SyntaxRefused, TextRefused):
        return None
    if len(statements) != 1 or "SelectStmt" not in statements[0]["stmt"]:
        return None
    given = names.split("\t") if names else []
    parameters = tuple(given[at] if at < len(given) else "" for at in range(int(count)))
    return Body(int(oid), text, statements[0]["stmt"], parameters, int(returns))


def _query_of(source: str) -> str | None:
    """Return the one query of a body, as a string or written in SQL (`RETURN …`, `BEGIN ATOMIC …; END`)."""
    atomic = _ATOMIC.fullmatch(source)
    if atomic is not None:
        return atomic[1].strip().rstrip(";")
    returned = _RETURN.fullmatch(source)
    return f"SELECT {returned[1]}" if returned is not None else source
