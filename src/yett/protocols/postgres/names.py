"""The prepared statements and portals of a session, bound to what was judged when they were made.

The client's own names are used upstream, because SQL (`DEALLOCATE x`, `EXECUTE x`, `pg_prepared_statements`) sees the
same names; the gate's own begin with `yett_` and are refused to clients (docs/decisions). A definition counts from
the moment it is sent, within its pipeline segment, because a failure skips the rest of the segment; another segment
waits until the target has confirmed it. `undo` takes back what a skipped message would have changed.
"""

from collections.abc import Callable
from typing import Any

from yett.core.operations import Operation
from yett.core.permits import Permit
from yett.protocols.postgres.line import Act
from yett.protocols.postgres.proving import Proof
from yett.protocols.postgres.texts import Text


class Prepared:
    """A prepared statement: what it was understood to be, the operation that prepared it, and what that touched.

    The server keeps the meaning that names had when it was prepared, whatever they mean later: what that `operation`
    touches and shows is judged again, with what it does later, each time it runs.
    """

    __slots__ = ("confirmed", "known", "name", "operation", "permit", "segment", "text", "types")

    def __init__(  # noqa: PLR0913, PLR0917 - what meets here, given once
        self,
        name: bytes,
        known: Text,
        permit: Permit,
        operation: Operation | None,
        segment: int,
        types: tuple[int, ...] = (),
        text: bytes = b"",
    ) -> None:
        self.name = name
        self.known = known
        self.permit = permit
        self.operation = operation
        self.segment = segment
        self.types = types
        self.text = text
        self.confirmed = False

    @property
    def sequence(self) -> int:
        """Return the number of the operation that prepared it."""
        return self.permit.sequence

    def confirm(self) -> None:
        """Note that the target has it."""
        self.confirmed = True


class Portal:
    """A bound statement, ready to run or partly run."""

    __slots__ = ("act", "confirmed", "hold", "name", "prepared", "proofs", "runs", "segment")

    def __init__(self, name: bytes, prepared: Prepared, act: Act, proofs: tuple[Proof, ...], segment: int) -> None:
        self.name = name
        self.prepared = prepared
        self.act = act
        self.proofs = proofs
        self.runs = 0
        self.segment = segment
        self.confirmed = False
        self.hold = False


class Names:
    """Both name spaces of one session."""

    __slots__ = ("cursors", "portals", "statements")

    def __init__(self) -> None:
        self.statements: dict[bytes, Prepared] = {}
        self.portals: dict[bytes, Portal] = {}
        self.cursors: dict[bytes, Portal] = {}

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(self.statements) + len(self.portals) + len(self.cursors)

    def define(self, prepared: Prepared) -> Callable[[], None]:
        """Put a prepared statement in force; return how to take that back."""
        return _replace(self.statements, prepared.name, prepared)

    def open(self, portal: Portal) -> Callable[[], None]:
        """Put a portal in force; return how to take that back."""
        return _replace(self.portals, portal.name, portal)

    def portal(self, name: bytes) -> Portal | None:
        """Return a portal, or a cursor that SQL declared: to the protocol they are the same thing."""
        return self.portals.get(name) or self.cursors.get(name)

    def runs(self, act: Act) -> bool:
        """Say whether a portal stands for this act, and not for a later one."""
        return any(portal.act is act for portal in self.portals.values())

    def declare(self, name: bytes, query: Text, act: Act, *, hold: bool) -> None:
        """Note a cursor that a DECLARE has opened. A later one of the same name takes its place."""
        cursor = Portal(name, Prepared(name, query, act.permit, act.operation, 0), act, (), 0)
        cursor.runs = 1
        cursor.confirmed = True
        cursor.hold = hold
        self.cursors[name] = cursor

    def transaction_over(self) -> None:
        """Drop the cursors that live no longer than their transaction."""
        if self.cursors:
            self.cursors = {name: cursor for name, cursor in self.cursors.items() if cursor.hold}

    def cursor_closed(self, name: str) -> None:
        """CLOSE has ended a cursor, or with `*` all of them."""
        if name == "*":
            self.cursors.clear()
        else:
            self.cursors.pop(name.encode(), None)

    def close(self, what: bytes, name: bytes) -> Callable[[], None]:
        """Drop a statement (`S`) or a portal (`P`); return how to take that back."""
        return _replace(self.statements if what == b"S" else self.portals, name, None)

    def unnamed_dropped(self) -> Portal | None:
        """A simple Query drops the unnamed statement and portal; return the portal."""
        self.statements.pop(b"", None)
        return self.portals.pop(b"", None)

    def all_dropped(self) -> None:
        """DEALLOCATE ALL or DISCARD ALL."""
        self.statements.clear()


def _replace(space: dict[bytes, Any], name: bytes, value: Any) -> Callable[[], None]:  # noqa: ANN401 - each protocol knows its own
    before = space.get(name)
    if value is None:
        space.pop(name, None)
    else:
        space[name] = value

    def undo() -> None:
        if before is None:
            space.pop(name, None)
        else:
            space[name] = before

    return undo
