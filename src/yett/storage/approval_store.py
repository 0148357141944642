"""Keeps tickets and grants in the control database, with nothing of what they hold in the clear."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, delete, func, insert, or_, select, update

from yett.approvals.states import LIVE
from yett.approvals.store import Changes, Grant, Page
from yett.core.approvals import Ticket, TicketState
from yett.storage.approval_rows import ApprovalRows, readable
from yett.storage.database import Database
from yett.storage.sealing import Sealing
from yett.storage.tables import grants, revision, tickets

_LIVE = tuple(sorted(one.value for one in LIVE))


class SqlApprovalStore:
    """The approvals room's store (`yett.approvals.store.ApprovalStore`) on SQLite or PostgreSQL.

    `key` is 32 random bytes that must outlive the database: without it what is kept is damaged, and counts for nothing.
    It needs a Database of its own: `poll` tells of a write once.
    """

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._rows = ApprovalRows(Sealing(key))

    def poll(self) -> bool:
        """Tell whether anyone, in any process, may have written since the last call."""
        return self._database.poll()

    def changes_since(self, revision_known: int | None) -> Changes:
        """Return what was written after that revision, from one consistent view; None returns what can still count."""
        may_count = tickets.c.state.in_(_LIVE) | (tickets.c.window_until > 0)
        with self._database.reading() as connection:
            newest = connection.execute(select(revision.c.value)).scalar_one()
            asked = _newer(connection, tickets, revision_known, may_count)
            given = _newer(connection, grants, revision_known, grants.c.ended_at == 0)
        damaged: list[str] = []
        found = tuple(readable(asked, self._rows.ticket, damaged))
        return Changes(newest, found, tuple(readable(given, self._rows.grant, damaged)), tuple(damaged))

    @contextmanager
    def writing(self) -> Iterator[Page]:
        """Begin a page that nobody else can write beside."""
        with self._database.writing() as (connection, number):
            yield _SqlPage(connection, number, self._rows)

    def ticket(self, ticket_id: str) -> Ticket | None:
        """Return a ticket as it is now."""
        with self._database.reading() as connection:
            return _ticket(connection, self._rows, ticket_id)

    def live(self) -> tuple[Ticket, ...]:
        """Return the tickets that are marked open or approved, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_oldest_first(tickets.c.state.in_(_LIVE))).all()
        return tuple(readable(rows, self._rows.ticket))

    def has_due(self, now: float) -> bool:
        """Say whether the time of an open or approved ticket is up. Cheap."""
        due = tickets.c.state.in_(_LIVE) & (tickets.c.expires_at <= now)
        return self._any(select(tickets.c.id).where(due))

    def unescalated(self, created_before: float) -> tuple[Ticket, ...]:
        """Return the open tickets made before that time that were not escalated."""
        quiet = (tickets.c.state == TicketState.OPEN.value) & (tickets.c.escalated_at == 0)
        quiet &= tickets.c.created_at <= created_before
        if not self._any(select(tickets.c.id).where(quiet)):
            return ()
        with self._database.reading() as connection:
            rows = connection.execute(_oldest_first(quiet)).all()
        return tuple(readable(rows, self._rows.ticket))

    def latest(self, limit: int, shape: bytes = b"", before: float = math.inf) -> tuple[Ticket, ...]:
        """Return the newest tickets before that time, in any state, newest first; of that shape if one is given."""
        found = select(tickets).order_by(tickets.c.created_at.desc(), tickets.c.id.desc()).limit(limit)
        if math.isfinite(before):
            found = found.where(tickets.c.created_at < before)
        if shape:
            found = found.where(tickets.c.shape == self._rows.mark("shape", shape))
        with self._database.reading() as connection:
            rows = connection.execute(found).all()
        return tuple(readable(rows, self._rows.ticket))

    def prune(self, ended_before: float) -> int:
        """Forget tickets and grants that ended before that time, and return how many."""
        over = tickets.c.state.not_in(_LIVE) & (tickets.c.ended_at < ended_before)
        over &= tickets.c.window_until < ended_before
        past = or_((grants.c.ended_at > 0) & (grants.c.ended_at < ended_before), grants.c.until < ended_before)
        if not (self._any(select(tickets.c.id).where(over)) or self._any(select(grants.c.id).where(past))):
            return 0
        with self._database.writing() as (connection, _):
            gone = connection.execute(delete(tickets).where(over)).rowcount
            return int(gone + connection.execute(delete(grants).where(past)).rowcount)

    def _any(self, found: Select[Any]) -> bool:
        with self._database.reading() as connection:
            return connection.execute(found.limit(1)).first() is not None


