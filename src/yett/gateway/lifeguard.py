"""Lets clients go while the gate is stuck: a disk that hangs in the middle of a write must freeze nobody.

Evidence is written by the event loop itself, so a disk that stalls inside a write stops everything, the refusals
included. A thread counts the loop's beats; when they stay away it closes, from outside, the connections of all clients,
and turns away new ones. Sessions end for good as soon as the loop runs again.
"""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterable

_BEAT_SECONDS = 0.5


class Lifeguard:
    """Watches one event loop. `clients` and `listening` name the descriptors to close and to turn away from."""

    def __init__(
        self,
        clients: Callable[[], Iterable[int]],
        listening: Callable[[], Iterable[int]],
        *,
        patience_seconds: float = 10.0,
        beat_seconds: float = _BEAT_SECONDS,
    ) -> None:
        self._clients = clients
        self._listening = listening
        self._beat_seconds = beat_seconds
        self._missed_max = max(2, int(patience_seconds / beat_seconds))
        self._beats = 0
        self._stopped = threading.Event()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Watch the running loop from now on."""
        self._beat(asyncio.get_running_loop())
        threading.Thread(target=self._watch, name="yett-lifeguard", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()
        if self._timer is not None:
            self._timer.cancel()

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self._beats += 1
        self._timer = loop.call_later(self._beat_seconds, self._beat, loop)

    def _watch(self) -> None:
        """Count own rounds without a beat, not time: after a pause of the whole machine nothing has been missed."""
        seen, missed = -1, 0
        while not self._stopped.wait(self._beat_seconds):
            missed = 0 if self._beats != seen else missed + 1
            seen = self._beats
            if missed >= self._missed_max:
                self._let_go()

    def _let_go(self) -> None:
        for descriptor in list(self._clients()):
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as client:
                client.shutdown(socket.SHUT_RDWR)
        for descriptor in list(self._listening()):
            _turn_away(descriptor)


def _turn_away(descriptor: int) -> None:
    """Accept and close whoever waits at the door."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as listening:
        while True:  # until accept would block
            listening.accept()[0].close()
