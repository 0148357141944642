"""Looks, before a gate starts, for what would make it start wrongly: the clock, the folder, the space, the files."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from yett.config import Config
from yett.core.errors import ConfigError, RecordingFailed, YettError
from yett.core.sizes import size_text

_EARLIEST = 1_767_225_600.0
"""1 January 2026: no gate of this version ran before."""

_AHEAD_SECONDS_MAX = 300.0


def start_checks(config: Config) -> None:
    """Raise YettError for what must be put right before the gate may start.

    Codes: `clock_wrong`, `data_unusable`, `data_exposed`, `disk_full`.
    """
    for problem in start_problems(config):
        raise problem


def start_problems(config: Config) -> Iterator[YettError]:
    """Yield what must be put right before a gate may start on this data folder."""
    for check in (_folder, _clock, _space):
        yield from check(config)


def _folder(config: Config) -> Iterator[YettError]:
    data = config.data
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = data.stat()
    except OSError as error:
        message = f"the data folder {data} cannot be made or read: {error.strerror}"
        yield ConfigError(message, hint="set gate.data to a folder that this user may write", code="data_unusable")
        return
    if not os.access(data, os.W_OK | os.X_OK):
        message = f"the data folder {data} cannot be written"
        yield ConfigError(message, hint="set gate.data to a folder that this user may write", code="data_unusable")
    elif state.st_mode & 0o022:
        message = f"the data folder {data} can be written by other users"
        yield ConfigError(message, hint=f"chmod 700 {data}", code="data_exposed")


def _clock(config: Config) -> Iterator[YettError]:
    hint = "set the clock (NTP): tokens, expiry and evidence all stand on it"
    now = time.time()
    if now < _EARLIEST:
        yield ConfigError(f"the clock says {_date(now)}, which cannot be", hint=hint, code="clock_wrong")
    newest = max((path.stat().st_mtime for path in _witnesses(config)), default=0.0)
    if newest > now + _AHEAD_SECONDS_MAX:
        message = f"the clock says {_date(now)}, but the gate has already written files at {_date(newest)}"
        yield ConfigError(message, hint=hint, code="clock_wrong")


def _witnesses(config: Config) -> Iterator[Path]:
    """Yield files that this gate wrote: none of them can be from the future."""
    recordings = config.data / "recordings"
    for folder in (config.data, recordings):
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if path.is_file())


def _space(config: Config) -> Iterator[YettError]:
    wanted = config.settings.recording.free_bytes_min
    free = shutil.disk_usage(config.data).free
    if free < wanted:
        message = f"{size_text(free)} are free at {config.data}, and recording needs {size_text(wanted)}"
        hint = "free some space, or lower recording.free_bytes_min"
        yield RecordingFailed(message, hint=hint, code="disk_full")


def _date(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
