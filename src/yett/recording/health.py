"""Watches the recordings' disk, so that a full or stalled one is noticed before the gate waits on it."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from yett.recording.settings import RecordingSettings

STALLED: Final = "recording_stalled"
FULL: Final = "recording_disk_full"
FAILING: Final = "recording_failed"


class DiskHealth:
    """A thread that writes and removes a tiny file every `probe_every`, and looks at the free space.

    `refusal(now)` is cheap and never touches the disk. The reserve file is what the last entries may use.
    """

    def __init__(self, folder: Path, settings: RecordingSettings) -> None:
        self._probe = folder / ".probe"
        self._folder = folder
        self._reserve = folder / ".reserve"
        self._settings = settings
        self._stall_ns = int(settings.stall_after * 1e9)
        self._began_ns = 0
        self._trouble = ""
        self._stop = threading.Event()
        self._prober: threading.Thread | None = None
        self._reserve_wanted = settings.reserve_bytes > 0

    def start(self) -> None:
        """Set the reserve aside, probe once, and go on probing in the background."""
        self._keep_reserve()
        self._probe_once()
        self._prober = threading.Thread(target=self._run, name="yett-recording-health", daemon=True)
        self._prober.start()

    def stop(self) -> None:
        """Stop probing; does not wait for a stalled disk."""
        self._stop.set()
        if self._prober is not None:
            self._prober.join(timeout=0.5)
        if not self._began_ns:
            with suppress(OSError):
                self._reserve.unlink()

    def refusal(self, now_ns: int) -> str:
        """Return the error code for which a new operation must be refused at monotonic time `now_ns`, or ""."""
        began = self._began_ns
        if began and now_ns - began > self._stall_ns:
            return STALLED
        return self._trouble

    def release_reserve(self) -> bool:
        """Give the reserve back to the disk, for entries that end what has begun; tell whether there was one."""
        try:
            self._reserve.unlink()
        except OSError:
            return False
        return True

    def _run(self) -> None:
        while not self._stop.wait(self._settings.probe_every):
            self._probe_once()

    def _probe_once(self) -> None:
        self._began_ns = time.monotonic_ns()
        try:
            self._trouble = self._look()
        except OSError as error:
            self._trouble = FULL if error.errno in _FULL else FAILING
        finally:
            self._began_ns = 0

    def _look(self) -> str:
        probe = self._probe
        probe.write_bytes(b"yett")
        probe.unlink(missing_ok=True)
        space = os.statvfs(self._folder)
        free = space.f_bavail * space.f_frsize
        if free < self._settings.free_bytes_min:
            return FULL
        if self._reserve_wanted and free > self._settings.free_bytes_min + 2 * self._settings.reserve_bytes:
            self._keep_reserve()
        return ""

    def _keep_reserve(self) -> None:
        size = self._settings.reserve_bytes
        if not size or self._reserve.exists():
            return
        fd = os.open(self._reserve, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            os.posix_fallocate(fd, 0, size)
        except OSError:
            self._reserve.unlink()
        finally:
            os.close(fd)


_FULL: Final = frozenset({28, 122, 27})
"""ENOSPC, EDQUOT, EFBIG."""
