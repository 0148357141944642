"""Opens the control database: a SQLite file by default, PostgreSQL for replicas."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, select, update
from sqlalchemy.exc import SQLAlchemyError

from yett.core.errors import YettError
from yett.storage import tables
from yett.storage.migrate import migrate

DATABASE = "yett.db"
_BUSY_MILLISECONDS = 5000


class StoreFailed(YettError):
    """The control database can't be opened, read or written."""

    code = "store_failed"


class Database:
    """An open control database, at the newest schema. Safe to use from several threads."""

    def __init__(self, engine: Engine, path: Path | None) -> None:
        self._engine = engine
        self._path = path
        self._inode = _inode(path) if path else None
        self._watch: sqlite3.Connection | None = None
        self._seen: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the database. Raises StoreFailed."""
        try:
            with self._engine.connect() as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise _failed(error) from None

    @contextmanager
    def writing(self) -> Iterator[tuple[Connection, int]]:
        """One transaction and the revision it makes: durable when it ends, undone when it fails. Raises StoreFailed."""
        try:
            with self._engine.connect().execution_options(yett_writes=True) as connection, connection.begin():
                counter = tables.revision
                connection.execute(update(counter).values(value=counter.c.value + 1))
                yield connection, connection.execute(select(counter.c.value)).scalar_one()
        except SQLAlchemyError as error:
            raise _failed(error) from None

    def poll(self) -> bool:
        """Tell whether anyone, in any process, may have written since the last call. Microseconds with SQLite.

        Raises StoreFailed, also when the file was removed or replaced: what others write would never be seen again.
        """
        try:
            now = self._version()
        except (sqlite3.Error, SQLAlchemyError, OSError) as error:
            raise _failed(error) from None
        changed, self._seen = now != self._seen, now
        return changed

    def close(self) -> None:
        """Close every connection."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        self._engine.dispose()

    def _version(self) -> int:
        if self._path is None:
            with self._engine.connect() as connection:
                return int(connection.execute(select(tables.revision.c.value)).scalar_one())
        if _inode(self._path) != self._inode:
            raise sqlite3.OperationalError("the file was replaced")
        if self._watch is None:
            # A connection of its own that never writes: `data_version` counts the commits of all others.
            address = f"{self._path.absolute().as_uri()}?mode=ro"
            self._watch = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        return int(self._watch.execute("PRAGMA data_version").fetchone()[0])


def open_database(data: Path, url: str = "") -> Database:
    """Open the control database in the folder `data`, or at `url` (PostgreSQL), and bring its schema up to date.

    The folder is made with mode 0700 and the file with 0600. Raises StoreFailed.
    """
    path = None if url else _private_file(data)
    try:
        engine = create_engine(url or URL.create("sqlite", database=str(path)), pool_pre_ping=bool(url))
        if path is not None:
            _prepare_sqlite(engine)
        migrate(engine)
    except (SQLAlchemyError, ImportError) as error:
        raise _failed(error) from None
    return Database(engine, path)


def _inode(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _private_file(data: Path) -> Path:
    path = data / DATABASE
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Opened here only where it is not there yet: closing any descriptor of a file drops all locks that the process
        # has on it (POSIX), and SQLite would lose those of a database that is open already.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as error:
        message = f"{path} cannot be opened: {error.strerror}"
        raise StoreFailed(message, hint="gate.data in yett.toml must name a folder that this user may write") from None
    return path


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        # Transactions are begun below, in words: the driver's own would begin a write as a read, and fail half-way.
        connection.isolation_level = None
        for setting in (
            f"busy_timeout={_BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("yett_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _failed(error: Exception) -> StoreFailed:
    # Statements and parameters stay out of the message: they hold people's names.
    reason = getattr(error, "orig", None) or error
    hint = "is the disk full, or the file damaged or locked by another program?"
    if isinstance(error, ImportError):
        hint = "a PostgreSQL address needs its driver: pip install psycopg"
    kind = type(reason).__name__
    detail = str(reason) if isinstance(reason, sqlite3.Error | ImportError) else ""
    return StoreFailed(f"the control database failed: {kind}" + (f": {detail}" if detail else ""), hint=hint)
