"""The gate-wide trail: the index of all recordings, and the stream of what belongs to no session."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from yett.recording import paths
from yett.recording.checkpoints import About
from yett.recording.container import Kind
from yett.recording.entries import Event, Opened, Summary, encode
from yett.recording.pen import Pen
from yett.recording.shared_log import AppendLock, SharedLog

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
        self.carried: Callable[[], Iterable[About]] = tuple

    def state(self, about: About, summary: bytes = b"") -> None:
        """Sign a statement about a file into the index, with its encrypted summary before it."""
        with self._segment().appending() as chain:
            if summary:
                chain.append(int(Kind.SUMMARY), 0, summary)
            chain.checkpoint("index", about)

    def event(self, kind: str, data: Mapping[str, object], *, sign: bool = False) -> None:
        """Write an event into the stream of the day."""
        with self._stream().appending() as chain:
            chain.append(int(Kind.EVENT), 0, encode(Event(kind, dict(data))))
            if sign:
                chain.checkpoint("interval")

    def checkpoint(self) -> None:
        """Sign what the stream of the day has gained since it was last signed."""
        log = self._gate
        if log is not None and log.chain.number > log.chain.signed_number:
            with log.appending() as chain:
                chain.checkpoint("interval")

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
        file = paths.index_file(self._now())
        if self._index is None or self._index.file != file:
            path = self._folder / "index" / (file + paths.SUFFIX)
            self._index = SharedLog(self._pen, path, file, "index", self._lock, self._begin_segment)
        return self._index

    def _begin_segment(self, log: SharedLog) -> None:
        """Name the segment before this one and its last link, and all that is still open."""
        previous = self._end_previous(log)
        log.chain.append(int(Kind.OPENED), 0, encode(Opened(log.file)))
        log.chain.checkpoint("open", previous)
        for about in self.carried():
            log.chain.checkpoint("index", about)

    def _end_previous(self, log: SharedLog) -> About | None:
        older = [path for path in paths.index_segments(self._folder) if path.stem < log.file]
        if not older:
            return None
        path = older[-1]
        last = SharedLog(self._pen, path, path.stem, "index", self._lock, lambda _log: None)
        last.chain.checkpoint("close")
        last.chain.park()
        return About("previous", path.stem, f"index/{path.name}", "index", last.chain.number, last.chain.head)

    def _stream(self) -> SharedLog:
        now = self._now()
        file = paths.gate_file(now)
        if self._gate is None or self._gate.file != file:
            if self._gate is not None:
                self._end_stream(self._gate)
            relative = paths.day_of(file, now)
            self._gate = SharedLog(self._pen, self._folder / relative, file, "gate", self._lock, self._begin_stream)
        return self._gate

    def _begin_stream(self, log: SharedLog) -> None:
        log.chain.append(int(Kind.OPENED), 0, encode(Opened(log.file)))
        log.chain.checkpoint("open")
        relative = str(Path(log.chain.path).relative_to(self._folder))
        about = About("opened", log.file, relative, "gate", log.chain.number, log.chain.head)
        self.state(about, encode(Summary(log.file, started_at=self._now())))

    def _end_stream(self, log: SharedLog) -> None:
        with log.appending() as chain:
            chain.checkpoint("close")
            chain.park()
        relative = str(Path(log.chain.path).relative_to(self._folder))
        self.state(About("closed", log.file, relative, "gate", log.chain.number, log.chain.head))
