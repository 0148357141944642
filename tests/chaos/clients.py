"""One client, in a process of its own that can be killed: it does its acts, and keeps a journal that outlives it."""

import asyncio
import json
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psycopg

from chaos.acts import Act, Wire, is_copy, pieces

ALARM_SECONDS = 14
_AGAIN_SECONDS = 7.0
_PAUSE_SECONDS = 0.05
COPIES = frozenset({"copy", "copy-transaction", "asyncpg-copy"})
"""How acts are copied."""


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """What a client will do. `steps` are its acts; those of one step are in one transaction, or one pipeline.

    `how` is simple, extended, prepared, pipeline, transaction, copy, copy-transaction, asyncpg, asyncpg-simple or
    asyncpg-copy. `again` says what it does when it has lost its connection: nothing (""), the `same`, or the same with
    a `changed` amount; `twice` is done again after it was done. `cancel_after` and `leave_after` are seconds from a
    step's beginning, `pause` those in the middle of a COPY's data.
    """

    name: str
    how: str
    steps: tuple[tuple[Act, ...], ...]
    again: str = ""
    cancel_after: float = 0.0
    leave_after: float = 0.0
    pause: float = 0.0


def run(plan: ClientPlan, dsn: str, journal: Path) -> None:
    """Do everything that is planned; ends by a signal where nobody answers."""
    descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(**facts: object) -> None:
        os.write(descriptor, json.dumps(facts).encode() + b"\n")

    client = _Client(plan, dsn, write)
    for step in plan.steps:
        client.step(step)
    client.leave()
    write(event="end")


def wires(plan: ClientPlan, step: tuple[Act, ...]) -> list[Wire]:
    """Return what goes over the wire for a step."""
    if plan.how in COPIES:
        return [act.copied() for act in step]
    literal = plan.how in {"simple", "asyncpg-simple"}
    return [act.literal() if literal else act.bound() for act in step]


class _Lost(Exception):
    """The connection is gone, or could not be made: what was sent may have been done."""


class _Refused(Exception):
    """The server says that it was not done, and the connection goes on."""


class _Client:
    def __init__(self, plan: ClientPlan, dsn: str, write: Callable[..., None]) -> None:
        self._plan = plan
        self._write = write
        self._way = _Asyncpg(dsn, plan.pause) if plan.how.startswith("asyncpg") else _Psycopg(dsn, plan.how, plan.pause)
        self._number = 0

    def leave(self) -> None:
        self._way.close()

    def step(self, step: tuple[Act, ...]) -> None:
        """Do one step, and again as planned."""
        until = time.monotonic() + _AGAIN_SECONDS
        ended = self._attempt(step, first=True)
        if ended == "done" and self._plan.again == "twice":
            self._attempt(step)
        while ended in {"lost", "away"} and self._plan.again in {"same", "changed"} and time.monotonic() < until:
            time.sleep(_PAUSE_SECONDS)
            changed = self._plan.again == "changed"
            ended = self._attempt(tuple(act.changed() for act in step) if changed else step)

    def _attempt(self, step: tuple[Act, ...], *, first: bool = False) -> str:
        # Whoever is not answered within this time is stuck: the longest wait that is drawn is far shorter.
        signal.alarm(ALARM_SECONDS)
        try:
            self._way.connect()
        except _Lost:
            return "away"
        self._number += 1
        sent = [
            {"act": (act.name, act.amount), "flow": act.flow, "wire": wire}
            for act, wire in zip(step, wires(self._plan, step), strict=True)
        ]
        self._write(event="try", number=self._number, sent=sent, at=time.time())
        ended, why = "done", ""
        with self._timers(first=first):
            try:
                self._way.do(wires(self._plan, step))
            except _Refused as refused:
                ended, why = "refused", str(refused)
            except _Lost as lost:
                ended, why = "lost", str(lost)
        self._write(event=ended, number=self._number, why=why, at=time.time())
        return ended

    @contextmanager
    def _timers(self, *, first: bool) -> Iterator[None]:
        """Cancel, or leave, in the middle of a first attempt where that is planned."""
        timers = []
        if first and self._plan.cancel_after:
            timers.append(threading.Timer(self._plan.cancel_after, self._way.cancel))
        if first and self._plan.leave_after:
            timers.append(threading.Timer(self._plan.leave_after, self._way.cut))
        for one in timers:
            one.start()
        try:
            yield
        finally:
            for one in timers:
                one.cancel()
            for one in timers:
                one.join()


