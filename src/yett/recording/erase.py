"""Erases payloads for good: their keys and ciphertexts are overwritten, and the proof still holds."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from yett.core.errors import YettError
from yett.recording import paths
from yett.recording.archive import Archive
from yett.recording.audit import AuditTrail
from yett.recording.checkpoints import About
from yett.recording.container import Kind
from yett.recording.index import Listed, summary_entries
from yett.recording.reader import Entry, reading, slot_offset, wipe

_NUMBERS_PER_STATEMENT = 10_000
_OF_AN_OPERATION = frozenset({int(Kind.INTENTION), int(Kind.OUTCOME), int(Kind.ROWS)})


class NothingToErase(YettError):
    """No payload matches."""

    code = "nothing_to_erase"


@dataclass(frozen=True, slots=True)
class Erased:
    """How many payloads were erased in the recording, and how many summaries in the index."""

    payloads: int
    summaries: int = 0


def erase(archive: Archive, listed: Listed, operations: frozenset[int] | None, by: object, reason: str) -> Erased:
    """Erase the payloads of these operations, or with None everything that the recording and the index say of it.

    The erasure is recorded first, in the index (which entries) and in the gate's stream (who and why), so that
    `verify` can tell an erasure from damage.
    """
    path = paths.under(archive.folder, listed.path)
    found = _matching(path, operations)
    if not found:
        msg = f"nothing of {listed.file} matches, or it was erased before"
        raise NothingToErase(msg)
    summaries = summary_entries(archive.folder, frozenset({listed.file})) if operations is None else []
    with archive.trail() as trail:
        _record(trail, listed, [entry.number for entry in found], summaries)
        trail.event(
            "erased",
            {
                "session": listed.file,
                "by": by,
                "reason": reason,
                "operations": _named(operations),
                "payloads": len(found),
            },
            sign=True,
        )
        trail.sync()
    overwrite(path, found)
    for segment, entries in summaries:
        overwrite(segment, entries)
    return Erased(len(found), sum(len(entries) for _, entries in summaries))


def _matching(path: Path, operations: frozenset[int] | None) -> list[Entry]:
    found = []
    with reading(path) as reader:
        for entry in reader:
            if entry.clear or entry.erased:
                continue
            if operations is None or (entry.kind in _OF_AN_OPERATION and entry.operation in operations):
                found.append(entry)
    return found


def _record(trail: AuditTrail, listed: Listed, numbers: list[int], summaries: list[tuple[Path, list[Entry]]]) -> None:
    for start in range(0, len(numbers), _NUMBERS_PER_STATEMENT):
        some = numbers[start : start + _NUMBERS_PER_STATEMENT]
        trail.state(About("erased", listed.file, listed.path, listed.kind, erased=some))
    record_summaries(trail, summaries)


def record_summaries(trail: AuditTrail, summaries: list[tuple[Path, list[Entry]]]) -> None:
    """State in the index which of its own summaries are about to be erased."""
    for segment, entries in summaries:
        some = [entry.number for entry in entries]
        trail.state(About("erased", segment.stem, f"index/{segment.name}", "index", erased=some))


def overwrite(path: Path, entries: Iterable[Entry]) -> None:
    """Put the wiped form over these entries, in place, and sync."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        for entry in entries:
            os.pwrite(fd, wipe(entry), slot_offset(entry))
        os.fsync(fd)
    finally:
        os.close(fd)


def _named(operations: frozenset[int] | None) -> object:
    return "all" if operations is None else sorted(operations)
