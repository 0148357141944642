"""The prepared statements and portals of a session, bound to what was judged when they were made.

The client's own names are used upstream, because SQL (`DEALLOCATE x`, `EXECUTE x`, `pg_prepared_statements`) sees the
same names; the gate's own begin with `yett_` and are refused to clients (docs/decisions). A definition counts from
the moment it is sent, within its pipeline segment, because a failure skips the rest of the segment; another segment
waits until the target has confirmed it. A skipped message changes nothing, whatever was sent behind it (`Change`).
"""

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

    __slots__ = ("confirmed", "copies_in", "known", "name", "operation", "permit", "segment", "text", "types")

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
        self.copies_in = any(one.copy == "in" for one in known.statements)
        """Its rows come as COPY data from the client."""

    @property
    def sequence(self) -> int:
        """Return the number of the operation that prepared it."""
        return self.permit.sequence

    def confirm(self) -> None:
        """Note that the target has it."""
        self.confirmed = True


class Portal:
    """A bound statement, ready to run or partly run."""

    __slots__ = ("act", "confirmed", "hold", "name", "prepared", "proofs", "runs", "segment", "unasked")

    def __init__(self, name: bytes, prepared: Prepared, act: Act, proofs: tuple[Proof, ...], segment: int) -> None:
        self.name = name
        self.prepared = prepared
        self.act = act
        self.proofs = proofs
        self.runs = 0
        self.segment = segment
        self.confirmed = False
        self.hold = False
        self.unasked = False
        """It was judged as something that is prepared: it is judged again when it is to run."""


class Change:
    """What one message on its way makes of a name: `done` once the target took the message, `undo` where it skipped it.

    Messages of later segments may have changed the same name since: what is undone is taken out of their midst.
    """

    __slots__ = ("_before", "_earlier", "_key", "_later", "_space", "_under_way")

    def __init__(self, space: dict[bytes, Any], under_way: "UnderWay", what: bytes, name: bytes, value: Any) -> None:  # noqa: ANN401 - each protocol knows its own
        self._space = space
        self._under_way = under_way
        self._key = what + name
        self._before = space.get(name)
        self._later: Change | None = None
        self._earlier = under_way.get(self._key)
        if self._earlier is not None:
            self._earlier._later = self
        under_way[self._key] = self
        _put(space, name, value)

    def done(self) -> None:
        """The target has done it."""
        self._leave()

    def undo(self) -> None:
        """The target has skipped it."""
        if self._later is None:
            _put(self._space, self._key[1:], self._before)
        else:
            self._later._before = self._before
        self._leave()

    def came_before(self, value: Any) -> None:  # noqa: ANN401 - each protocol knows its own
        """Something else that the target has done by now gave the name another meaning before this did."""
        first = self
        while first._earlier is not None:
            first = first._earlier
        first._before = value

    def _leave(self) -> None:
        if self._earlier is not None:
            self._earlier._later = self._later
        if self._later is not None:
            self._later._earlier = self._earlier
        elif self._earlier is not None:
            self._under_way[self._key] = self._earlier
        else:
            del self._under_way[self._key]


UnderWay = dict[bytes, Change]


class Names:
    """Both name spaces of one session."""

    __slots__ = ("_under_way", "cursors", "portals", "statements")

    def __init__(self) -> None:
        self.statements: dict[bytes, Prepared] = {}
        self.portals: dict[bytes, Portal] = {}
        self.cursors: dict[bytes, Portal] = {}
        self._under_way: UnderWay = {}

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(self.statements) + len(self.portals) + len(self.cursors)

    def define(self, prepared: Prepared) -> Change:
        """Put a prepared statement in force whose Parse is being sent."""
        return Change(self.statements, self._under_way, b"S", prepared.name, prepared)

    def open(self, portal: Portal) -> Change:
        """Put a portal in force whose Bind is being sent."""
        return Change(self.portals, self._under_way, b"P", portal.name, portal)

    def close(self, what: bytes, name: bytes) -> Change:
        """Drop a statement (`S`) or a portal (`P`) whose Close is being sent."""
        return Change(self.statements if what == b"S" else self.portals, self._under_way, what, name, None)

    def prepared(self, name: bytes, prepared: Prepared | None) -> None:
        """SQL has prepared a statement or dropped it, before whatever is under way now."""
        change = self._under_way.get(b"S" + name)
        if change is not None:
            change.came_before(prepared)
        else:
            _put(self.statements, name, prepared)

    def not_opened(self, portal: Portal, replaced: Portal | None) -> None:
        """The target has skipped the Bind of a portal that was put in force by itself, when nothing was under way."""
        change = self._under_way.get(b"P" + portal.name)
        if change is not None:
            change.came_before(replaced)
        else:
            _put(self.portals, portal.name, replaced)

    def all_dropped(self) -> None:
        """DEALLOCATE ALL or DISCARD ALL, before whatever is under way now: all go that have a name."""
        for name in [name for name in self.statements if name]:
            self.prepared(name, None)

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

    def unnamed_dropped(self) -> Portal | None:
        """A simple Query drops the unnamed statement and portal; return the portal."""
        self.statements.pop(b"", None)
        return self.portals.pop(b"", None)


def _put(space: dict[bytes, Any], name: bytes, value: Any) -> None:  # noqa: ANN401 - each protocol knows its own
    if value is None:
        space.pop(name, None)
    else:
        space[name] = value