class _Psycopg:
    def __init__(self, dsn: str, how: str, pause: float) -> None:
        self._dsn = dsn
        self._how = how
        self._pause = pause
        self._connection: psycopg.Connection | None = None

    def connect(self) -> None:
        if self._connection is not None and not self._connection.closed:
            return
        try:
            self._connection = psycopg.connect(self._dsn, autocommit=True)
        except psycopg.Error as error:
            raise _Lost(str(error)) from None

    def do(self, statements: list[Wire]) -> None:
        connection = self._connection
        assert connection is not None
        try:
            if self._how in {"transaction", "copy-transaction"}:
                with connection.transaction():
                    self._all(connection, statements)
            elif self._how == "pipeline":
                with connection.pipeline():
                    self._all(connection, statements)
            else:
                self._all(connection, statements)
        except psycopg.Error as error:
            if connection.closed or connection.pgconn.status != psycopg.pq.ConnStatus.OK:
                self.close()
                raise _Lost(_code(error)) from None
            if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                # Its ROLLBACK was refused too (on a full disk, say): the end of the connection is the end of it.
                self.close()
            raise _Refused(_code(error)) from None

    def _all(self, connection: psycopg.Connection, statements: list[Wire]) -> None:
        prepare = True if self._how == "prepared" else None
        for text, parameters in statements:
            if is_copy(text):
                self._copy(connection, text, parameters[0])
                continue
            if not parameters:
                connection.execute(text)  # type: ignore[call-overload]  # psycopg wants literal text
                continue
            # psycopg numbers the places itself: what it sends is the wire's text.
            written = text.replace("$1", "%s").replace("$2", "%s")
            connection.execute(written, (parameters[0], int(parameters[1])), prepare=prepare)  # type: ignore[call-overload]  # psycopg wants literal text

    def _copy(self, connection: psycopg.Connection, text: str, data: str) -> None:
        first, rest = pieces(data)
        with connection.cursor() as cursor, cursor.copy(text) as copy:  # type: ignore[call-overload]  # as above
            copy.write(first)
            time.sleep(self._pause)
            copy.write(rest)

    def cancel(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.cancel_safe(timeout=3)

    def cut(self) -> None:
        if self._connection is not None and not self._connection.closed:
            _shut(self._connection.fileno())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class _Asyncpg:
    def __init__(self, dsn: str, pause: float) -> None:
        self._pause = pause
        found = psycopg.conninfo.conninfo_to_dict(dsn)
        self._to = {
            "host": found["host"],
            "port": int(found["port"]),
            "user": found["user"],
            "password": found["password"],
            "database": found["dbname"],
            "ssl": False,
            "timeout": 10,
        }
        self._loop = asyncio.new_event_loop()
        self._connection: asyncpg.Connection | None = None

    def connect(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            return
        try:
            self._connection = self._loop.run_until_complete(asyncpg.connect(**self._to))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            raise _Lost(_code(error)) from None

    def do(self, statements: list[Wire]) -> None:
        connection = self._connection
        assert connection is not None
        try:
            for text, parameters in statements:
                self._loop.run_until_complete(self._one(connection, text, parameters))
        except asyncpg.InternalClientError as error:
            # It was told that its session ends, and has not seen the connection's end yet: it takes nothing more.
            self.close()
            raise _Lost(_code(error)) from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            # Let the transport say whether it is gone.
            self._loop.run_until_complete(asyncio.sleep(0.05))
            if connection.is_closed() or not isinstance(error, asyncpg.PostgresError):
                self.close()
                raise _Lost(_code(error)) from None
            raise _Refused(_code(error)) from None

    async def _one(self, connection: asyncpg.Connection, text: str, parameters: tuple[str, ...]) -> None:
        if is_copy(text):
            await connection._copy_in(text, self._halves(parameters[0]), timeout=None)
        else:
            await connection.execute(text, *_typed(text, parameters))

    async def _halves(self, data: str) -> AsyncIterator[bytes]:
        first, rest = pieces(data)
        yield first
        await asyncio.sleep(self._pause)
        yield rest

    def cancel(self) -> None:
        """Nothing: asyncpg cancels from within."""

    def cut(self) -> None:
        """Close the socket under it."""
        if self._connection is not None and not self._connection.is_closed():
            transport = self._connection._transport
            _shut(transport.get_extra_info("socket").fileno())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def _typed(text: str, parameters: Wire | tuple[str, ...]) -> tuple[object, ...]:
    return (parameters[0], int(str(parameters[1]))) if parameters and "$2" in text else tuple(parameters)


def _shut(descriptor: int) -> None:
    """End a connection as a cut cable would, seen from here."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def _code(error: BaseException) -> str:
    return str(getattr(error, "sqlstate", "") or type(error).__name__)
