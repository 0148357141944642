"""One inspectable act: a SQL statement, a command, a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yett.core.masks import Shown
from yett.core.targets import Access

Fact = str | int | bool


@dataclass(frozen=True, slots=True)
class Operation:
    """What a protocol understood of one request, before anyone judged it.

    `kind` is the protocol's own word (`SELECT`, `DROP TABLE`, `GET`); `text` is what text deny-lists and
    reviewers read; `accesses` always hold at least one access to the resource itself; `facts` are what policies may
    read as `context.operation` (declared by the protocol); `refusal` is set when the protocol itself must refuse it.
    `shows` says for each statement of the text, and each column of its answer, where the values come from; `labelled`
    that labelled data is touched at all, so that errors and notices are rebuilt without the target's words.
    """

    protocol: str
    kind: str
    text: str
    accesses: tuple[Access, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    refusal: "Refusal | None" = None
    shows: tuple[tuple[Shown, ...], ...] = ()
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a protocol cannot let an operation be judged: not parsed, not resolved, too large, never offered."""

    code: str
    reason: str
    hint: str = ""
