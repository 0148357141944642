"""Removes recordings that are older than policy lets them be kept; the index remembers that there was one."""

import threading
import time
from pathlib import Path

from yett.core.errors import RecordingFailed
from yett.recording import paths
from yett.recording.audit import AuditTrail
from yett.recording.checkpoints import About
from yett.recording.erase import overwrite, record_summaries
from yett.recording.index import read_listing, summary_entries
from yett.recording.keys import Keys
from yett.recording.pen import Pen
from yett.recording.reader import Damaged
from yett.recording.settings import RecordingSettings

_DAY_SECONDS = 86_400
_AT_ONCE = 1_000


class Retention:
    """A thread that looks once a day, beginning now, when `retention_days` is set."""

    def __init__(self, folder: Path, keys: Keys, settings: RecordingSettings) -> None:
        self._folder = folder
        self._keys = keys
        self._settings = settings
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.trouble = ""
        if settings.retention_days:
            self._thread = threading.Thread(target=self._run, name="yett-recording-retention", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                while retire(self._folder, Pen(self._keys, self._settings), self._settings.retention_days, time.time()):
                    pass
                self.trouble = ""
            except (RecordingFailed, Damaged, OSError) as error:
                # Evidence that is kept too long is told of, and tried again tomorrow.
                self.trouble = type(error).__name__
            self._stop.wait(_DAY_SECONDS)


def retire(folder: Path, pen: Pen, days: int, now: float) -> list[str]:
    """Remove recordings that ended and were opened more than `days` ago, a thousand at most; return which.

    The index says so first, so that `verify` can tell retention from loss, and its own summaries of them are erased.
    """
    limit_ns = int((now - days * _DAY_SECONDS) * 1e9)
    listing = read_listing(folder).files.values()
    for listed in listing:
        if listed.retired:
            # One that was stated before a crash and not removed after it.
            paths.under(folder, listed.path).unlink(missing_ok=True)
    old = [
        listed for listed in listing if listed.end is not None and not listed.retired and listed.opened_ns < limit_ns
    ][:_AT_ONCE]
    if not old:
        return []
    names = [listed.file for listed in old]
    summaries = summary_entries(folder, frozenset(names))
    trail = AuditTrail(folder, pen)
    try:
        record_summaries(trail, summaries)
        for listed in old:
            entries, head = (listed.end.entries, listed.end.head) if listed.end else (0, b"")
            trail.state(About("retired", listed.file, listed.path, listed.kind, entries, head))
        trail.sync()
        for listed in old:
            paths.under(folder, listed.path).unlink(missing_ok=True)
    finally:
        trail.close()
    for segment, found in summaries:
        overwrite(segment, found)
    return names
