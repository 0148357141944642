"""What the relay needs of understanding: texts read, names resolved, completions noted."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

from yett.core.operations import Operation
from yett.protocols.postgres.catalog.values import Assertion, CatalogQuery, Rows


class Known(Protocol):
    """One text, understood before its names are resolved; shared by every use of the same structure."""

    operation: Operation
    """The operation with names as written: what is judged when a principal is unrestricted."""
    position: int
    """Where a syntax error stands, in characters from 1, or 0."""
    barrier: bool
    """What comes after it may mean something else once it has run."""
    changes: bool
    """Session state or definitions may differ after it, whatever its outcome."""
    single_query: bool
    """One plain SELECT, INSERT, UPDATE, DELETE, MERGE or VALUES without parameters."""
    runs_statement: str
    """The prepared statement that an EXECUTE names, or empty."""
    runs_cursor: str
    """The cursor that a FETCH or MOVE names, or empty."""


class Resolved(Protocol):
    """A text with its names resolved for one session's view."""

    operation: Operation
    assertion: Assertion | None


@dataclass(frozen=True, slots=True)
class Completion:
    """What a text that has run made or dropped by name, in this session."""

    prepared: tuple[tuple[str, Known], ...] = ()
    dropped: tuple[str, ...] = ()
    all_dropped: bool = False
    declared: tuple[tuple[str, Known], ...] = ()


class Desk(Protocol):
    """Reads statements for one session."""

    def read(self, text: bytes) -> Known:
        """Understand a text; never raises for bad text: the operation then carries a refusal."""
        ...

    def resolved(self, known: Known, view: object) -> Resolved | None:
        """Return what is already known of its names in this view, without asking the target."""
        ...

    def resolve(self, known: Known, view: object) -> Generator[CatalogQuery, Rows, Resolved]:
        """Ask the target what its names mean, in as few queries as possible."""
        ...

    def unresolved(self, known: Known, code: str) -> Resolved:
        """Return a refusal for a text whose names cannot be looked up now."""
        ...

    def through(self, known: Known, inner: Known | None) -> Known:
        """Return `known` (an EXECUTE or FETCH) with what it runs included."""
        ...

    def fast_path(self) -> Known:
        """Return what a function call by the fast path is understood to be: refused."""
        ...

    def look(self) -> Generator[CatalogQuery, Rows, object]:
        """Read back the session's view: path, role, settings that change meaning."""
        ...

    def stale(self, assertion: Assertion) -> None:
        """Forget what an assertion that failed was made from."""
        ...

    def completed(self, known: Known, status: bytes, *, failed: bool) -> "Completion | None":
        """Note that a text has run or failed, with the transaction status after it; say what it changed by name."""
        ...
