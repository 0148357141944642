"""Keeps a random secret by which answers about unknown credentials look like answers about known ones."""

import os
import secrets
from pathlib import Path

from yett.core.errors import ConfigError

_BYTES = 32


def login_secret(data: Path) -> bytes:
    """Return the secret of this data folder, made at the first start. Raises ConfigError when it can't be kept.

    It stays the same over restarts, so that a stranger cannot tell by its change who exists.
    """
    path = data / "keys" / "login.key"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write(path, secrets.token_bytes(_BYTES))
        found = path.read_bytes()
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise ConfigError(message, hint="gate.data must be a folder that this user may write") from None
    if len(found) != _BYTES:
        message = f"{path} is damaged"
        raise ConfigError(message, hint="remove it; a new one is made at the next start")
    return found


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
