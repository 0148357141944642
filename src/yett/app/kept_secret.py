"""Keeps random secrets of this gate in its data folder: made at the first start, the same from then on."""

import os
import secrets
from pathlib import Path

from yett.core.errors import ConfigError

_BYTES = 32


def kept_secret(data: Path, name: str, loss: str = "") -> bytes:
    """Return the 32 bytes of `keys/<name>`, made where there are none. Raises ConfigError when they can't be kept.

    `loss` says what an operator gives up who removes a damaged one.
    """
    path = data / "keys" / name
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
        raise ConfigError(message, hint=f"remove it; a new one is made at the next start{loss}")
    return found


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
