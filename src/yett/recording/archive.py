"""Reads the evidence of one data folder, and notes who read what."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from yett.core.errors import YettError
from yett.recording import paths
from yett.recording.audit import AuditTrail
from yett.recording.entries import Intention, Outcome, Summary
from yett.recording.index import Listed, matching, read_listing
from yett.recording.keys import load_keys
from yett.recording.pen import Pen
from yett.recording.reader import reading
from yett.recording.settings import RecordingSettings
from yett.recording.story import Moment, Payload, moments


class NoSuchRecording(YettError):
    """No recording has that id."""

    code = "recording_not_found"


class Archive:
    """The recordings of one data folder, for reading. A gate may be writing them at the same time.

    `note` must be called before anything of a recording is shown: replaying is access to data.
    """

    def __init__(self, data: Path, settings: RecordingSettings, environ: Mapping[str, str] | None = None) -> None:
        self.folder = paths.recordings(data)
        self.keys = load_keys(data, settings.keys, os.environ if environ is None else environ, create=False)
        self._settings = settings

    def listing(self) -> list[Listed]:
        """Return all sessions, oldest first, with their summaries."""
        return [listed for listed in self._known(0).values() if listed.kind == "session"]

    def newest(self, wanted: Callable[[Listed], bool], limit: int) -> list[Listed]:
        """Return the newest sessions that are wanted, oldest first; reads no more days of the index than it must."""
        for segments in self._reaches():
            files = self._known(segments).values()
            found = [one for one in files if one.kind == "session" and (one.begun or not segments) and wanted(one)]
            if len(found) >= limit or not segments:
                return found[-limit:]
        return []

    def find(self, text: str) -> Listed:
        """Return the recording with this id, or the one whose id begins or ends so; raises NoSuchRecording."""
        names: list[str] = []
        for segments in self._reaches():
            files = self._known(segments)
            names = matching(files, text)
            if len(names) == 1:
                return files[names[0]]
        several = f"{len(names)} recordings have an id like {text}" if names else f"no recording has the id {text}"
        raise NoSuchRecording(several, hint="yett sessions lists them")

    def _known(self, segments: int) -> dict[str, Listed]:
        return read_listing(self.folder, *self.keys.readers, segments=segments).files

    def _reaches(self) -> Iterator[int]:
        """Yield how many days of the index to read: more each time, and at last (0) all."""
        reach, days = 2, len(paths.index_segments(self.folder))
        while reach < days:
            yield reach
            reach *= 4
        yield 0

    @contextmanager
    def story(self, listed: Listed) -> Iterator[Iterator[Moment]]:
        """Open a recording and give its moments; they raise Damaged where it is not as it was written."""
        try:
            path = paths.under(self.folder, listed.path)
            with reading(path) as reader:
                yield moments(reader, *self.keys.readers)
        except FileNotFoundError:
            msg = f"the recording of {listed.file} is missing"
            raise NoSuchRecording(msg, hint="run yett verify") from None

    def mentions(self, listed: Listed, needle: bytes) -> bool:
        """Tell whether a statement or a recorded answer of the session contains `needle`, letters' case aside."""
        wanted = needle.lower()
        with self.story(listed) as story:
            return any(wanted in _searched(moment.payload).lower() for moment in story)

    def note(self, kind: str, data: Mapping[str, object]) -> None:
        """Write into the gate's stream who does what with the evidence; raises RecordingFailed."""
        with self.trail() as trail:
            trail.event(kind, data, sign=True)

    @contextmanager
    def trail(self) -> Iterator[AuditTrail]:
        """Give the audit trail for appending."""
        trail = AuditTrail(self.folder, Pen(self.keys, self._settings))
        try:
            yield trail
        finally:
            trail.close()


def _searched(payload: Payload) -> bytes:
    match payload:
        case Intention(text=text):
            return text
        case Outcome(answer=answer):
            return answer
        case bytes() as rows:
            return rows
        case _:
            return b""


def summary_of(listed: Listed) -> Summary:
    """Return what the index knows of a session; all empty where that was erased."""
    return listed.summary or Summary(listed.file)
