"""What all open recordings share: keys, the compressor, random payload keys, and the limit on open files."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import zstandard

from yett.recording.keys import Keys
from yett.recording.settings import RecordingSettings

if TYPE_CHECKING:
    from yett.recording.chain import ChainFile

_POOL_KEYS: Final = 128
_KEY_BYTES: Final = 32
COMPRESS_FROM_BYTES: Final = 512
HELD_BYTES_MAX: Final = 4_096
HELD_SECONDS: Final = 0.003
"""How long an outcome may wait for the next write of its file."""


class Pen:
    """Shared by every file that one process writes, from one thread.

    `checkpointed` is told of every signed checkpoint (file, body), for anchors.
    """

    __slots__ = (
        "_held",
        "_open",
        "_pool",
        "_pool_at",
        "checkpoint_entries",
        "checkpoint_ns",
        "checkpointed",
        "compress",
        "keys",
        "may_hold",
        "open_files_max",
        "schedule",
        "time_ns",
    )

    def __init__(
        self,
        keys: Keys,
        settings: RecordingSettings,
        *,
        checkpointed: Callable[[str, bytes], None] = lambda _file, _body: None,
        time_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.keys = keys
        self.checkpoint_entries = settings.checkpoint_every_entries
        self.checkpoint_ns = int(settings.checkpoint_every * 1e9)
        self.open_files_max = settings.open_files_max
        self.compress = zstandard.ZstdCompressor(level=1).compress
        self.checkpointed = checkpointed
        self.time_ns = time_ns
        self.may_hold = False
        self.schedule: Callable[[], object] = bool
        self._held: set[ChainFile] = set()
        self._open: set[ChainFile] = set()
        self._pool = b""
        self._pool_at = 0

    def payload_key(self) -> bytes:
        """Return 32 fresh random bytes, drawn from the system many at a time."""
        at = self._pool_at
        if at == len(self._pool):
            self._pool = os.urandom(_POOL_KEYS * _KEY_BYTES)
            at = 0
        self._pool_at = at + _KEY_BYTES
        return self._pool[at : at + _KEY_BYTES]

    def holds(self, file: "ChainFile") -> None:
        """Note that `file` holds something back; the first one has `schedule` see to it that all are written."""
        if not self._held:
            self.schedule()
        self._held.add(file)

    def held(self) -> set["ChainFile"]:
        """Return, and forget, the files that may hold something back."""
        held, self._held = self._held, set()
        return held

    def woke(self, file: "ChainFile") -> None:
        """Note that `file` is open now, and park those longest idle when too many are."""
        self._open.add(file)
        if len(self._open) > self.open_files_max:
            idle = sorted(self._open - {file}, key=_last_written)
            for other in idle[: max(1, self.open_files_max // 4)]:
                other.park()

    def park_idle(self, before_ns: int) -> None:
        """Park every file that was last written before then."""
        for file in [file for file in self._open if file.last_ns < before_ns]:
            file.park()

    def parked(self, file: "ChainFile") -> None:
        """Note that `file` is open no more."""
        self._open.discard(file)


def _last_written(file: "ChainFile") -> int:
    return file.last_ns
