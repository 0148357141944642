"""A recording as it is read: one moment after another, opened and decoded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from yett.recording.checkpoints import Checkpoint, read_checkpoint
from yett.recording.container import PART_BYTES_MAX, Kind
from yett.recording.entries import Event, Intention, Opened, Outcome
from yett.recording.keys import RecordingKey
from yett.recording.reader import Damaged, Entry, Opener, RecordingReader

_DECODERS: dict[int, Any] = {
    kind: msgspec.msgpack.Decoder(type_).decode
    for kind, type_ in (
        (Kind.OPENED, Opened),
        (Kind.INTENTION, Intention),
        (Kind.OUTCOME, Outcome),
        (Kind.EVENT, Event),
    )
}
_TEXT_OVERHEAD_BYTES = 100
PAYLOAD_BYTES_MAX = 256 * PART_BYTES_MAX
Payload = Opened | Intention | Outcome | Event | Checkpoint | bytes | None


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `payload` is None when it was erased, and bytes for recorded answers."""

    number: int
    kind: int
    operation: int
    time_ns: int
    payload: Payload

    @property
    def erased(self) -> bool:
        """Tell whether what was recorded here was erased."""
        return self.payload is None


class Texts:
    """The statements' texts, for operations that only refer to an earlier one (`details.statement` is its number).

    Bounded: the oldest are forgotten, and what is forgotten has no text.
    """

    def __init__(self, bytes_max: int = 64 * PART_BYTES_MAX) -> None:
        self._texts: dict[int, bytes] = {}
        self._room = bytes_max

    def text_of(self, operation: int, intention: Intention) -> bytes:
        """Return the text of an intention, its own or the one that it refers to, and remember it."""
        refers_to = (intention.details or {}).get("statement")
        if not intention.text and isinstance(refers_to, int):
            return self._texts.get(refers_to, b"")
        self._texts[operation] = intention.text
        self._room -= len(intention.text) + _TEXT_OVERHEAD_BYTES
        while self._room < 0 and self._texts:
            self._room += len(self._texts.pop(next(iter(self._texts)))) + _TEXT_OVERHEAD_BYTES
        return intention.text


def moments(reader: RecordingReader, *keys: RecordingKey) -> Iterator[Moment]:
    """Yield what is recorded, in order; raises Damaged at the first entry that is not as it was written."""
    opener = Opener(reader, *keys)
    parts: list[bytes] = []
    size = 0
    for entry in reader:
        if entry.erased:
            if not entry.more:
                yield Moment(entry.number, entry.kind, entry.operation, entry.time_ns, None)
            continue
        parts.append(opener.open(entry))
        size += len(parts[-1])
        if size > PAYLOAD_BYTES_MAX:
            raise Damaged("its payload is larger than a gate writes", entry.number, entry.offset)
        if entry.more:
            continue
        data, parts, size = b"".join(parts), [], 0
        yield Moment(entry.number, entry.kind, entry.operation, entry.time_ns, _decoded(entry, data))


def _decoded(entry: Entry, data: bytes) -> Payload:
    try:
        if entry.kind == Kind.CHECKPOINT:
            return read_checkpoint(data)
        decode = _DECODERS.get(entry.kind)
        found: Payload = decode(data) if decode else data
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Damaged("its payload is not what its kind says", entry.number, entry.offset) from None
    return found
