"""Replaces a target's password where it is kept, so that a crash at any moment leaves one that works.

The new password is first written beside the old one, then set at the target, then takes the old one's place. Whoever
finds both tries both: `app/rotation.py` does, and so do sessions that open in between.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from yett.core.errors import UpstreamFailed, YettError
from yett.core.secret import Secret
from yett.credentials.settings import FromFile

_SUFFIX = ".yett-new"
_BYTES_MAX = 64 << 10


class NotRotatable(YettError):
    """The password is kept where the gate can't write it."""

    code = "credential_not_rotatable"


class RotationBusy(YettError):
    """Another rotation of the same credential is under way."""

    code = "rotation_busy"


class KeptPassword(Protocol):
    """Where a password is kept that can be replaced. Everything raises UpstreamFailed, and then has changed nothing."""

    def alone(self) -> AbstractContextManager[None]:
        """Hold off other rotations while it is entered. Raises RotationBusy, NotRotatable."""
        ...

    @property
    def at_hand(self) -> bool:
        """Say whether `pending` is no more than a look at a local file, which is not worth a thread."""
        ...

    def pending(self) -> Secret | None:
        """Return the password that was written beside the one in use, if a rotation did not come to its end."""
        ...

    def stage(self, new: Secret) -> None:
        """Write the new password beside the old one, durably. Raises NotRotatable where that can't be done."""
        ...

    def take_over(self, new: Secret) -> None:
        """Put the new password in the old one's place, durably; also where another has done so already."""
        ...

    def abandon(self) -> None:
        """Forget the one that was written beside."""
        ...


class FilePassword:
    """A password in a file: the new one lies beside it until it is renamed over it. Readable by its owner alone."""

    at_hand = True

    def __init__(self, settings: FromFile) -> None:
        self._path = Path(settings.password)
        self._beside = self._path.with_name(self._path.name + _SUFFIX)

    def pending(self) -> Secret | None:
        """Return what lies beside the file."""
        try:
            with self._beside.open("rb") as file:
                text = file.read(_BYTES_MAX).decode().removesuffix("\n")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise self._failed("can't be read", error) from None
        return Secret(text) if text else None

    def stage(self, new: Secret) -> None:
        """Write the file beside, owned by whoever owns the old one."""
        if self._path.is_symlink() or not self._path.is_file():
            message = "the password's file is a link or no plain file: something else writes it"
            raise NotRotatable(message, hint=f"rotate it where {self._path} comes from")
        try:
            self._write(new)
        except OSError as error:
            with suppress(OSError):
                self._beside.unlink()
            words = f"the new password can't be written beside the old one: {error.strerror}"
            hint = f"run this as a user who may write to {self._path.parent}"
            raise NotRotatable(words, hint=hint) from None

    def take_over(self, new: Secret) -> None:
        """Rename the file beside over the old one."""
        try:
            self._beside.replace(self._path)
            _sync_folder(self._path.parent)
        except FileNotFoundError:
            if self._path.read_text(encoding="utf-8").removesuffix("\n") != new.reveal():
                raise UpstreamFailed("the new password's file is gone", code="credential_unavailable") from None
        except OSError as error:
            raise self._failed("can't take the old one's place", error) from None

    def abandon(self) -> None:
        """Remove the file beside."""
        try:
            self._beside.unlink(missing_ok=True)
        except OSError as error:
            raise self._failed("can't be removed", error) from None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold off other rotations of this file, of any process. Raises RotationBusy, NotRotatable."""
        try:
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise NotRotatable(f"{self._path.parent}: {error.strerror}", hint="is it the right file?") from None
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise RotationBusy("another rotation is under way", hint="try again when it has ended") from None
            yield
        finally:
            os.close(folder)

    def _write(self, new: Secret) -> None:
        owner = self._path.stat()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._beside, flags, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)  # else the gate could not read it
            file.write(new.reveal() + "\n")
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(self._path.parent)

    def _failed(self, what: str, error: Exception) -> UpstreamFailed:
        why = getattr(error, "strerror", "") or type(error).__name__
        return UpstreamFailed(
            f"the new password's file {what}: {why}", code="credential_unavailable", hint=f"check {self._beside}"
        )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
