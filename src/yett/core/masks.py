"""Where the columns of an answer come from, what must become of them, and what stands in a covered value's place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from yett.core.targets import Target


class Style(StrEnum):
    """How a label's values are covered; `partial`, `token` and `hash` only where the value is whole and unmodified."""

    REDACT = "redact"
    PARTIAL = "partial"
    TOKEN = "token"  # noqa: S105 - a style's name
    HASH = "hash"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Shown:
    """Where the values of one output column come from.

    `sources` are the labelled columns (kind Column, `label` set) that they were made from; the resource itself stands
    for whatever code that cannot be seen through may have read. `verbatim` says that each value is one whole,
    unmodified value of `column`, the base column, labelled or not; `column` is None where something is computed.
    `type` is the protocol's own number for the type of the values, 0 where that is not known. `planted` says that
    values of the client's own may be among them, so that a keyed mask would answer guesses.
    """

    sources: tuple[Target, ...] = ()
    verbatim: bool = False
    column: Target | None = None
    type: int = 0
    planted: bool = False


@dataclass(frozen=True, slots=True)
class Cover:
    """What must be done to one output column before it leaves the gate.

    `label` is the label whose mask replaces every value ("" for none). `derived` values become one constant, NULL
    included. Otherwise, where `scan` is set, values are searched by detectors, except for labels in `seen`.
    `unmasked` says that policy shows this column as it is: a label that the target's own column origin knows of, and
    lineage does not, then adds no mask. Where `planted`, a mask that is the same for the same value is the constant.
    """

    label: str = ""
    derived: bool = False
    scan: bool = False
    seen: frozenset[str] = frozenset()
    unmasked: bool = False
    planted: bool = False


OPEN = Cover()
"""Nothing is done to this column."""


@dataclass(frozen=True, slots=True)
class MaskSpec:
    """What replaces the values of one label.

    `constant` is what redaction leaves and what derived values become where their type is text (UTF-8, free of
    quotes, braces, backslashes and control characters, so that it may stand inside arrays and JSON strings). `whole`
    returns what stands in place of one whole value in text form, None for NULL. `op` names how compiled code may do
    the same without calling it: `constant`, `null`, `last4` (every letter and digit but the last four becomes `*`),
    `ending` (but the last third, four at most), `email` (first letter, `***`, `@` and the domain), `first` (first
    letter, `***`), or `call`.
    """

    label: str
    style: Style
    constant: bytes
    op: str
    whole: Callable[[bytes], bytes | None]


Find = tuple[int, int, str]
"""(start, end, label) of one find in the bytes that were searched."""


class Scanner(Protocol):
    """Looks for sensitive values by what they look like."""

    def find(self, joined: bytes) -> Sequence[Find]:
        """Return finds in order, none overlapping; values in `joined` are separated by NUL and no find crosses one."""
        ...


class Masks(Protocol):
    """Everything that covers: handed to a protocol's relay, which applies it on its wire."""

    def spec(self, label: str) -> MaskSpec:
        """Return what replaces values of this label; an unknown label is redacted."""
        ...

    def scanner(self, seen: frozenset[str]) -> Scanner:
        """Return the detectors of every label but those in `seen`."""
        ...

    def holds_token(self, data: bytes) -> bool:
        """Say whether some bytes hold a mask token of this gate, which must never be written back as if it were real.

        Called for every statement text and parameter: a plain substring search comes first.
        """
        ...
