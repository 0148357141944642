"""Looks at the machine that the gate runs on: users, file modes, open files, clock, space, what is compiled."""

import importlib.util
import os
import pwd
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

from yett.app.evaluation import evaluation_mode
from yett.app.findings import Finding, failed, ok
from yett.app.preflight import start_problems
from yett.build_info import build_summary, hot_modules
from yett.config import Config
from yett.storage.lock import LOCK

_FILES_PER_SESSION = 3
_FILES_BESIDE = 200


def environment_findings(config: Config) -> Iterator[Finding]:
    """Yield findings about this machine; nothing is changed and nothing leaves it."""
    yield _build()
    yield _loop()
    yield from _user(config)
    if config.data.exists():
        problems = list(start_problems(config))
        yield from (failed("data folder", one) for one in problems)
        if not problems:
            yield ok("data folder", f"{config.data}: writable, enough space, the clock fits its files")
        yield from _modes(config)
    else:
        yield Finding("data folder", "skip", f"{config.data} does not exist yet: `yett up` makes it")
    yield _open_files(config)
    yield _dumps()


def _build() -> Finding:
    summary = build_summary()
    stale = [one.name for one in hot_modules() if one.stale]
    if stale:
        hint = "build again: make build"
        return Finding(
            "build", "warn", f"compiled before its source was changed: {', '.join(stale)}", hint, "build_stale"
        )
    if summary != "compiled":
        hint = "install a wheel for this platform, or build with a C compiler: make build"
        return Finding(
            "build", "warn", f"hot modules are {summary}: the gate works, and is slower", hint, "not_compiled"
        )
    return ok("build", "hot modules are compiled")


def _loop() -> Finding:
    if importlib.util.find_spec("uvloop") is None:
        return Finding(
            "event loop", "fail", "uvloop is missing", "install yett with its dependencies", "uvloop_missing"
        )
    return ok("event loop", "uvloop")


def _user(config: Config) -> Iterator[Finding]:
    """Say loudly where the gate and those who use it are one operating-system user."""
    holder = _gate_owner(config)
    if holder == os.getuid():
        words = (
            f"EVALUATION MODE: the gate runs as you ({_name(holder)}): your agents can read its keys and answer for it"
        )
        hint = "production means another user, host or container for the gate (docs/deployment.md)"
        yield Finding("separation", "warn", words, hint, "evaluation_mode")
    elif holder is not None:
        yield ok("separation", f"the gate runs as {_name(holder)}, you are {_name(os.getuid())}")
    elif words := evaluation_mode():
        yield Finding("separation", "warn", f"EVALUATION MODE: {words}", "docs/deployment.md", "evaluation_mode")


def _gate_owner(config: Config) -> int | None:
    """Return the user that the gate runs as: who owns its lock, else its data folder; None where neither exists."""
    for path in (config.data / LOCK, config.data):
        try:
            return path.stat().st_uid
        except OSError:
            continue
    return None


def _modes(config: Config) -> Iterator[Finding]:
    try:
        exposed = [path for path in _private(config) if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    except PermissionError:
        yield ok("file modes", "the gate's folder is closed to you")
        return
    for path in exposed[:10]:
        yield Finding("file modes", "fail", f"{path} is open to other users", f"chmod go= {path}", "file_exposed")
    if not exposed:
        yield ok("file modes", "keys, store and recordings are closed to other users")


def _private(config: Config) -> Iterator[Path]:
    for name in (".", "keys", "recordings", "yett.db"):
        path = config.data / name
        if path.exists():
            yield path
    keys = config.data / "keys"
    if keys.is_dir():
        # The public key is there to be handed out.
        yield from (path for path in keys.iterdir() if ".pub" not in path.suffixes)


def _open_files(config: Config) -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = config.settings.limits.sessions * _FILES_PER_SESSION + _FILES_BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        hint = f"ulimit -n {wanted} (LimitNOFILE= in systemd), or lower limits.sessions"
        message = f"{soft} open files are allowed; {config.settings.limits.sessions} sessions may need {wanted}"
        return Finding("open files", "warn", message, hint, "open_files_few")
    return ok("open files", f"{soft} allowed, {wanted} needed at most")


def _dumps() -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
    if soft:
        hint = "ulimit -c 0 (LimitCORE=0 in systemd): a dump would hold keys and rows"
        return Finding("core dumps", "warn", "a crash of the gate would leave its memory in a file", hint, "core_dumps")
    return ok("core dumps", "off")


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
