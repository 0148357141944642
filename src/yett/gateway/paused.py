"""A session in which one operation waits for people, as those see it who make it wait and let it go on."""

from typing import Protocol

from yett.core.decisions import Decision
from yett.gateway.relays import Relay
from yett.interceptors.seat import Seat


class Paused(Protocol):
    """What a pause needs of the session it belongs to."""

    seat: Seat
    used: dict[int, str]
    """The tickets that were used, by the number of the operation they were used for."""

    @property
    def relay(self) -> Relay:
        """The session's relay."""
        ...

    @property
    def recent(self) -> tuple[str, ...]:
        """The last operations of the session before the one in question, in words."""
        ...

    def fileno(self) -> int:
        """Return the descriptor of the client's connection, or -1."""
        ...

    def go_on(self) -> None:
        """Take up the open question again: the pause is over."""
        ...

    def refuse(self, decision: Decision) -> None:
        """Refuse the open question in its place: the pause is over."""
        ...

    def flush(self) -> None:
        """Send what is for either side."""
        ...

    def broken(self, fault: Exception) -> None:
        """End the session, for this cannot be handled, or not be recorded."""
        ...
