"""Opens the local directory for commands, and reads secrets from where they may be: never from an argument."""

import getpass
import os
import pwd
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from yett.app.stores import identity_store
from yett.config import Config, find_config, load_config
from yett.core.clock import SystemClock
from yett.core.durations import parse_duration
from yett.core.errors import YettError
from yett.core.secret import Secret
from yett.identity.identity import Identity
from yett.identity.local import LocalIdentity
from yett.identity.settings import rooted

SECRET_BYTES_MAX = 64 << 10


class InputMissing(YettError):
    """A command was not given what it needs."""

    code = "input_missing"


@contextmanager
def local_identity(config: Config) -> Iterator[LocalIdentity]:
    """Open the local directory beside a gate that may be running; it sees each write within a tenth of a second."""
    with identity_store(config) as store:
        local = LocalIdentity(store, config.settings.identity.local, SystemClock())
        local.load()
        yield local


@contextmanager
def whole_identity(config: Config) -> Iterator[tuple[Identity, LocalIdentity]]:
    """Open the local directory, and what can verify every kind of token that the gate takes."""
    with identity_store(config) as store:
        clock = SystemClock()
        settings = rooted(config.settings.identity, config.file.parent)
        identity = Identity(settings, store, clock)
        identity.load()
        local = LocalIdentity(store, settings.local, clock)
        local.load()
        yield identity, local


def read_config(given: str | None) -> Config:
    """Return the settings that the command works on."""
    return load_config(find_config(given))


def read_secret(prompt: str, variable: str = "", *, twice: bool = False) -> Secret:
    """Return a secret from the environment, from piped input, or typed unseen; never from an argument.

    Other users of the machine can read a program's arguments. Raises InputMissing when nothing was given.
    """
    given = os.environ.get(variable, "") if variable else ""
    if not given:
        given = _typed(prompt, twice=twice) if sys.stdin.isatty() else _piped()
    if not given:
        way = f", or set ${variable}" if variable else ""
        msg = f"no {prompt.lower()} was given"
        raise InputMissing(msg, hint=f"pipe it in{way}")
    return Secret(given)


def lifetime(text: str | None) -> float | None:
    """Return a `--for` option in seconds, or None. Raises InputMissing where it is no duration."""
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InputMissing(str(error), hint="for example: --for 1h", code="lifetime_unfit") from None


def operator() -> str:
    """Return who runs this command, for the record."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"


def moment_text(at: float) -> str:
    """Return a time for people: in this machine's zone, to the minute."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")


def moment_iso(at: float) -> str:
    """Return a time for programs (RFC 3339)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def config_home() -> Path:
    """Return the folder of this user's own files."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "yett"


def _typed(prompt: str, *, twice: bool) -> str:
    first = getpass.getpass(f"{prompt}: ", sys.stderr)
    if twice and getpass.getpass("Once more: ", sys.stderr) != first:
        raise InputMissing("the two are not the same", hint="type it again")
    return first


def _piped() -> str:
    return sys.stdin.read(SECRET_BYTES_MAX + 1).removesuffix("\n").removesuffix("\r")
