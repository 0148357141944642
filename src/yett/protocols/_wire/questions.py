"""What a relay asks of the driver and tells it: inspections, outcomes, and ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from yett.core.operations import Operation, Refusal
from yett.core.permits import Permit

Parameter = tuple[int, int, bytes | None]
"""(format code, type id, the raw bytes or None for NULL), exactly as the client sent it."""


@dataclass(slots=True, init=False)
class Inspect:
    """One operation to be judged and, if allowed, put on record before it is released.

    `kind` is the record's word for it (`statement`, `prepare`, `execute`); `text` is the exact bytes, empty where
    `refers_to` names the sequence of the operation that carries them; `parameters` are those that came with it.
    `meaning` is what the protocol itself knows of the request, for its own functions alone. `shape` and `novel` are
    filled in while it is judged, where policy asks whether its like was never done before.
    """

    sequence: int
    kind: str
    operation: Operation
    text: bytes = b""
    parameters: tuple[Parameter, ...] = ()
    refers_to: int = 0
    unrestricted: bool = False
    approvals: frozenset[str] = frozenset()
    meaning: Any = None
    shape: bytes = b""
    novel: bool = True

    # Written out: what `dataclass` would make is never compiled, and every statement makes one.
    def __init__(  # noqa: PLR0913, PLR0917 - as many as there are fields
        self,
        sequence: int,
        kind: str,
        operation: Operation,
        text: bytes = b"",
        parameters: tuple[Parameter, ...] = (),
        refers_to: int = 0,
        unrestricted: bool = False,  # noqa: FBT001, FBT002 - a field like the others
        approvals: frozenset[str] = frozenset(),
        meaning: Any = None,  # noqa: ANN401 - the protocol's own
        shape: bytes = b"",
        novel: bool = True,  # noqa: FBT001, FBT002 - a field like the others
    ) -> None:
        self.sequence = sequence
        self.kind = kind
        self.operation = operation
        self.text = text
        self.parameters = parameters
        self.refers_to = refers_to
        self.unrestricted = unrestricted
        self.approvals = approvals
        self.meaning = meaning
        self.shape = shape
        self.novel = novel


@dataclass(slots=True)
class Held:
    """What an operation is that waits for a person: everything that a yes would stand for beside the question itself.

    `statement` is the whole text that would run, wherever it came from; `basis` are bytes that differ whenever what its
    names, settings and definitions mean differs; `shape` is the text without the values that it writes, and `written`
    are the parameters (by number, from 1) that are nothing but such values. `refusal` says why it cannot be held.
    Where `unsent` says so, data belongs to it that its client has not sent yet (`Gather`); `more` is such data, as
    further parameters, and `shown` what is said of it beside, by title.
    """

    statement: bytes
    basis: bytes
    shape: bytes = b""
    written: frozenset[int] = frozenset()
    in_transaction: bool = False
    refusal: Refusal | None = None
    unsent: bool = False
    more: tuple[Parameter, ...] = ()
    shown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pin:
    """What an operation that waits means, looked up once more, with all that could make it mean something else pinned.

    `then` is told the question as it is by now, or why its meaning cannot be pinned, once, unless the session or the
    waiting ends before.
    """

    then: Callable[["Inspect | Refusal"], None]


@dataclass(frozen=True, slots=True)
class Gather:
    """Data that belongs to an operation that waits: `then` is told once it is all there, or why it never will be."""

    then: Callable[[Refusal | None], None]


@dataclass(frozen=True, slots=True)
class Preview:
    """What the target may be asked about an operation that waits, for whoever reviews it, and within which bounds.

    `admit` judges and records what would be asked, as an operation of its own, and returns its permit or None; `then`
    is told what was found, as text by title, once, unless the session or the waiting ends before.
    """

    count: bool
    plan_seconds: float
    count_seconds: float
    admit: Callable[[Inspect], Permit | None]
    then: Callable[[Mapping[str, str]], None]


@dataclass(slots=True, init=False)
class Outcome:
    """How a released operation ended: `done`, `failed`, `skipped`, `cancelled` or `outcome_unknown`."""

    sequence: int
    status: str
    tag: str = ""
    error: str = ""
    rows: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    digest: bytes = b""
    answer: bytes = b""
    seconds: float = 0.0

    def __init__(  # noqa: PLR0913, PLR0917 - as many as there are fields, and written out as those of Inspect
        self,
        sequence: int,
        status: str,
        tag: str = "",
        error: str = "",
        rows: int = 0,
        bytes_out: int = 0,
        bytes_in: int = 0,
        digest: bytes = b"",
        answer: bytes = b"",
        seconds: float = 0.0,
    ) -> None:
        self.sequence = sequence
        self.status = status
        self.tag = tag
        self.error = error
        self.rows = rows
        self.bytes_out = bytes_out
        self.bytes_in = bytes_in
        self.digest = digest
        self.answer = answer
        self.seconds = seconds


@dataclass(slots=True)
class Event:
    """Something worth a line in the record that is not an operation."""

    kind: str
    data: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(slots=True)
class Ending:
    """The session must end: why, and the last bytes for the client."""

    reason: str
    message: str = ""
