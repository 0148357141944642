"""Cuts a client's byte stream into whole messages, within limits, however the bytes arrive."""

from typing import Final

from yett.core.errors import LimitExceeded, ProtocolError
from yett.protocols.postgres.frames_hot import BAD, NEED_MORE, frame_end, rows_run

_COUNT_SHIFT: Final = 40
_AT_MASK: Final = (1 << _COUNT_SHIFT) - 1


class Inbox:
    """Whole messages out of a stream. Memory stays below one message's limit and one read.

    A length above `message_bytes_max` is refused when its header is read, before its body is kept.
    """

    __slots__ = ("_buf", "_have", "_later", "_max", "_need", "_pos")

    def __init__(self, message_bytes_max: int) -> None:
        self._buf = b""
        self._pos = 0
        self._later: list[bytes] = []
        self._have = 0
        self._need = 0
        self._max = message_bytes_max

    def __len__(self) -> int:
        """Return how many bytes wait."""
        return len(self._buf) - self._pos + self._have

    @property
    def starved(self) -> bool:
        """Say whether all that waits is the beginning of one message: only reading on can help."""
        return 0 < len(self) < self._need

    def put(self, data: bytes) -> None:
        """Add what was read."""
        if self._pos == len(self._buf) and not self._later:
            self._buf, self._pos = data, 0
            return
        self._later.append(data)
        self._have += len(data)

    def next(self) -> tuple[int, bytes, bytes] | None:
        """Return the next whole message as (type, body, all its bytes), or None."""
        stop = self._whole()
        if stop < 0:
            return None
        pos, self._pos = self._pos, stop
        frame = self._buf[pos:stop]
        return frame[0], frame[5:], frame

    def run(self) -> tuple[int, bytes]:
        """Return the run of whole CopyData messages that comes next: how many, and their bytes."""
        self._gather()
        packed = rows_run(self._buf, self._pos, len(self._buf))
        pos, self._pos = self._pos, packed & _AT_MASK
        self._need = 0
        return packed >> _COUNT_SHIFT, self._buf[pos : self._pos]

    def peek(self) -> int:
        """Return the type of the next message, or -1."""
        if self._pos == len(self._buf):
            self._gather()
        return self._buf[self._pos] if self._pos < len(self._buf) else -1

    def push_back(self, frame: bytes) -> None:
        """Put a message back in front."""
        self._gather()
        self._need = 0
        self._buf, self._pos = frame + self._buf[self._pos :], 0

    def _whole(self) -> int:
        if self._need and len(self._buf) - self._pos + self._have < self._need:
            return NEED_MORE
        if self._later:
            self._gather()
        self._need = 0
        end = len(self._buf)
        stop = frame_end(self._buf, self._pos, end)
        if stop == NEED_MORE:
            return NEED_MORE
        if stop == BAD:
            raise ProtocolError("a message has an impossible length")
        if stop - self._pos > self._max:
            raise LimitExceeded(f"a message is longer than the limit of {self._max} bytes")
        if stop > end:
            self._need = stop - self._pos
            return NEED_MORE
        return stop

    def _gather(self) -> None:
        if self._later:
            self._buf = self._buf[self._pos :] + b"".join(self._later)
            self._pos = 0
            self._later.clear()
            self._have = 0
