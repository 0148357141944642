"""Reads a recording entry by entry, in bounded memory, checking the chain on the way."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yett.core.errors import YettError
from yett.recording.container import (
    BODY_BYTES_MAX,
    ERASED,
    FILE_HEADER_BYTES_MAX,
    FILE_PREFIX,
    FILE_SLOT_BYTES,
    FLAGS_KNOWN,
    HEAD,
    HEAD_BYTES,
    KINDS_KNOWN,
    LINK_BYTES,
    MAGIC,
    PART_BYTES_MAX,
    SLOT_BYTES,
    ZERO_NONCE,
    FileHeader,
    Flag,
    binding,
    item_digest,
    length_check,
    next_link,
)
from yett.recording.keys import RecordingKey

_decode_header = msgspec.msgpack.Decoder(FileHeader).decode
VERSION = 1
# As plain integers: an operation on an enum's flags costs as much as a hash.
_CLEAR, _COMPRESSED, _MORE, _AGAIN = int(Flag.CLEAR), int(Flag.COMPRESSED), int(Flag.MORE), int(Flag.AGAIN)


class Damaged(YettError):
    """A recording is not as it was written. `number` is the first bad entry (-1: the file's header)."""

    code = "recording_damaged"

    def __init__(self, what: str, number: int, offset: int) -> None:
        where = "the header" if number < 0 else f"entry {number}"
        super().__init__(f"{where} at byte {offset}: {what}")
        self.what = what
        self.number = number
        self.offset = offset


class Unreadable(YettError):
    """A recording cannot be opened with the keys at hand."""

    code = "recording_unreadable"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in the file. `head_bytes` is what the chain and the cipher authenticate."""

    number: int
    kind: int
    flags: int
    operation: int
    time_ns: int
    offset: int
    head_bytes: bytes
    slot: bytes
    body: bytes
    link: bytes

    @property
    def erased(self) -> bool:
        """Tell whether its payload was erased."""
        return len(self.slot) == SLOT_BYTES and self.slot[:16] == ERASED

    @property
    def more(self) -> bool:
        """Tell whether the payload goes on in the next entry."""
        return bool(self.flags & _MORE)

    @property
    def clear(self) -> bool:
        """Tell whether its body is in the clear."""
        return bool(self.flags & _CLEAR)


@dataclass(frozen=True, slots=True)
class Torn:
    """The file ends in the middle of an entry, as after a crash: `size` bytes from `offset` on are no whole entry."""

    number: int
    offset: int
    size: int


class RecordingReader:
    """Walks one file. Use as `for entry in reader: …`; `torn` is set when the end is reached in an entry."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.header, self._start, self.slot = _read_header(stream)
        self.genesis = hashlib.sha256(self._start + self.slot).digest()
        self.head = self.genesis
        self.number = 0
        self.offset = len(self._start) + len(self.slot)
        self.torn: Torn | None = None

    def __iter__(self) -> Iterator[Entry]:
        """Yield each entry whose link holds; raises Damaged at the first that doesn't."""
        while (entry := self._next()) is not None:
            yield entry

    def resume(self, offset: int, head: bytes, number: int) -> None:
        """Go on from an entry known to be good, instead of from the first."""
        self._stream.seek(offset)
        self.offset, self.head, self.number = offset, head, number

    def file_key(self, *keys: RecordingKey) -> bytes:
        """Return the file's key; raises Unreadable when none of `keys` wrapped it."""
        for key in keys:
            if key.id == self.header.recording_key:
                try:
                    return key.unwrap(self.slot, self._start)
                except InvalidTag:
                    raise Damaged("the file's key does not open", -1, 0) from None
        msg = f"the recording was made under another recording key ({self.header.recording_key.hex()})"
        raise Unreadable(
            msg,
            hint="give the key it was made with by [recording.keys]",
        )

    def _next(self) -> Entry | None:
        head = self._stream.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES:
            self._end(head)
            return None
        length, kind, flags, check, operation, time_ns, number = HEAD.unpack(head)
        if not any(head):
            self._end(head)
            return None
        if check != length_check(length):
            raise self._damaged("its length was changed")
        if length > BODY_BYTES_MAX or kind not in KINDS_KNOWN or flags & ~FLAGS_KNOWN:
            raise self._damaged("it is no entry")
        slot_bytes = 0 if flags & _CLEAR else SLOT_BYTES
        rest = self._stream.read(slot_bytes + length + LINK_BYTES)
        if len(rest) < slot_bytes + length + LINK_BYTES:
            self._end(head + rest)
            return None
        slot, body, link = rest[:slot_bytes], rest[slot_bytes : slot_bytes + length], rest[slot_bytes + length :]
        if next_link(self.head, head, item_digest(slot, body)) != link:
            if not any(rest):
                self._end(head + rest)
                return None
            raise self._damaged("it was changed, or what stands before it is missing")
        if number != self.number:
            msg = f"it says it is entry {number}"
            raise self._damaged(msg)
        entry = Entry(number, kind, flags, operation, time_ns, self.offset, head, slot, body, link)
        self.head = link
        self.number += 1
        self.offset += HEAD_BYTES + len(rest)
        return entry

    def _end(self, rest: bytes) -> None:
        """Take what is left for a torn entry: shorter than an entry, or never filled by the disk."""
        size = len(rest)
        while more := self._stream.read(65_536):
            if any(more) or any(rest):
                raise self._damaged("it is no entry, and more follows")
            size += len(more)
        if size:
            self.torn = Torn(self.number, self.offset, size)

    def _damaged(self, what: str) -> Damaged:
        return Damaged(what, self.number, self.offset)


class Opener:
    """Decrypts the entries of one file."""

    def __init__(self, reader: RecordingReader, *keys: RecordingKey) -> None:
        self._cipher = AESGCM(reader.file_key(*keys))
        self._binding = binding(reader.header.file)

    def open(self, entry: Entry) -> bytes:
        """Return the payload; raises Damaged when it does not open, or opens to more than an entry may hold."""
        if entry.clear:
            return entry.body
        bound = self._binding + entry.head_bytes
        try:
            nonce = entry.head_bytes[16:28]
            key = self._cipher.decrypt(nonce, entry.slot, bound)
            payload = AESGCM(key).decrypt(nonce if entry.flags & _AGAIN else ZERO_NONCE, entry.body, bound)
        except InvalidTag:
            raise Damaged("its payload does not open under the file's key", entry.number, entry.offset) from None
        return _inflated(payload, entry) if entry.flags & _COMPRESSED else payload


def wipe(entry: Entry) -> bytes:
    """Return the bytes that replace an entry's slot and body to erase it, the chain still computable."""
    return ERASED + item_digest(entry.slot, entry.body) + bytes(len(entry.body))


def slot_offset(entry: Entry) -> int:
    """Return where in the file the entry's slot begins."""
    return entry.offset + HEAD_BYTES


@contextmanager
def reading(path: Path) -> Iterator[RecordingReader]:
    """Open the recording at `path` for reading; raises Damaged when it is none, OSError when it cannot be opened."""
    with path.open("rb", buffering=1 << 18) as stream:
        yield RecordingReader(stream)


def _read_header(stream: BinaryIO) -> tuple[FileHeader, bytes, bytes]:
    prefix = stream.read(FILE_PREFIX.size)
    if len(prefix) < FILE_PREFIX.size:
        raise Damaged("the file is too short to be a recording", -1, 0)
    magic, length = FILE_PREFIX.unpack(prefix)
    if magic != MAGIC or length > FILE_HEADER_BYTES_MAX:
        raise Damaged("this is not a recording", -1, 0)
    text, slot = stream.read(length), stream.read(FILE_SLOT_BYTES)
    if len(slot) < FILE_SLOT_BYTES:
        raise Damaged("the file is too short to be a recording", -1, 0)
    try:
        header = _decode_header(text)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Damaged("its header was changed", -1, FILE_PREFIX.size) from None
    if header.version != VERSION:
        msg = f"format version {header.version} is not known here"
        raise Damaged(msg, -1, FILE_PREFIX.size)
    return header, prefix + text, slot


def _inflated(payload: bytes, entry: Entry) -> bytes:
    try:
        size = zstandard.get_frame_parameters(payload).content_size
        if size > PART_BYTES_MAX:
            raise Damaged("it claims to hold more than an entry may", entry.number, entry.offset)
        return zstandard.ZstdDecompressor().decompress(payload, max_output_size=PART_BYTES_MAX)
    except zstandard.ZstdError:
        raise Damaged("its payload does not decompress", entry.number, entry.offset) from None
