"""Ends connections that begin a request and never finish its head, so that silent ones cannot take every place."""

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_SECONDS = 10.0


class ArrivingProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, with a deadline from the connection, or from a later request's first byte, to its whole head.

    uvicorn itself waits for ever there; between requests its keep-alive ends the connection, and a body has its own.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what has come; the wait is over once a request has begun to be answered."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self._is_answering() or self.transport.is_closing():
            self._forget()
        elif self._late is None and self.timeout_keep_alive_task is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._end)

    def _is_answering(self) -> bool:
        # uvicorn types it as always set; it is None until the first request.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _end(self) -> None:
        self._late = None
        if not self._is_answering():
            self.transport.close()

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
