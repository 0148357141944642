"""The gate-wide trail: the index of all recordings, and the stream of what belongs to no session."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from yett.core.errors import RecordingFailed
from yett.recording import paths
from yett.recording.chain import failure
from yett.recording.checkpoints import About
from yett.recording.container import Kind
from yett.recording.entries import Event, Opened, Summary, encode
from yett.recording.index import Listed, read_listing, still_open
from yett.recording.pen import Pen
from yett.recording.shared_log import AppendLock, LogEnded, SharedLog

_NANO = 1_000_000_000


class AuditTrail:
    """Appends to the index and to the stream of the day. The gate and the command line may do so at once.

    Every method raises RecordingFailed when it could not write.
    """

    def __init__(self, folder: Path, pen: Pen) -> None:
        self._folder = folder
        self._pen = pen
        self._lock = AppendLock(folder)
        self._index: SharedLog | None = None
        self._gate: SharedLog | None = None
        self.carried: Callable[[], Iterable[About]] | None = None

    def state(self, about: About, summary: bytes = b"") -> None:
        """Sign a statement about a file into the index, with its encrypted summary before it."""
        try:
            self._state(self._segment(), about, summary)
        except LogEnded:
            self._index = None
            self._state(self._segment(), about, summary)

    def event(self, kind: str, data: Mapping[str, object], *, sign: bool = False) -> None:
        """Write an event into the stream of the day."""
        entry = encode(Event(kind, dict(data)))
        try:
            self._write(self._stream(), entry, sign=sign)
        except LogEnded:
            self._write(self._newer_stream(), entry, sign=sign)

    @staticmethod
    def _state(log: SharedLog, about: About, summary: bytes) -> None:
        with log.appending() as chain:
            if summary:
                chain.append(int(Kind.SUMMARY), 0, summary)
            chain.checkpoint("index", about)

    @staticmethod
    def _write(log: SharedLog, entry: bytes, *, sign: bool) -> None:
        with log.appending() as chain:
            chain.append(int(Kind.EVENT), 0, entry)
            if sign:
                chain.checkpoint("interval")

    def stream(self) -> About | None:
        """Return a statement about the stream that is open here, if there is one."""
        if self._gate is None:
            return None
        chain = self._gate.chain
        relative = str(Path(chain.path).relative_to(self._folder))
        return About("carried", chain.file, relative, "gate", chain.number, chain.head)

    def checkpoint(self) -> None:
        """Sign what the stream of the day has gained since it was last signed."""
        log = self._gate
        if log is not None and log.chain.number > log.chain.signed_number:
            with suppress(LogEnded), log.appending() as chain:
                chain.checkpoint("interval")

    def sync(self) -> None:
        """Make what was stated survive a power cut, before what it states is done."""
        for log in (self._gate, self._index):
            if log is not None and log.chain.fileno() >= 0:
                _fsync(log.chain.fileno())

    def close(self) -> None:
        """Sign and let go of the files; the stream of the day stays open for the next process."""
        try:
            self.checkpoint()
        finally:
            for log in (self._gate, self._index):
                if log is not None:
                    log.chain.park()
            self._lock.close()

    def _now(self) -> float:
        return self._pen.time_ns() / _NANO

    def _segment(self) -> SharedLog:
        """Return the segment of the day, or a newer one where the clock was put back: never an older one again."""
        file = paths.index_file(self._now())
        if self._index is None:
            file = max([file, *(path.stem for path in paths.index_segments(self._folder)[-1:])])
        if self._index is None or self._index.file < file:
            path = self._folder / "index" / (file + paths.SUFFIX)
            self._index = SharedLog(self._pen, path, file, "index", self._lock, self._begin_segment)
        return self._index

    def _begin_segment(self, log: SharedLog) -> None:
        """Name the segment before this one and its last link, and all that is still open.

        The gate knows what is open (`carried`); another process finds it in the segment before.
        """
        previous = self._end_previous(log)
        log.chain.append(int(Kind.OPENED), 0, encode(Opened(log.file)))
        log.chain.checkpoint("open", previous)
        for about in self._open_ones(previous):
            log.chain.checkpoint("index", about)

    def _open_ones(self, previous: About | None) -> Iterable[About]:
        if self.carried is not None:
            return self.carried()
        return still_open(self._folder / previous.path) if previous is not None else ()

    def _end_previous(self, log: SharedLog) -> About | None:
        older = [path for path in paths.index_segments(self._folder) if path.stem < log.file]
        if not older:
            return None
        path = older[-1]
        last = self._index
        if last is None or last.file != path.stem:
            last = SharedLog(self._pen, path, path.stem, "index", self._lock, lambda _log: None)
        with suppress(LogEnded), last.appending() as chain:
            chain.checkpoint("close")
            chain.park()
        return About("previous", path.stem, f"index/{path.name}", "index", last.chain.number, last.chain.head)

    def _stream(self) -> SharedLog:
        now = self._now()
        file = paths.gate_file(now)
        if self._gate is None or self._gate.file < file:
            if self._gate is not None:
                self._end_stream(self._gate)
            self._gate = self._open_stream(file, paths.day_of(file, now))
        return self._gate

    def _newer_stream(self) -> SharedLog:
        """Return the newest stream that the index names; raises RecordingFailed when that has ended too."""
        files = read_listing(self._folder, segments=2).files.values()
        newest = max((one for one in files if one.kind == "gate" and one.end is None), key=_name, default=None)
        if newest is None:
            raise RecordingFailed("the gate's stream of this day has ended", hint="was the clock put back?")
        self._gate = self._open_stream(newest.file, newest.path)
        return self._gate

    def _open_stream(self, file: str, relative: str) -> SharedLog:
        return SharedLog(self._pen, self._folder / relative, file, "gate", self._lock, self._begin_stream)

    def _begin_stream(self, log: SharedLog) -> None:
        log.chain.append(int(Kind.OPENED), 0, encode(Opened(log.file)))
        log.chain.checkpoint("open")
        relative = str(Path(log.chain.path).relative_to(self._folder))
        about = About("opened", log.file, relative, "gate", log.chain.number, log.chain.head)
        self.state(about, encode(Summary(log.file, started_at=self._now())))

    def _end_stream(self, log: SharedLog) -> None:
        try:
            with log.appending() as chain:
                chain.checkpoint("close")
                chain.park()
        except LogEnded:
            return
        relative = str(Path(log.chain.path).relative_to(self._folder))
        self.state(About("closed", log.file, relative, "gate", log.chain.number, log.chain.head))


def _fsync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise failure(error) from None


def _name(listed: Listed) -> str:
    return listed.file
