"""A small disk for the gate's store, whose space can be taken away and given back."""

import ctypes
import os
import resource
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Protocol

SIZE_MIB = 256
_NEW_MOUNTS = 0x00020000


class Disk(Protocol):
    """Where the gate keeps its store. `words` say how its space is taken away."""

    words: str

    def take(self, leave_bytes: int, pid: int) -> None:
        """Take all space but so much; `pid` is the gate's process."""
        ...

    def give_back(self, pid: int) -> None:
        """Give it back."""
        ...

    def close(self) -> None:
        """Remove the disk."""
        ...


class SmallDisk:
    """A file system of its own, in memory, that a filler fills."""

    words = f"a file system of {SIZE_MIB} MiB in memory is filled (ENOSPC)"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._filler = folder / ".filler"

    def take(self, leave_bytes: int, pid: int) -> None:
        """Fill it with a file."""
        descriptor = os.open(self._filler, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            # The gate goes on writing meanwhile, so it is taken in parts, and at last page by page.
            for part in (1 << 20, 4096):
                self._take_parts(descriptor, leave_bytes, part)
        finally:
            os.close(descriptor)

    def _take_parts(self, descriptor: int, leave_bytes: int, part: int) -> None:
        with suppress(OSError):
            while (free := self._free()) > leave_bytes or not leave_bytes:
                size = max(part, (free - leave_bytes) // part * part // 2)
                os.posix_fallocate(descriptor, os.fstat(descriptor).st_size, size)

    def _free(self) -> int:
        space = os.statvfs(self._folder)
        return space.f_bavail * space.f_frsize

    def give_back(self, pid: int) -> None:
        """Remove the file."""
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", "-l", str(self._folder)], check=False, capture_output=True)


class LimitedFiles:
    """Where nothing can be mounted: the gate's process may let no file grow any more (EFBIG)."""

    words = "no file system can be mounted here: the gate may let no file grow (RLIMIT_FSIZE, EFBIG)"

    def take(self, leave_bytes: int, pid: int) -> None:
        """Let no file become larger than `leave_bytes`."""
        _limit(pid, max(4096, leave_bytes))

    def give_back(self, pid: int) -> None:
        """Let files grow."""
        _limit(pid, -1)

    def close(self) -> None:
        """Nothing to remove."""


def private_mounts() -> None:
    """Keep what this process mounts to itself and its children, so that it goes when they end, however they end.

    Must be called before any thread is started. Where that is not allowed, nothing happens.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS) == 0:
        subprocess.run(["mount", "--make-rprivate", "/"], check=False, capture_output=True)


def small_disk(folder: Path, *, mounted: bool = True) -> Disk:
    """Return a disk at `folder`, which must be empty; `mounted` is false where none is wanted."""
    folder.mkdir(mode=0o700, exist_ok=True)
    options = f"size={SIZE_MIB}m,mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", options, "yett-chaos", str(folder)]
    if not mounted or os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        return LimitedFiles()
    return SmallDisk(folder)


def _limit(pid: int, size_bytes: int) -> None:
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size_bytes < 0 else size_bytes, hard))
