"""The unprivileged account that a server runs as, since PostgreSQL refuses to run as root."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """Whom child processes run as; `name` is empty where they simply run as we do."""

    uid: int
    gid: int
    name: str = ""

    def own(self, path: Path) -> None:
        """Give `path` and all below it to this account."""
        if not self.name:
            return
        for found in (path, *path.rglob("*")):
            os.chown(found, self.uid, self.gid, follow_symlinks=False)

    def run(
        self, command: Sequence[str | Path], *, seconds: float = 60, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` to its end and return what it said; raises subprocess.CalledProcessError when it fails."""
        return subprocess.run(
            [str(part) for part in command],
            check=True,
            text=True,
            capture_output=True,
            timeout=seconds,
            cwd="/",
            env=None if env is None else dict(env),
            user=self.uid if self.name else None,
            group=self.gid if self.name else None,
            extra_groups=[] if self.name else None,
        )

    def spawn(
        self,
        command: Sequence[str | Path],
        *,
        output: IO[bytes] | int,
        env: Mapping[str, str] | None = None,
        die_with: signal.Signals = signal.SIGTERM,
    ) -> subprocess.Popen[bytes]:
        """Start `command` in a session of its own; it gets `die_with` when the thread that started it ends.

        So a killed test run or quick start leaves no server behind.
        """
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=None if env is None else dict(env),
            start_new_session=True,
            user=self.uid if self.name else None,
            group=self.gid if self.name else None,
            extra_groups=[] if self.name else None,
            # Runs after the change of user, which would have cleared the signal again.
            preexec_fn=_dies_with_parent(die_with),  # noqa: PLW1509 - one prctl call, which takes no lock
        )

    def reaches(self, path: Path) -> bool:
        """Tell whether this account can list and enter the folder `path`."""
        if not self.name:
            return os.access(path, os.R_OK | os.X_OK)
        try:
            self.run(["test", "-r", path, "-a", "-x", path])
        except subprocess.CalledProcessError:
            return False
        return True

    def own_folder(self, prefix: str) -> Path:
        """Return a new folder that only this account (and root) can enter, in the machine's temporary folder."""
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        self.own(folder)
        return folder


def ourselves() -> Account:
    """Return the account that we run as."""
    return Account(os.geteuid(), os.getegid())


def unprivileged() -> Account:
    """Return the account to run a server as: our own, or an unprivileged one when we are root."""
    if os.geteuid() != 0:
        return ourselves()
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    msg = f"running as root, and none of the accounts {', '.join(_CANDIDATES)} exists"
    raise RuntimeError(msg)


def reachable_copy(folder: Path, account: Account) -> Path:
    """Return `folder`, or a copy of it that `account` can reach when the original lies under a closed folder."""
    if account.reaches(folder):
        return folder
    copy = Path(tempfile.mkdtemp(prefix="yett-bin-"))
    copy.chmod(0o755)
    shutil.copytree(folder, copy / folder.name, symlinks=True)
    return copy / folder.name


def _dies_with_parent(die_with: signal.Signals) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(die_with), 0, 0, 0)

    return ask
