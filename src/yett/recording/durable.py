"""Makes what was written survive a power cut: one thread syncs for all sessions that wait (group commit)."""

import asyncio
import os
import threading
from pathlib import Path

from yett.core.errors import RecordingFailed
from yett.recording.chain import ChainFile, failure

_Waiter = tuple[asyncio.AbstractEventLoop, "asyncio.Future[None]"]


class GroupCommit:
    """Collects the sessions that wait while the disk is busy, then syncs each of their files once."""

    def __init__(self) -> None:
        self._waiting: dict[ChainFile, list[_Waiter]] = {}
        self._folders: set[str] = set()
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="yett-recording-sync", daemon=True)
        self._thread.start()

    async def durable(self, chain: ChainFile) -> None:
        """Return when all that is in `chain` now is on the disk; raises RecordingFailed."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        if self._stopping:
            raise RecordingFailed("the gate is stopping")
        with self._lock:
            self._waiting.setdefault(chain, []).append((loop, future))
        self._wanted.set()
        await future

    def stop(self) -> None:
        """Sync what waits, then end the thread. What asks afterwards is refused."""
        self._stopping = True
        self._wanted.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            with self._lock:
                batch, self._waiting = self._waiting, {}
            for chain, waiters in batch.items():
                self._sync(chain, waiters)
            if self._stopping and not self._waiting:
                return

    def _sync(self, chain: ChainFile, waiters: list[_Waiter]) -> None:
        problem: RecordingFailed | None = None
        try:
            # A descriptor of our own: the session may park its file at any moment.
            fd = os.open(chain.path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.fdatasync(fd)
            finally:
                os.close(fd)
            self._sync_folder(chain.path)
        except OSError as error:
            problem = failure(error)
        for loop, future in waiters:
            loop.call_soon_threadsafe(_resolve, future, problem)

    def _sync_folder(self, path: str) -> None:
        """Make the file's name durable too, once per file."""
        if path in self._folders:
            return
        fd = os.open(Path(path).parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
        if len(self._folders) > 10_000:
            self._folders.clear()
        self._folders.add(path)


def _resolve(future: "asyncio.Future[None]", problem: RecordingFailed | None) -> None:
    if future.done():
        return
    if problem is None:
        future.set_result(None)
    else:
        future.set_exception(problem)
