"""What the index says of every recording, read back from its signed statements."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from yett.recording import paths
from yett.recording.checkpoints import About, read_checkpoint
from yett.recording.container import Kind
from yett.recording.entries import Summary
from yett.recording.keys import RecordingKey
from yett.recording.reader import Entry, Opener, reading

_decode_summary = msgspec.msgpack.Decoder(Summary).decode


@dataclass(slots=True)
class Listed:
    """One recording as the index knows it. `end` is the statement that closed or sealed it.

    `begun` is false where only later segments were read than the one that tells of its beginning.
    """

    file: str
    path: str
    kind: str
    end: About | None = None
    erased: set[int] = field(default_factory=set)
    retired: bool = False
    summary: Summary | None = None
    opened_ns: int = 0
    begun: bool = False
    entries_seen: int = 0


class Listing:
    """All recordings that the index names, by file, in the order they were opened."""

    def __init__(self) -> None:
        self.files: dict[str, Listed] = {}
        self.last_ns = 0

    def add(self, about: About, time_ns: int, summary: Summary | None) -> None:
        """Take one statement in, with the summary that stood before it."""
        self.last_ns = max(self.last_ns, time_ns)
        if about.what == "previous":
            return
        listed = self.files.get(about.file)
        if listed is None:
            listed = self.files[about.file] = Listed(about.file, about.path, about.kind, opened_ns=time_ns)
        listed.entries_seen = max(listed.entries_seen, about.entries)
        if summary is not None and summary.session == about.file:
            listed.summary = summary
        if about.what == "opened":
            listed.begun = True
        elif about.what in {"closed", "sealed"}:
            listed.end = about
        elif about.what == "erased":
            listed.erased.update(about.erased)
        elif about.what == "retired":
            listed.retired = True


def read_listing(folder: Path, *keys: RecordingKey, segments: int = 0) -> Listing:
    """Return what the index says (of its last `segments` days, if given), summaries too when a key is given.

    Raises Damaged where a segment's chain does not hold.
    """
    listing = Listing()
    for path in paths.index_segments(folder)[-segments:]:
        read_segment(path, listing, *keys)
    return listing


def read_segment(path: Path, listing: Listing, *keys: RecordingKey) -> None:
    """Take in what one segment says."""
    for about, time_ns, summary in _statements(path, *keys):
        listing.add(about, time_ns, summary)


def still_open(path: Path) -> list[About]:
    """Return a statement about each recording that this segment leaves open, for the segment after it."""
    listing = Listing()
    read_segment(path, listing)
    return [
        About("carried", listed.file, listed.path, listed.kind)
        for listed in listing.files.values()
        if listed.end is None and not listed.retired and listed.kind != "index"
    ]


def matching(files: Iterable[str], text: str) -> list[str]:
    """Return the recordings that `text` names: the one of that id, else those whose id begins or ends so."""
    known = list(files)
    if text in known:
        return [text]
    return [name for name in known if name.startswith(text) or name.endswith(text)] if len(text) > 3 else []


def summary_entries(folder: Path, files: frozenset[str]) -> list[tuple[Path, list[Entry]]]:
    """Return the summaries of these recordings, by index segment: each stands right before a statement about it."""
    found = []
    for segment in paths.index_segments(folder):
        entries: list[Entry] = []
        before: Entry | None = None
        with reading(segment) as reader:
            for entry in reader:
                if entry.kind == Kind.CHECKPOINT and before is not None and before.kind == Kind.SUMMARY:
                    about = read_checkpoint(entry.body).about
                    if about is not None and about.file in files and not before.erased:
                        entries.append(before)
                before = entry
        if entries:
            found.append((segment, entries))
    return found


def _statements(path: Path, *keys: RecordingKey) -> Iterator[tuple[About, int, Summary | None]]:
    summary: Summary | None = None
    with reading(path) as reader:
        opener = Opener(reader, *keys) if keys else None
        for entry in reader:
            if entry.kind == Kind.SUMMARY and opener is not None and not entry.erased:
                summary = _decode_summary(opener.open(entry))
            elif entry.kind == Kind.CHECKPOINT:
                about = read_checkpoint(entry.body).about
                if about is not None:
                    yield about, entry.time_ns, summary
                summary = None
