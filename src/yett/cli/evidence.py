"""Where the commands find the evidence, whom they trust, and which sessions they mean."""

import getpass
import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from yett.core.errors import ConfigError
from yett.recording import paths
from yett.recording.archive import Archive, summary_of
from yett.recording.index import Listed
from yett.recording.keys import PublicKeys, load_public_keys
from yett.recording.settings import FileAnchor, RecordingSettings


def data_folder(config: str | None, data: Path | None) -> tuple[Path, RecordingSettings]:
    """Return the data folder and the recording settings: of `--data`, else of yett.toml."""
    if data is not None:
        return data.expanduser(), RecordingSettings()
    from yett.config import find_config, load_config  # noqa: PLC0415 - not needed with --data

    loaded = load_config(find_config(config))
    return loaded.data, loaded.settings.recording


def open_archive(config: str | None, data: Path | None) -> Archive:
    """Open the recordings for reading; raises ConfigError where there are none."""
    folder, settings = data_folder(config, data)
    if not paths.recordings(folder).is_dir():
        msg = f"{folder} holds no recordings"
        raise ConfigError(msg, hint="is this the gate's data folder?", code="no_recordings")
    return Archive(folder, settings)


def known_anchors(settings: RecordingSettings) -> list[Path]:
    """Return the anchor files that the settings name and that exist."""
    found = (Path(anchor.path).expanduser() for anchor in settings.anchors if isinstance(anchor, FileAnchor))
    return [path for path in found if path.exists()]


def trusted_keys(folder: Path, given: list[Path] | None) -> tuple[PublicKeys, list[str]]:
    """Return the public keys to check against, and what must be said of them."""
    if given:
        return load_public_keys(*given), []
    words = [
        (
            "The public keys beside the recordings were trusted. Whoever could replace both can forge both: "
            "give --key with a copy that is kept elsewhere."
        )
    ]
    return load_public_keys(*sorted((folder / "keys").glob("*.pub.pem"))), words


def session_tests(
    principal: str, resource: str, since: str, until: str, *, denied: bool
) -> list[Callable[[Listed], bool]]:
    """Return what a session must pass to be listed."""
    tests: list[Callable[[Listed], bool]] = []
    if principal:
        tests.append(lambda listed: _is_of(listed, principal))
    if resource:
        tests.append(lambda listed: summary_of(listed).resource == resource)
    if since:
        start = _moment(since)
        tests.append(lambda listed: listed.opened_ns / 1e9 >= start)
    if until:
        end = _moment(until)
        tests.append(lambda listed: listed.opened_ns / 1e9 <= end)
    if denied:
        tests.append(lambda listed: summary_of(listed).denied > 0)
    return tests


def _is_of(listed: Listed, principal: str) -> bool:
    known = summary_of(listed)
    keys = (known.principal, known.on_behalf_of)
    return principal in {*keys, known.name, *(key.partition("/")[2] for key in keys)}


def _moment(text: str) -> float:
    from yett.core.durations import parse_duration  # noqa: PLC0415 - only where a time was given

    try:
        return time.time() - parse_duration(text.removesuffix("ago").strip())
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text} is no time"
        raise ConfigError(msg, hint="2026-11-21, 2026-11-21T10:00, or 2h", code="usage") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def who() -> dict[str, object]:
    """Say who runs this command, as the operating system knows them."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = ""
    return {"user": name, "uid": os.getuid(), "host": socket.gethostname(), "command": "yett"}
