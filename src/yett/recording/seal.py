"""Ends the recordings that a gate which died left open: cuts a torn last entry off and signs what there is."""

import os
from dataclasses import dataclass
from pathlib import Path

from yett.core.errors import RecordingFailed
from yett.recording import paths
from yett.recording.audit import AuditTrail
from yett.recording.chain import ChainFile, failure
from yett.recording.checkpoints import ENDS, About, read_checkpoint
from yett.recording.container import Kind
from yett.recording.index import Listed, Listing
from yett.recording.pen import Pen
from yett.recording.reader import Damaged, RecordingReader, Unreadable, reading


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was found and done. `trouble` says why a recording could not be sealed; `yett verify` tells the rest."""

    file: str
    unknown: tuple[int, ...] = ()
    torn_bytes: int = 0
    trouble: str = ""


def seal_unfinished(folder: Path, listing: Listing, pen: Pen, trail: AuditTrail, today: str) -> list[Sealed]:
    """Seal every recording that the index names as open, but for the gate's stream of `today`."""
    return [
        _seal(folder, listed, pen, trail)
        for listed in listing.files.values()
        if listed.end is None and not listed.retired and listed.file != today and listed.kind != "index"
    ]


def adopt_strays(folder: Path, listing: Listing, pen: Pen, trail: AuditTrail) -> list[Sealed]:
    """Seal recordings that a gate began and did not live to name in the index.

    Only such as are no older than the index's last statement by a day, and none where there is no index: a recording
    that lost its index is for `yett verify` to name, not for us to take in again.
    """
    if not listing.last_ns:
        return []
    since = paths.day_of("", listing.last_ns / 1e9 - 86_400)
    sealed = []
    for path in sorted(folder.glob("[0-9]*/[0-9]*/[0-9]*/*" + paths.SUFFIX)):
        relative = str(path.relative_to(folder))
        if not path.stat().st_size:
            # The gate died between making the file and writing to it: nothing happened in this session.
            path.unlink()
            continue
        if path.stem not in listing.files and relative >= since[: len("YYYY/MM/DD/")]:
            sealed.append(_seal(folder, Listed(path.stem, relative, "session"), pen, trail))
    return sealed


def _seal(folder: Path, listed: Listed, pen: Pen, trail: AuditTrail) -> Sealed:
    file, relative, kind = listed.file, listed.path, listed.kind
    try:
        path = paths.under(folder, relative)
        with reading(path) as reader:
            found = _Found(reader)
            key = reader.file_key(*pen.keys.readers)
        if found.ended:
            trail.state(About("closed", file, relative, kind, reader.number, reader.head, found.operations))
            return Sealed(file)
        if reader.torn:
            os.truncate(path, reader.offset)
        chain = ChainFile(pen, str(path), file, key, head=reader.head, number=reader.number, offset=reader.offset)
        chain.operations, chain.pending = found.operations, len(found.pending)
        torn = reader.torn.size if reader.torn else 0
        chain.checkpoint("seal", torn_bytes=torn)
        chain.park()
        unknown = tuple(sorted(found.pending))
        trail.state(About("sealed", file, relative, kind, chain.number, chain.head, found.operations, len(unknown)))
        return Sealed(file, unknown, torn)
    except OSError as error:
        return Sealed(file, trouble=failure(error).message)
    except (Damaged, Unreadable, RecordingFailed, ValueError) as error:
        return Sealed(file, trouble=str(error))


class _Found:
    """What an unfinished recording holds."""

    def __init__(self, reader: RecordingReader) -> None:
        self.pending: set[int] = set()
        self.operations = 0
        self.ended = False
        last: int | None = None
        for entry in reader:
            if entry.kind == Kind.INTENTION and entry.operation != last:
                self.pending.add(entry.operation)
                self.operations += 1
            elif entry.kind == Kind.OUTCOME:
                self.pending.discard(entry.operation)
            elif entry.kind == Kind.CHECKPOINT and read_checkpoint(entry.body).reason in ENDS:
                self.ended = True
            last = entry.operation if entry.kind == Kind.INTENTION else None
