"""Drives the resolver as the gate's driver does: look-ups on one connection, acts on another, changes on a third."""

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

import psycopg

from yett.core.clock import ManualClock
from yett.core.targets import Effect
from yett.protocols.postgres.catalog.assertion import Assertion
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.epoch import EPOCH_QUERY, epoch_of
from yett.protocols.postgres.catalog.queries import CatalogFailed, CatalogQuery, Rows
from yett.protocols.postgres.catalog.resolution import Resolution
from yett.protocols.postgres.catalog.resolve import resolve
from yett.protocols.postgres.catalog.session_settings import READ_BACK_SQL, read_back
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.sql.facts import SessionChange, StatementFacts
from yett.protocols.postgres.sql.refs import Ref, RefKind, Touch
from yett.protocols.postgres.sql.understanding import Understanding


def understood(text: str) -> StatementFacts:
    """Return the facts of one statement, as the sql room reads them."""
    found = Understanding().understand(text)
    assert found.refusal is None, found.refusal
    (only,) = found.statements
    return only


def table(name: str, schema: str | None = None, **more: object) -> Ref:
    """Return a relation as a statement writes it."""
    return Ref(RefKind.RELATION, schema, name, **more)  # type: ignore[arg-type]  # tests name fields of Ref


def function(name: str, arity: int = -1, schema: str | None = None) -> Ref:
    """Return a function as a statement writes it."""
    return Ref(RefKind.FUNCTION, schema, name, arity)


def statement(*touches: tuple[Effect, Ref], assumed: tuple[Ref, ...] = (), defines: bool = False) -> StatementFacts:
    """Return the facts of a statement that touches these things."""
    return StatementFacts(
        "SELECT", tuple(Touch(*touch) for touch in touches), SessionChange(defines=defines), assumed=assumed
    )


def reads(*names: str, assumed: tuple[Ref, ...] = ()) -> StatementFacts:
    """Return the facts of a SELECT from relations by unqualified names."""
    return statement(*((Effect.READ, table(name)) for name in names), assumed=assumed)


def writes(name: str) -> StatementFacts:
    """Return the facts of an UPDATE of a relation."""
    return statement((Effect.WRITE, table(name)))


def _table_of(access: str) -> str:
    effect, kind, place = access.split(" ", 2)
    return f"{effect} Table {place.rpartition('.')[0]}" if kind == "Column" else access


class Bench:
    """A gate's connection (with a hostile path), a client's session, and another session that changes things."""

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        self.gate = connect()
        self.client = connect()
        self.other = connect()
        self.clock = ManualClock()
        self.cache = NameCache(self.clock)
        self.asked: list[CatalogQuery] = []
        self._prepared: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for connection in (self.gate, self.client, self.other):
            connection.close()

    def view(self, **changed: object) -> SessionView:
        """Return the client session's state, read back from its backend."""
        found = read_back(_ask(self.client, CatalogQuery(READ_BACK_SQL, (), True)), "orders", dirty=False)
        return replace(found.view, **changed)

    def resolve(self, facts: StatementFacts, view: SessionView | None = None, **more: object) -> Resolution:
        """Resolve as the driver does, counting look-ups in `asked`."""
        self.asked.clear()
        return self._drive(resolve(facts, view or self.view(), self.cache, **more))  # type: ignore[arg-type]  # resolve's own options

    def touched(self, facts: StatementFacts, view: SessionView | None = None, **more: object) -> set[str]:
        """Return the accesses as `effect kind id`, without the connect on the resource itself."""
        found = self.resolve(facts, view, **more)
        assert found.refusal is None, found.refusal
        return {f"{a.effect} {a.target.kind} {'.'.join(a.target.path)}" for a in found.accesses} - {"connect Resource "}

    def sql(self, text: str, view: SessionView | None = None, **more: object) -> set[str]:
        """Return what a statement touches, from its text, with the table in place of each of its columns."""
        return {_table_of(one) for one in self.touched(understood(text), view, **more)}

    def columns(self, text: str, **more: object) -> set[str]:
        """Return what a statement touches, from its text, column by column."""
        return self.touched(understood(text), **more)

    def refused(self, text: str, view: SessionView | None = None) -> tuple[str, str]:
        """Return the refusal's code and the server's code for a statement that cannot be resolved."""
        found = self.resolve(understood(text), view)
        assert found.refusal is not None
        assert any(access.effect is Effect.UNKNOWN for access in found.accesses)
        return found.refusal.code, found.sqlstate

    def observe_epoch(self) -> None:
        """Do what the gate does every few seconds."""
        self.cache.observe(epoch_of(_ask(self.gate, EPOCH_QUERY)))

    def has_extension(self, name: str) -> bool:
        """Tell whether the server could install an extension."""
        found = self.other.execute("SELECT count(*) FROM pg_available_extensions WHERE name = %s", (name,)).fetchone()
        return found is not None and found[0] > 0

    def holds(self, assertion: Assertion | None) -> bool:
        """Tell whether an assertion holds in the client's session now."""
        assert assertion is not None
        pg = self.client.pgconn
        if assertion.statement not in self._prepared:
            made = pg.prepare(assertion.statement.encode(), assertion.sql.encode())
            assert not made.error_message, made.error_message
            self._prepared.add(assertion.statement)
        answer = pg.exec_prepared(assertion.statement.encode(), [param.encode() for param in assertion.params])
        if answer.error_message:
            assert answer.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"22012", answer.error_message
            return False
        return answer.get_value(0, 0) == b"1"

    def _drive(self, asking: Generator[CatalogQuery, Rows, Resolution]) -> Resolution:
        step: Callable[[], CatalogQuery] = partial(next, asking)
        while True:
            try:
                query = step()
            except StopIteration as done:
                return done.value
            self.asked.append(query)
            try:
                step = partial(asking.send, _ask(self.client if query.in_session else self.gate, query))
            except CatalogFailed as failure:
                step = partial(asking.throw, failure)


def _ask(connection: psycopg.Connection, query: CatalogQuery) -> Rows:
    params = [None if param is None else param.encode() for param in query.params]
    answer = connection.pgconn.exec_params(query.sql.encode(), params)
    if answer.error_message:
        raise CatalogFailed(answer.error_message.decode())
    return [tuple(_text(answer.get_value(r, c)) for c in range(answer.nfields)) for r in range(answer.ntuples)]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
