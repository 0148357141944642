"""Sends signed checkpoints out of reach, so that rolling the recordings back can be seen."""

import base64
import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from yett.core.errors import ConfigError
from yett.recording.settings import FileAnchor, HttpAnchor

_WAITING_FILES_MAX = 10_000


class Anchor(Protocol):
    """A place out of reach of whoever could change the recordings."""

    def keep(self, lines: bytes) -> None:
        """Keep these JSON lines; raises OSError."""
        ...


class FilePlace:
    """A file on another disk."""

    def __init__(self, settings: FileAnchor) -> None:
        self._path = Path(settings.path).expanduser()

    def keep(self, lines: bytes) -> None:
        """Append and sync."""
        fd = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, lines)
            os.fsync(fd)
        finally:
            os.close(fd)


class HttpPlace:
    """An HTTP endpoint that keeps what is posted to it."""

    def __init__(self, settings: HttpAnchor, environ: Mapping[str, str]) -> None:
        if not settings.url.startswith(("https://", "http://")):
            msg = f"an anchor's url must be http(s): {settings.url}"
            raise ConfigError(msg, code="config_invalid")
        self._settings = settings
        self._headers = {"Content-Type": "application/x-ndjson"}
        if settings.authorization_env:
            self._headers["Authorization"] = environ.get(settings.authorization_env, "")

    def keep(self, lines: bytes) -> None:
        """POST; any answer but 2xx is an OSError."""
        request = urllib.request.Request(self._settings.url, lines, self._headers, method="POST")  # noqa: S310 - http(s) only, by the settings
        with urllib.request.urlopen(request, timeout=self._settings.timeout):  # noqa: S310 - as above
            pass


class Anchoring:
    """A thread that hands the newest checkpoint of each file to every anchor. A slow anchor holds nobody up."""

    def __init__(self, places: Sequence[Anchor], every_seconds: float) -> None:
        self._places = places
        self._every = every_seconds
        self._newest: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.failures = 0
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="yett-recording-anchor", daemon=True)
        self._thread.start()

    def checkpointed(self, file: str, body: bytes) -> None:
        """Note the newest signed checkpoint of a file."""
        with self._lock:
            if file in self._newest or len(self._newest) < _WAITING_FILES_MAX:
                self._newest[file] = body

    def stop(self) -> None:
        """Send what waits, then end the thread."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._send()
        self._send()

    def _send(self) -> None:
        with self._lock:
            batch, self._newest = self._newest, {}
        if not batch:
            return
        lines = b"".join(anchor_line(file, body) for file, body in batch.items())
        failed = False
        for place in self._places:
            try:
                place.keep(lines)
            except (OSError, urllib.error.URLError) as error:
                failed = True
                self.failures += 1
                self.trouble = type(error).__name__
        if not failed:
            self.trouble = ""
            return
        with self._lock:
            # What was noted meanwhile is newer.
            self._newest = batch | self._newest


def anchor_line(file: str, body: bytes) -> bytes:
    """Return one JSON line of an anchor: the file's name and its signed checkpoint."""
    return json.dumps({"file": file, "checkpoint": base64.b64encode(body).decode()}).encode() + b"\n"


def make_places(settings: Sequence[FileAnchor | HttpAnchor], environ: Mapping[str, str]) -> list[Anchor]:
    """Return the anchors that the settings name."""
    return [FilePlace(s) if isinstance(s, FileAnchor) else HttpPlace(s, environ) for s in settings]
