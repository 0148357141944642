"""Remembers this user's sign-ins: one short-lived credential per gate, readable by this user alone."""

import os
from pathlib import Path

import msgspec

from yett.cli.local import config_home
from yett.core.errors import YettError

FILE = "credentials.json"


class SavedLogin(msgspec.Struct, frozen=True):
    """A credential as `yett login` keeps it. `gate` is the data folder of the gate that gave it."""

    gate: str
    id: str
    user: str
    principal: str
    credential: str
    expires_at: float

    def __repr__(self) -> str:
        return f"SavedLogin({self.id}, ***)"


def saved_login(gate: Path) -> SavedLogin | None:
    """Return the sign-in at a gate, by its data folder, or None. It may have ended."""
    return _read().get(str(gate))


def keep_login(login: SavedLogin) -> Path:
    """Keep a sign-in in place of the one before at the same gate, and return the file it is in."""
    return _write({**_read(), login.gate: login})


def forget_login(gate: Path) -> SavedLogin | None:
    """Forget the sign-in at a gate, and return what it was."""
    logins = _read()
    login = logins.pop(str(gate), None)
    if login is not None:
        _write(logins)
    return login


def _read() -> dict[str, SavedLogin]:
    path = config_home() / FILE
    try:
        if path.stat().st_mode & 0o077:
            msg = f"{path} can be read by other users"
            raise YettError(msg, code="login_unsafe", hint=f"sign in anew after: rm {path}")
        return msgspec.json.decode(path.read_bytes(), type=dict[str, SavedLogin])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError:
        msg = f"{path} cannot be read"
        raise YettError(msg, code="login_unreadable", hint=f"sign in anew after: rm {path}") from None


def _write(logins: dict[str, SavedLogin]) -> Path:
    path = config_home() / FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{FILE}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(logins)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return path
