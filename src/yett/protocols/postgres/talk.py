"""What both directions of one PostgreSQL session know: the owed answers, the names, and what waits to be sent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from yett.core.operations import Operation
from yett.core.permits import Permit
from yett.protocols._wire.questions import Ending, Event, Inspect, Outcome
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.counting import count_whole
from yett.protocols.postgres.line import Act, Due, Line
from yett.protocols.postgres.names import Names, Portal
from yett.protocols.postgres.screening import Screen
from yett.protocols.postgres.texts import Text

_QUERY_CANCELED: Final = "57014"


@dataclass(frozen=True, slots=True)
class RelayLimits:
    """What one client may make the gate hold: bytes of one message, of one statement, of one recorded answer."""

    message_bytes_max: int = 64 << 20
    statement_bytes_max: int = 1 << 20
    parameters_max: int = 65_535
    names_max: int = 10_000
    in_flight_max: int = 10_000
    answer_bytes_kept: int = 64 << 10
    target_message_bytes_max: int = 16 << 20
    held_copy_bytes_max: int = 512 << 10


class Talk:
    """The shared state of one session's two directions, and the outputs that the driver collects after each event."""

    __slots__ = (
        "acts",
        "alone",
        "barriers",
        "clock",
        "copy_in",
        "ending",
        "events",
        "flushed",
        "free",
        "judged",
        "limits",
        "line",
        "names",
        "outcomes",
        "parameters",
        "pass_",
        "prepared",
        "question",
        "ran_in",
        "screen",
        "segment",
        "segment_open",
        "sequence",
        "skipping",
        "status",
        "study",
        "to_client",
        "to_target",
        "told_end",
        "uncounted",
        "view",
        "waiting",
    )

    def __init__(
        self, pass_: Permit, limits: RelayLimits, parameters: dict[str, str], clock: Callable[[], float]
    ) -> None:
        self.pass_ = pass_
        self.limits = limits
        self.parameters = parameters
        self.clock = clock
        self.line: Line = Line()
        self.names = Names()
        self.status = b"I"
        self.sequence = pass_.sequence
        self.segment = 0
        self.segment_open = False
        self.skipping = False
        self.copy_in: Act | None = None
        self.acts: set[Act] = set()
        self.barriers = 0
        self.alone = False
        """What was sent last has a proof whose failure would make the target skip what comes behind it."""
        self.flushed = True
        self.question: Inspect | None = None
        self.ran_in = -1
        """The pipeline segment in which something was last run."""
        self.waiting = False
        self.free = False
        self.judged: Operation | None = None
        self.screen: Screen | None = None
        self.prepared: set[str] = set()
        self.study: bytes | None = None
        self.view: SessionView | None = None
        self.to_client: list[bytes] = []
        self.to_target: list[tuple[Permit, bytes]] = []
        self.outcomes: list[Outcome] = []
        self.uncounted: list[tuple[Act, bytes, int, int]] = []
        self.events: list[Event] = []
        self.ending: Ending | None = None
        self.told_end = False
        """The target's last error said that it ends the session, and the client has seen it."""

    def reads_alike(self) -> bool:
        """Say whether the target reads a text as the gate does; it reports both settings whenever they change.

        With backslashes in plain strings, one harmless SELECT to the grammar can be two statements to the server.
        """
        reported = self.parameters
        strings = reported.get("standard_conforming_strings", "on")
        return strings == "on" and reported.get("client_encoding", "UTF8") == "UTF8"

    def owe(self, due: Due) -> None:
        """Add to the line of answers that the target owes."""
        self.line.append(due)
        self.flushed = False

    def next_sequence(self) -> int:
        """Number the next operation of the session."""
        self.sequence += 1
        return self.sequence

    def begin(self, permit: Permit, known: Text | None) -> Act:
        """Start counting for a released operation."""
        act = Act(permit, self.clock(), known)
        act.operation = self.judged
        if self.screen is not None and self.judged is not None and not self.free:
            self.screen.begin(act, self.judged)
        self.acts.add(act)
        if known is not None and known.barrier:
            self.barriers += 1
        return act

    def screening(self) -> Screen | None:
        """Return what stands between the target's words and this client, if anything does."""
        return None if self.free else self.screen

    def running(self) -> Act | None:
        """Return the act that the target is busy with, None where it owes nothing for one."""
        return next((due.act for due in self.line if due.act is not None), None)

    def names_full(self, new: bool) -> bool:  # noqa: FBT001 - a property of the name
        """Say whether a name more, if it is `new`, would be too many."""
        return new and len(self.names) >= self.limits.names_max

    def portal_ended(self, portal: Portal | None) -> None:
        """Put on record how a portal ended that is closed, dropped or replaced, unless its Execute is under way."""
        if portal is not None and not portal.act.running:
            self.finish(portal.act, "done" if portal.runs else "skipped")

    def count_up(self) -> None:
        """Count the whole answers that were passed on, and put their outcomes on record."""
        uncounted, self.uncounted = self.uncounted, []
        for act, data, start, summary in uncounted:
            count_whole(act, data, start, summary, self.limits.answer_bytes_kept)
            self.finish(act, "failed" if act.error else "done")

    def finish(self, act: Act | None, status: str) -> None:
        """Put a released operation's outcome on record, once."""
        if act is None or act not in self.acts:
            return
        self.acts.discard(act)
        if act.known is not None and act.known.barrier:
            self.barriers -= 1
        if status == "failed" and act.error == _QUERY_CANCELED:
            status = "cancelled"
        digest = act.digest.digest() if act.digest is not None else b""
        self.outcomes.append(
            Outcome(
                act.sequence,
                status,
                act.tag,
                act.error,
                act.rows,
                act.bytes_out,
                act.bytes_in,
                digest,
                b"".join(act.answer),
                self.clock() - act.started,
            )
        )

    def end(self, reason: str, message: bytes = b"") -> None:
        """End the session after what is already in the outbox; `message` goes to the client last."""
        if self.ending is None:
            self.ending = Ending(reason)
            if message:
                self.to_client.append(message)
