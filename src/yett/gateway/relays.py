"""What the driver needs of a protocol's relay: events in, bytes with permits, questions and outcomes out."""

from collections.abc import Sequence
from typing import Any, Protocol

from yett.core.decisions import Decision
from yett.core.permits import Permit
from yett.protocols._wire.questions import Ending, Event, Gather, Held, Inspect, Outcome, Pin, Preview


class Talk(Protocol):
    """What the driver collects from a relay after each event."""

    question: Inspect | None
    study: bytes | None
    to_client: list[bytes]
    to_target: list[tuple[Permit, bytes]]
    uncounted: Sequence[object]
    outcomes: list[Outcome]
    events: list[Event]
    ending: Ending | None


class Relay(Protocol):
    """What every protocol's relay does for the driver."""

    @property
    def talk(self) -> Talk:
        """The relay's outputs."""
        ...

    @property
    def backlog(self) -> int:
        """Bytes of the client that wait."""
        ...

    @property
    def busy(self) -> bool:
        """Whether the target owes an answer or holds a transaction open."""
        ...

    @property
    def running(self) -> bool:
        """Whether the target owes an answer, or something is being judged."""
        ...

    def start(self) -> None:
        """Begin: what can be asked of the target ahead of the client is asked now."""
        ...

    def from_client(self, data: bytes) -> None:
        """Take what the client sent."""
        ...

    def from_target(self, data: bytes) -> None:
        """Take what the target sent."""
        ...

    def judged(self, decision: Decision, permit: Permit | None) -> None:
        """Take the answer to the open question."""
        ...

    def held(self) -> Held:
        """Say what the open question's operation is, for people to decide on; it stays open."""
        ...

    def preview(self, wanted: Preview) -> None:
        """Have the target asked what the open question's operation would touch, as far as that is safe."""
        ...

    def pin(self, wanted: Pin) -> None:
        """Look up once more what the open question's operation means; it stays open, by what was found."""
        ...

    def gather(self, wanted: Gather) -> None:
        """Take from the client the data that belongs to the open question's operation; it stays open."""
        ...

    @property
    def overtaken(self) -> bool:
        """Whether the open question is idle: something before it has failed, and it will be skipped."""
        ...

    @property
    def looks_ahead(self) -> bool:
        """Whether the target is being asked about the open question's operation."""
        ...

    @property
    def next_sequence(self) -> int:
        """The number that the next operation will have."""
        ...

    def ask_again(self, approvals: frozenset[str]) -> None:
        """Put the open question anew, under a number of its own, with the approvals that it has by now."""
        ...

    def tell(self, words: str, detail: str = "", hint: str = "") -> None:
        """Tell the client something beside its answers."""
        ...

    def pump(self) -> None:
        """Go on with what waits."""
        ...

    def study(self, text: bytes) -> Any:  # noqa: ANN401 - the relay's own, handed back to it
        """Read a large text, in a thread."""
        ...

    def studied(self, text: bytes, understood: Any) -> None:  # noqa: ANN401 - as above
        """Take what was read, and go on."""
        ...

    def close(self, reason: str, sqlstate: str = "57P01") -> None:
        """End the session, telling the client why."""
        ...

    def target_lost(self) -> None:
        """End the session: the target has closed it. The client is told unless the target told it."""
        ...

    def count_up(self) -> None:
        """Count what was passed on without being counted, into outcomes."""
        ...

    def abandoned(self, status: str) -> None:
        """Give what is still running an outcome."""
        ...
