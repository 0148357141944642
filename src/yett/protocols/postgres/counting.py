"""Counts what the target answers: kept for the record up to a bound, all of its rows in the digest."""

from hashlib import sha256
from typing import Final

from yett.protocols.postgres.capping import record_bytes
from yett.protocols.postgres.line import Act

_OFFSET: Final = (1 << 21) - 1


def count(act: Act, buf: bytes, pos: int, at: int, rows: int, kept_max: int) -> None:  # noqa: PLR0913, PLR0917 - what meets here, given once
    """Count the rows in `buf[pos:at]`."""
    size = at - pos
    act.rows += rows
    act.bytes_out += size
    digest = act.digest
    if digest is None:
        digest = act.digest = sha256()
    digest.update(buf if size == len(buf) else memoryview(buf)[pos:at])
    if act.recorded_rows:
        kept_max = record_bytes(act.rows - rows, act.recorded_rows, kept_max)
    room = kept_max - act.kept
    if room > 0:
        act.answer.append(buf[pos : min(at, pos + room)])
        act.kept += min(size, room)


def keep(act: Act, buf: bytes, pos: int, at: int, kept_max: int) -> None:
    """Keep a row description for replay; it is no row, and not in the digest."""
    if act.kept + at - pos <= kept_max:
        act.answer.append(buf[pos:at])
        act.kept += at - pos


def count_whole(act: Act, data: bytes, start: int, summary: int, kept_max: int) -> None:
    """Count a whole answer by its `frames_hot.whole_answer` summary, and read its command tag."""
    first, completed, rows = (summary >> 21) & _OFFSET, summary & _OFFSET, summary >> 42
    if rows:
        act.rows += rows
        act.bytes_out += completed - first
        act.digest = sha256(memoryview(data)[first:completed])
    if completed > start:
        kept = min(completed - start, kept_max)
        act.answer.append(data[start : start + kept])
        act.kept = kept
    act.tag = data[completed + 5 : -7].decode("utf-8", "replace")
