"""Lets only one gate at a time work on a data folder."""

import fcntl
import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from yett.core.errors import YettError

LOCK = "gate.lock"


class StoreInUse(YettError):
    """Another gate works on the same data folder."""

    code = "store_in_use"


class InstanceLock:
    """Held by a running gate. The kernel drops it when the process ends, however it ends; tools don't take it."""

    def __init__(self, data: Path) -> None:
        self._path = data / LOCK
        self._file: int | None = None

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def take(self) -> None:
        """Take the lock; raises StoreInUse, naming the gate that holds it, when it is taken."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise self._in_use() from None
        os.ftruncate(file, 0)
        os.write(file, json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}).encode())
        self._file = file

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two gates each hold a lock of that name."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def _in_use(self) -> StoreInUse:
        try:
            holder = json.loads(self._path.read_text())
            who = f"process {int(holder['pid'])} on {str(holder['host'])!r}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process"
        message = f"{self._path.parent} is in use by a running gate: {who}"
        return StoreInUse(message, hint="stop that gate, or give this one a data folder of its own (gate.data)")
