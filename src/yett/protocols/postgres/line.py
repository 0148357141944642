"""The line of answers that the target still owes, in the order of the questions.

Every message that goes to the target and is answered gets one `Due`. The target's answers are matched against the
head of the line only; an answer that does not fit the head ends the session.
"""

from collections import deque
from collections.abc import Callable
from enum import IntEnum

from yett.core.permits import Permit
from yett.protocols.postgres.texts import Text


class Kind(IntEnum):
    """What the target owes."""

    QUERY = 1
    PARSE = 2
    BIND = 3
    DESCRIBE_STATEMENT = 4
    DESCRIBE_PORTAL = 5
    EXECUTE = 6
    CLOSE = 7
    SYNC = 8


class Act:
    """One released operation while its answer is on the way: what is counted, kept and timed for its outcome."""

    __slots__ = (
        "answer",
        "bytes_in",
        "bytes_out",
        "digest",
        "error",
        "kept",
        "known",
        "permit",
        "rows",
        "sequence",
        "started",
        "tag",
    )

    def __init__(self, permit: Permit, started: float, known: Text | None = None) -> None:
        self.permit = permit
        self.sequence = permit.sequence
        self.started = started
        self.known = known
        self.rows = 0
        self.bytes_out = 0
        self.bytes_in = 0
        self.digest: object = None
        self.answer: list[bytes] = []
        self.kept = 0
        self.tag = ""
        self.error = ""


class Due:
    """One owed answer. `hidden` answers are the gate's own and never shown; `swap` replaces the error that must come."""

    __slots__ = ("act", "done", "frame", "hidden", "kind", "role", "segment", "swap", "undo")

    def __init__(  # noqa: PLR0913 - one plain record, made once per message on the hot path
        self,
        kind: Kind,
        act: Act | None = None,
        *,
        hidden: bool = False,
        swap: bytes = b"",
        frame: bytes = b"",
        role: str = "",
        segment: int = 0,
        done: Callable[[], None] | None = None,
        undo: Callable[[], None] | None = None,
    ) -> None:
        self.kind = kind
        self.act = act
        self.hidden = hidden
        self.swap = swap
        self.frame = frame
        self.role = role
        self.segment = segment
        self.done = done
        self.undo = undo


Line = deque[Due]
