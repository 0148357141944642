"""The gate's own look-ups in a client's session: asked at safe points of the protocol, their answers never shown."""

from collections.abc import Callable, Generator
from typing import Any

from yett.protocols.postgres.catalog.queries import CatalogFailed, CatalogQuery, Rows
from yett.protocols.postgres.codec import FLUSH, SYNC, bind_text, close_portal, close_statement, execute, parse
from yett.protocols.postgres.line import Due, Kind
from yett.protocols.postgres.talk import Talk


class Internal:
    """One dialogue of look-ups: a generator that yields queries, and who gets its result.

    Inside a pipeline segment the queries end with Flush, so that the client's implicit transaction stays open;
    between segments with Sync. A failed query is thrown into the generator where the session can go on.
    """

    __slots__ = ("_failed", "_generator", "_rows", "_talk", "_then")

    def __init__(self, talk: Talk, generator: Generator[CatalogQuery, Rows, Any], then: Callable[[Any], None]) -> None:
        self._talk = talk
        self._generator = generator
        self._then = then
        self._rows: Rows = []
        self._failed: CatalogFailed | None = None

    def start(self) -> bool:
        """Run to the first query; return False when none was needed and the result is already delivered."""
        return self._advance(lambda: next(self._generator))

    def row(self, values: tuple[str | None, ...]) -> None:
        """Take one row of the answer."""
        self._rows.append(values)

    def fail(self, sqlstate: str, words: str, /) -> None:
        """Note that the query failed; `words` are the server's, where they may be shown."""
        self._failed = CatalogFailed(words or "the target refused a look-up", sqlstate or "XX000")
        self._talk.prepared.clear()

    def answered(self) -> bool:
        """Hand the rows over; return False when the dialogue is over."""
        failure, self._failed = self._failed, None
        if failure is not None:
            self._rows.clear()
            return self._advance(lambda: self._generator.throw(failure))
        rows, self._rows = self._rows, []
        return self._advance(lambda: self._generator.send(rows))

    def _advance(self, step: Callable[[], CatalogQuery]) -> bool:
        try:
            wanted = step()
        except StopIteration as stop:
            self._then(stop.value)
            return False
        self._ask(wanted)
        return True

    def _ask(self, wanted: CatalogQuery) -> None:
        """Send a look-up; one that has a name is prepared once for the session."""
        talk = self._talk
        name = wanted.name.encode()
        kinds = [Kind.BIND, Kind.EXECUTE, Kind.CLOSE]
        data = bind_text(name, name, wanted.params) + execute(name) + close_portal(name)
        if wanted.name not in talk.prepared:
            # Closed first: one of the same name may be there still, which would make Parse fail.
            data = close_statement(name) + parse(name, wanted.sql.encode()) + data
            kinds = [Kind.CLOSE, Kind.PARSE, *kinds]
            talk.prepared.add(wanted.name)
        end = FLUSH if talk.segment_open else SYNC
        talk.to_target.append((talk.pass_, data + end))
        for kind in kinds:
            talk.owe(Due(kind, hidden=True, role="internal"))
        if talk.segment_open:
            talk.line[-1].role = "internal-last"
        else:
            talk.owe(Due(Kind.SYNC, hidden=True, role="internal-last"))