class _SqlPage:
    """One transaction on the tables."""

    def __init__(self, connection: Connection, number: int, rows: ApprovalRows) -> None:
        self._connection = connection
        self._number = number
        self._rows = rows

    def ticket(self, ticket_id: str) -> Ticket | None:
        return _ticket(self._connection, self._rows, ticket_id)

    def alike(self, digest: bytes) -> tuple[Ticket, ...]:
        same = tickets.c.digest == self._rows.mark("digest", digest)
        return self._tickets(same & tickets.c.state.in_(_LIVE)) if digest else ()

    def open_count(self, principal: str, now: float) -> int:
        of = tickets.c.principal == self._rows.mark("principal", principal.encode())
        is_open = (tickets.c.state == TicketState.OPEN.value) & (tickets.c.expires_at > now)
        count = select(func.count()).select_from(tickets).where(of & is_open)
        return int(self._connection.execute(count).scalar_one())

    def due(self, now: float) -> tuple[Ticket, ...]:
        return self._tickets(tickets.c.state.in_(_LIVE) & (tickets.c.expires_at <= now))

    def trim(self, principal: str, keep: int, now: float) -> None:
        of = tickets.c.principal == self._rows.mark("principal", principal.encode())
        over = of & tickets.c.state.not_in(_LIVE) & (tickets.c.window_until <= now)
        age = select(tickets.c.created_at).where(over).order_by(tickets.c.created_at.desc()).offset(keep).limit(1)
        oldest = self._connection.execute(age).scalar_one_or_none()
        if oldest is not None:
            self._connection.execute(delete(tickets).where(over & (tickets.c.created_at <= oldest)))

    def put(self, ticket: Ticket) -> None:
        row = {**self._rows.changing(ticket), "revision": self._number}
        if not self._changed(tickets, ticket.id, row):
            self._connection.execute(insert(tickets).values(**self._rows.fixed(ticket), **row))

    def grant(self, grant_id: str) -> Grant | None:
        rows = self._connection.execute(select(grants).where(grants.c.id == grant_id)).all()
        return next(readable(rows, self._rows.grant), None)

    def put_grant(self, grant: Grant) -> None:
        row = {**self._rows.grant_row(grant), "revision": self._number}
        if not self._changed(grants, grant.id, row):
            self._connection.execute(insert(grants).values(id=grant.id, **row))

    def _changed(self, table: Table, row_id: str, row: dict[str, Any]) -> bool:
        return bool(self._connection.execute(update(table).where(table.c.id == row_id).values(**row)).rowcount)

    def _tickets(self, where: ColumnElement[bool]) -> tuple[Ticket, ...]:
        return tuple(readable(self._connection.execute(_oldest_first(where)).all(), self._rows.ticket))


def _ticket(connection: Connection, rows: ApprovalRows, ticket_id: str) -> Ticket | None:
    found = connection.execute(select(tickets).where(tickets.c.id == ticket_id)).all()
    return next(readable(found, rows.ticket), None)


def _oldest_first(where: ColumnElement[bool]) -> Select[Any]:
    return select(tickets).where(where).order_by(tickets.c.created_at, tickets.c.id)


def _newer(connection: Connection, table: Table, known: int | None, may_count: ColumnElement[bool]) -> list[Row[Any]]:
    newer = table.c.revision > known if known is not None else may_count
    return list(connection.execute(select(table).where(newer).order_by(table.c.revision)))
