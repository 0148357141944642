"""A recording file that several processes of one machine append to, one at a time: the index and the gate's stream."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from yett.core.errors import RecordingFailed
from yett.recording.chain import ChainFile, failure
from yett.recording.checkpoints import ENDS, read_checkpoint
from yett.recording.container import Kind
from yett.recording.pen import Pen
from yett.recording.reader import Damaged, reading

_ATTEMPTS = 100
_WAIT_SECONDS = 0.001
_OPENING_ENTRIES = 2


class AppendLock:
    """Held while appending to a shared log. Waits for 0.1 seconds at most: the event loop is behind it.

    Raises RecordingFailed where it cannot be had, and after `close`.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._fd = os.open(folder / ".append.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; raises RecordingFailed when another process keeps it."""
        if not self._depth:
            self._take()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let the lock's descriptor go: nothing is appended any more."""
        if self._fd >= 0:
            os.close(self._fd)
        # Its number will soon be another file's.
        self._fd = -1

    def _take(self) -> None:
        if self._fd < 0:
            raise RecordingFailed("this gate has ended its recordings", hint="try again once it runs")
        for _ in range(_ATTEMPTS):
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_WAIT_SECONDS)
            except OSError as error:
                raise failure(error) from None
            else:
                return
        raise RecordingFailed("another yett process keeps the index locked", hint="end the process that hangs")


class LogEnded(Exception):
    """Another process ended this log and went on to a newer one."""


class SharedLog:
    """One shared log, opened or made. `began` is called with the log, under the lock, when this process made it."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that a log is, at the one place that makes it
        self, pen: Pen, path: Path, file: str, kind: str, lock: AppendLock, began: Callable[["SharedLog"], None]
    ) -> None:
        self._path = path
        self._lock = lock
        self.file = file
        self._ended = False
        self._began = began
        if _empty(path):
            with lock.held():
                if _empty(path):
                    _remove(path)
                    self.chain = ChainFile.create(pen, path, file, kind)
                    began(self)
                    return
        self.chain = _resumed(pen, path, file)
        # What is there already is read without the lock: others must not wait while a long log is walked.
        self._read_on(locked=False)

    @contextmanager
    def appending(self) -> Iterator[ChainFile]:
        """Hold the lock and give the chain, caught up with what other processes appended; may raise LogEnded."""
        with self._lock.held():
            self._catch_up()
            if self._ended:
                raise LogEnded
            if self.chain.number < _OPENING_ENTRIES:
                # Its maker died between the header and the opening checkpoint.
                self._began(self)
            yield self.chain

    def _catch_up(self) -> None:
        chain = self.chain
        try:
            size = self._path.stat().st_size
            if size == chain.offset:
                return
            if size < chain.offset:
                msg = f"{self._path.name} became shorter than it was"
                raise RecordingFailed(msg, hint="run yett verify")
            self._read_on(locked=True)
        except OSError as error:
            raise failure(error) from None
        except Damaged as error:
            msg = f"{self._path.name} is damaged: {error.what}"
            raise RecordingFailed(msg, hint="run yett verify") from None

    def _read_on(self, *, locked: bool) -> None:
        chain = self.chain
        with reading(self._path) as reader:
            if chain.number:
                reader.resume(chain.offset, chain.head, chain.number)
            try:
                for entry in reader:
                    self._ended = entry.kind == Kind.CHECKPOINT and read_checkpoint(entry.body).reason in ENDS
            except Damaged:
                # Without the lock it may be an entry that is being written: with the lock it is looked at again.
                if locked:
                    raise
            if locked and reader.torn:
                # Nobody is in the middle of a write, for we hold the lock: a torn end is of a process that died.
                os.truncate(self._path, reader.offset)
            chain.head, chain.number, chain.offset = reader.head, reader.number, reader.offset
        chain.signed_number = chain.number


def _empty(path: Path) -> bool:
    """Tell whether there is no such log: no file, or one whose maker died before the first byte."""
    try:
        return not path.stat().st_size
    except FileNotFoundError:
        return True
    except OSError as error:
        raise failure(error) from None


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise failure(error) from None


def _resumed(pen: Pen, path: Path, file: str) -> ChainFile:
    try:
        with reading(path) as reader:
            if reader.header.file != file:
                msg = f"{path.name} says that it is {reader.header.file}"
                raise RecordingFailed(msg, hint="run yett verify")
            key = reader.file_key(*pen.keys.readers)
            return ChainFile(pen, str(path), file, key, head=reader.head, number=0, offset=reader.offset)
    except OSError as error:
        raise failure(error) from None
    except Damaged as error:
        msg = f"{path.name} is damaged: {error.what}"
        raise RecordingFailed(msg, hint="run yett verify") from None
