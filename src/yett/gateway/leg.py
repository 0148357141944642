"""One connection of a session: collects bytes while it opens, then hands them straight to the driver."""

import asyncio
from collections.abc import Callable
from typing import Final

_LINGER_SECONDS: Final = 5.0


class Leg(asyncio.Protocol):
    """A transport's protocol. Until `flow` is called, bytes are kept for `receive`, up to `opening_bytes_max`."""

    __slots__ = (
        "_closed",
        "_kept",
        "_needed",
        "_on_data",
        "_on_lost",
        "_on_pause",
        "_on_resume",
        "_reader",
        "paused",
        "transport",
    )

    opening_bytes_max = 1 << 20

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._kept = b""
        self._needed = 0
        self._reader: asyncio.Future[None] | None = None
        self._closed = False
        self._on_data: Callable[[bytes], None] | None = None
        self._on_lost: Callable[[], None] | None = None
        self._on_pause: Callable[[], None] | None = None
        self._on_resume: Callable[[], None] | None = None
        self.paused = False

    # The event loop's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport (again after a TLS upgrade)."""
        self.transport = transport  # type: ignore[assignment]  # a stream's is asyncio.Transport

    def data_received(self, data: bytes) -> None:
        """Take bytes from the peer."""
        if self._on_data is not None:
            self._on_data(data)
            return
        self._kept += data
        if len(self._kept) > self.opening_bytes_max and self.transport is not None:
            self.transport.pause_reading()
        if self._reader is not None and len(self._kept) >= self._needed and not self._reader.done():
            self._reader.set_result(None)

    def eof_received(self) -> bool:
        """A peer that stops sending is gone: none of these protocols half-closes."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits, or tell the driver."""
        del exc
        self._closed = True
        if self._reader is not None and not self._reader.done():
            self._reader.set_exception(ConnectionResetError("the peer closed the connection"))
        if self._on_lost is not None:
            self._on_lost()

    def pause_writing(self) -> None:
        """The peer reads too slowly: stop feeding it."""
        self.paused = True
        if self._on_pause is not None:
            self._on_pause()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self.paused = False
        if self._on_resume is not None:
            self._on_resume()

    # The opening's side.

    @property
    def buffered(self) -> int:
        """Return how many bytes wait."""
        return len(self._kept)

    @property
    def closed(self) -> bool:
        """Say whether the connection is gone."""
        return self._closed

    def fileno(self) -> int:
        """Return the connection's descriptor, or -1."""
        found = self.transport.get_extra_info("socket") if self.transport is not None and not self._closed else None
        return found.fileno() if found is not None else -1

    async def receive(self, size: int) -> bytes:
        """Return exactly `size` bytes; raises ConnectionError at the end of the stream."""
        while len(self._kept) < size:
            if self._closed:
                raise ConnectionResetError("the peer closed the connection")
            self._needed = size
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        data, self._kept = self._kept[:size], self._kept[size:]
        return data

    def send(self, data: bytes) -> None:
        """Write bytes to the peer."""
        if self.transport is not None and not self._closed:
            self.transport.write(data)

    # The driver's side.

    def flow(
        self,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_pause: Callable[[], None],
        on_resume: Callable[[], None],
    ) -> None:
        """From now on hand bytes over as they come, those already kept first."""
        self._on_data, self._on_lost, self._on_pause, self._on_resume = on_data, on_lost, on_pause, on_resume
        kept, self._kept = self._kept, b""
        if len(kept) > self.opening_bytes_max and self.transport is not None and not self._closed:
            self.transport.resume_reading()
        if kept:
            on_data(kept)
        if self._closed:
            on_lost()

    def pause(self) -> None:
        """Take nothing more from this side for now."""
        if self.transport is not None and not self.closed:
            self.transport.pause_reading()

    def resume(self) -> None:
        """Take what comes from this side again."""
        if self.transport is not None and not self.closed:
            self.transport.resume_reading()

    def detach(self) -> None:
        """Stop telling the driver anything; what still comes is dropped."""
        self._on_data, self._on_lost, self._on_pause, self._on_resume = _dropped, None, None, None

    def close(self) -> None:
        """Close after what is already written; a peer that does not read it in time is dropped."""
        transport = self.transport
        if transport is None or self._closed:
            return
        unread = transport.get_write_buffer_size() > 0
        transport.close()
        if unread:
            asyncio.get_running_loop().call_later(_LINGER_SECONDS, self.abort)

    def abort(self) -> None:
        """Drop the connection at once."""
        if self.transport is not None and not self._closed:
            self.transport.abort()


def _dropped(_data: bytes) -> None:
    return
