"""The line of answers that the target still owes, in the order of the questions.

Every message that goes to the target and is answered gets one `Due`. The target's answers are matched against the
head of the line only; an answer that does not fit the head ends the session.
"""

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Protocol

from yett.core.masks import Cover, Shown
from yett.core.operations import Operation
from yett.core.permits import Permit
from yett.protocols.postgres.capping import Cap
from yett.protocols.postgres.copied import Spool
from yett.protocols.postgres.masking.copying import CopyPlan
from yett.protocols.postgres.masking.plans import RowPlan
from yett.protocols.postgres.proving import Proof
from yett.protocols.postgres.screening import Screen
from yett.protocols.postgres.texts import Text

if TYPE_CHECKING:
    from yett.protocols.postgres.names import Portal


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
    BUNDLE = 9


class Digest(Protocol):
    """A running SHA-256."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take more bytes in."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all so far."""
        ...


class Act:
    """One released operation while its answer is on the way: what is counted, kept and timed for its outcome.

    `running` says that an Execute for it is under way.
    `proofs` are sent along with it; should one fail, a `simple` query can be judged again from its `frame`.
    Behind a `screen` its answers are covered: `covers` for each of them, `plan` for the one that is coming, which is
    number `part`; where `labelled` data is within reach, errors and notices lose the target's words. `described` says
    that a description of the answer was asked for. `spool` is the COPY data that was sent right behind it.
    What `settles` is committed by the gate itself, right behind it.
    """

    __slots__ = (
        "answer",
        "bytes_in",
        "bytes_out",
        "cap",
        "covers",
        "described",
        "digest",
        "error",
        "frame",
        "kept",
        "known",
        "labelled",
        "operation",
        "part",
        "permit",
        "plan",
        "proofs",
        "recorded_rows",
        "rows",
        "running",
        "screen",
        "sequence",
        "settles",
        "shows",
        "simple",
        "spool",
        "started",
        "tag",
        "tail",
    )

    def __init__(self, permit: Permit, started: float, known: Text | None = None) -> None:
        self.permit = permit
        self.sequence = permit.sequence
        self.started = started
        self.known = known
        self.rows = 0
        self.running = False
        self.bytes_out = 0
        self.bytes_in = 0
        self.digest: Digest | None = None
        self.answer: list[bytes] = []
        self.kept = 0
        self.tag = ""
        self.error = ""
        self.simple = False
        self.spool: Spool | None = None
        self.settles = False
        self.operation: Operation | None = None
        self.screen: Screen | None = None
        self.covers: tuple[tuple[Cover, ...], ...] = ()
        self.shows: tuple[tuple[Shown, ...], ...] = ()
        self.labelled = False
        self.plan: RowPlan | CopyPlan | None = None
        self.part = 0
        self.described = False
        self.cap: Cap | None = None
        self.recorded_rows = 0
        self.tail = b""
        self.frame = b""
        self.proofs: tuple[Proof, ...] = ()


class Due:
    """One owed answer. `hidden` ones are the gate's own and never shown; `swap` replaces the error that must come."""

    __slots__ = ("act", "done", "hidden", "kind", "role", "segment", "swap", "undo")

    def __init__(  # noqa: PLR0913 - what meets here, given once
        self,
        kind: Kind,
        act: Act | None = None,
        *,
        hidden: bool = False,
        swap: bytes = b"",
        role: str = "",
        segment: int = 0,
        done: Callable[[], None] | None = None,
        undo: Callable[[], None] | None = None,
    ) -> None:
        self.kind = kind
        self.act = act
        self.hidden = hidden
        self.swap = swap
        self.role = role
        self.segment = segment
        self.done = done
        self.undo = undo


class Bundle(Due):
    """What one packet asks for, owed as one: Bind, perhaps proof and Describe, Execute and Sync.

    It is written out as single answers (`glancing.write_out`) only where its answer does not come whole and as hoped:
    `opening` are the bytes that such an answer begins with, `shown` those of them that the client gets. `portal` is
    what the packet opened in the place of `replaced`; a simple query in extended form has none.
    """

    __slots__ = ("described", "opening", "portal", "replaced", "running", "shown")

    def __init__(  # noqa: PLR0913 - what meets here, given once
        self,
        act: Act,
        segment: int,
        opening: bytes,
        shown: bytes,
        *,
        described: bool = True,
        portal: "Portal | None" = None,
        replaced: "Portal | None" = None,
    ) -> None:
        super().__init__(Kind.BUNDLE, act, segment=segment)
        self.running = act
        self.opening = opening
        self.shown = shown
        self.described = described
        self.portal = portal
        self.replaced = replaced


Line = deque[Due]

# What is owed for the gate's own messages around a client's statement. They carry nothing of the statement, so one of
# each serves all; the act behind them in the line says what they are about.
QUIET_PARSE: Final = Due(Kind.PARSE, hidden=True, role="own-statement")
QUIET_BIND: Final = Due(Kind.BIND, hidden=True, role="own-statement")
ASSERT_CLOSE: Final = Due(Kind.CLOSE, hidden=True, role="asserted")
ASSERT_BIND: Final = Due(Kind.BIND, hidden=True, role="asserted")
ASSERT_EXECUTE: Final = Due(Kind.EXECUTE, hidden=True, role="asserted")
