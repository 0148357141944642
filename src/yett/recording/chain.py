"""Appends entries to one recording file: each sealed under its own key, chained, and written by a single write.

What may be written a moment later is sealed and chained at once all the same, and goes with the next write.
"""

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yett.core.errors import RecordingFailed
from yett.recording.checkpoints import About, Checkpoint, signed
from yett.recording.container import (
    FILE_PREFIX,
    HEAD,
    MAGIC,
    PART_BYTES_MAX,
    TAG_BYTES,
    ZERO_NONCE,
    FileHeader,
    Flag,
    Kind,
    binding,
)
from yett.recording.entries import encode
from yett.recording.pen import COMPRESS_FROM_BYTES, HELD_BYTES_MAX, Pen

_sha256: Final = hashlib.sha256
_cipher_of: Final = AESGCM
_pack_head: Final = HEAD.pack
_CONSTANT_NONCE: Final = ZERO_NONCE
_CLEAR: Final = int(Flag.CLEAR)
_COMPRESSED: Final = int(Flag.COMPRESSED)
_MORE: Final = int(Flag.MORE)
_AGAIN: Final = int(Flag.AGAIN)
_INTENTION: Final = int(Kind.INTENTION)
_OUTCOME: Final = int(Kind.OUTCOME)
_CHECKPOINT: Final = int(Kind.CHECKPOINT)
_OPENING_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ChainFile:
    """One recording file being written. Kept small while idle: the descriptor and the cipher come and go."""

    __slots__ = (
        "_aad",
        "_begun",
        "_begun_cipher",
        "_begun_key",
        "_cipher",
        "_fd",
        "_held",
        "_key",
        "_pen",
        "dead",
        "file",
        "head",
        "last_ns",
        "number",
        "offset",
        "operations",
        "path",
        "pending",
        "signed_ns",
        "signed_number",
    )

    def __init__(  # noqa: PLR0913 - where a chain goes on is four facts
        self,
        pen: Pen,
        path: str,
        file: str,
        key: bytes,
        *,
        head: bytes,
        number: int,
        offset: int,
    ) -> None:
        self._pen = pen
        self._key = key
        self._aad = binding(file)
        self._cipher: AESGCM | None = None
        self._fd = -1
        self._held = b""
        self._begun = 0
        self._begun_key = b""
        self._begun_cipher: AESGCM | None = None
        self.path = path
        self.file = file
        self.head = head
        self.number = number
        self.offset = offset
        self.operations = 0
        self.pending = 0
        self.signed_number = 0
        self.signed_ns = 0
        self.last_ns = 0
        self.dead = False

    @classmethod
    def create(cls, pen: Pen, path: Path, file: str, kind: str) -> "ChainFile":
        """Make the file with its header; raises RecordingFailed."""
        now = pen.time_ns()
        header = encode(FileHeader(1, kind, file, now, pen.keys.recording.id, pen.keys.signing.id))
        clear = FILE_PREFIX.pack(MAGIC, len(header)) + header
        key = os.urandom(32)
        start = clear + pen.keys.recording.wrap(key, clear)
        self = cls(pen, str(path), file, key, head=_sha256(start).digest(), number=0, offset=0)
        self.signed_ns = now
        try:
            self._make()
        except OSError as error:
            raise failure(error) from None
        try:
            self._write(start)
        except RecordingFailed:
            self.park()
            with suppress(OSError):
                path.unlink()
            raise
        return self

    def append(self, kind: int, operation: int, payload: bytes) -> None:
        """Write one payload; returns when it is in the file. Raises RecordingFailed, leaving the file as it was."""
        if len(payload) >= COMPRESS_FROM_BYTES:
            self._append_large(kind, operation, payload)
            return
        self._write_entry(kind, operation, 0, payload)
        if (
            self.number - self.signed_number >= self._pen.checkpoint_entries
            or self.last_ns - self.signed_ns >= self._pen.checkpoint_ns
        ):
            self.checkpoint("interval")

    def append_later(self, kind: int, operation: int, payload: bytes) -> None:
        """Seal one payload now, and write it together with the next one, or within `pen.HELD_SECONDS`.

        Written at once where nothing would see to that, and where it is large.
        """
        if not self._pen.may_hold or len(payload) >= COMPRESS_FROM_BYTES or len(self._held) >= HELD_BYTES_MAX:
            self.append(kind, operation, payload)
            return
        self._write_entry(kind, operation, 0, payload, later=True)

    def flush(self) -> None:
        """Write what is held back; raises RecordingFailed, and holds it still."""
        if self._held:
            if self._cipher is None:
                self._wake_for_write()
            self._write(b"")

    def _append_large(self, kind: int, operation: int, payload: bytes) -> None:
        self.flush()
        before = (self.head, self.number, self.offset)
        view = memoryview(payload)
        try:
            for start in range(0, len(payload), PART_BYTES_MAX):
                part = bytes(view[start : start + PART_BYTES_MAX])
                flags = _MORE if start + PART_BYTES_MAX < len(payload) else 0
                small = self._pen.compress(part)
                if len(small) < len(part):
                    part, flags = small, flags | _COMPRESSED
                self._write_entry(kind, operation, flags, part)
        except RecordingFailed:
            self._back_to(*before)
            raise
        if self.last_ns - self.signed_ns >= self._pen.checkpoint_ns:
            self.checkpoint("interval")

    def _write_entry(self, kind: int, operation: int, flags: int, payload: bytes, *, later: bool = False) -> None:
        cipher = self._cipher
        if cipher is None:
            cipher = self._wake_for_write()
        pen = self._pen
        now = pen.time_ns()
        number = self.number
        length = len(payload) + TAG_BYTES
        check = (length ^ (length >> 16) ^ 0x9E37) & 0xFFFF
        # A key is used once, so its nonce may be constant; but what came of an operation goes under the key that its
        # intention has, as they are only erased together, and making a cipher costs more than using one. Its nonce is
        # then the slot's: the time and the entry's number, which never come together twice under one file key, not
        # even when a torn entry was cut off and written anew.
        own = self._begun_cipher
        if own is not None and kind == _OUTCOME and operation == self._begun:
            self._begun_cipher = None
            key = self._begun_key
            head = _pack_head(length, kind, flags | _AGAIN, check, operation, now, number)
            nonce = head[16:28]
        else:
            key = pen.payload_key()
            own = _cipher_of(key)
            if kind == _INTENTION:
                self._begun, self._begun_key, self._begun_cipher = operation, key, own
            head = _pack_head(length, kind, flags, check, operation, now, number)
            nonce = _CONSTANT_NONCE
        bound = self._aad + head
        item = cipher.encrypt(head[16:28], key, bound) + own.encrypt(nonce, payload, bound)
        link = _sha256(self.head + head + _sha256(item).digest()).digest()
        if later:
            self._held += head + item + link
            pen.holds(self)
        else:
            self._write(head + item + link)
        self.head = link
        self.number = number + 1
        self.last_ns = now

    def checkpoint(self, reason: str, about: About | None = None, torn_bytes: int = 0) -> bytes:
        """Sign how far the chain went, write it, and return the entry's body."""
        if self._cipher is None:
            self._wake_for_write()
        pen = self._pen
        now = pen.time_ns()
        statement = Checkpoint(
            reason,
            self.file,
            self.number,
            self.head,
            now,
            pen.keys.signing.id,
            self.operations,
            self.pending,
            torn_bytes,
            about,
        )
        body = signed(statement, pen.keys.signing)
        length = len(body)
        check = (length ^ (length >> 16) ^ 0x9E37) & 0xFFFF
        head = _pack_head(length, _CHECKPOINT, _CLEAR, check, 0, now, self.number)
        link = _sha256(self.head + head + _sha256(body).digest()).digest()
        self._write(head + body + link)
        self.head = link
        self.number += 1
        self.last_ns = self.signed_ns = now
        self.signed_number = self.number
        pen.checkpointed(self.file, body)
        return body

    def _write(self, data: bytes) -> None:
        """Write what is held back and `data` by one write; what is held back stays so where that fails."""
        if self._held:
            data = self._held + data
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            self._back_to(self.head, self.number, self.offset)
            raise failure(error) from None
        if written != len(data):
            # A short write is how a full disk begins; the next byte would fail.
            self._back_to(self.head, self.number, self.offset)
            raise failure(OSError(errno.ENOSPC, "short write"))
        self.offset += written
        self._held = b""

    def _back_to(self, head: bytes, number: int, offset: int) -> None:
        """Cut off what was half written; if even that fails, nothing may follow, so the file is dead."""
        try:
            os.truncate(self.path, offset)
        except OSError:
            self.dead = True
            self._held = b""
            self.park()
            return
        self.head, self.number, self.offset = head, number, offset

    def _wake_for_write(self) -> AESGCM:
        if self.dead:
            raise RecordingFailed("this recording was broken by an earlier failure", hint="open a new session")
        try:
            return self._wake(0)
        except OSError as error:
            raise failure(error) from None

    def _make(self) -> None:
        """Make the file, and its folder where it is the first in it."""
        try:
            self._wake(os.O_CREAT | os.O_EXCL)
        except FileNotFoundError:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._wake(os.O_CREAT | os.O_EXCL)

    def _wake(self, flags: int) -> AESGCM:
        if self._fd < 0:
            self._fd = os.open(self.path, _OPENING_FLAGS | flags, 0o600)
        self._cipher = AESGCM(self._key)
        self._pen.woke(self)
        return self._cipher

    def fileno(self) -> int:
        """Return the descriptor while the file is awake, else -1."""
        return self._fd

    def park(self) -> None:
        """Close the descriptor and forget the cipher until the next entry."""
        if self._held:
            with suppress(RecordingFailed):
                self.flush()
        self._pen.parked(self)
        self._cipher = self._begun_cipher = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def failure(error: OSError) -> RecordingFailed:
    """Return the refusal that fits what the disk said."""
    if error.errno in _FULL:
        return RecordingFailed(
            "the recordings' disk is full, so nothing may go on unrecorded",
            hint="free space under the data folder, or move it",
            code="recording_disk_full",
        )
    reason = errno.errorcode.get(error.errno or 0, "unknown")
    return RecordingFailed(
        f"the recording cannot be written ({reason})",
        hint="look at the data folder's disk and permissions",
    )
