"""Says whether somebody never did anything like this here before, and learns what they were let do."""

from collections.abc import Callable, Mapping

from yett.approvals.novelty import Novelty
from yett.core.sessions import Session
from yett.core.shapes import shape_of, touched_by
from yett.core.targets import Access
from yett.interceptors.seat import Seat
from yett.protocols._wire.questions import Inspect

StructureOf = Callable[[Inspect], bytes]
"""What a protocol declares: the structure of an operation without its values, b"" where it cannot be told."""

_REMEMBERED_MAX = 20_000
_DONE = "done"


class Deviation:
    """What is new for whom. Nothing here blocks; a fault is a denial (`chain.py`), what cannot be told is new.

    What policy allows is learnt as it is let through; what a person approved, once it has run. What is merely prepared
    is never learnt.
    """

    def __init__(self, novelty: Novelty, structures: Mapping[str, StructureOf]) -> None:
        self._novelty = novelty
        self._structures = structures
        self._shapes: dict[tuple[bytes, int], tuple[tuple[Access, ...], bytes]] = {}

    def is_new(self, session: Session, question: Inspect) -> bool:
        """Say whether the like of an operation was never allowed to its principal here; its shape is noted on it.

        Coming in (`connect`) is no operation of this kind, and never new.
        """
        if question.kind == "connect":
            return False
        question.shape = self._shape(question)
        return self._novelty.novel(session.principal.key, session.resource.name, question.shape)

    def let_through(self, seat: Seat, question: Inspect) -> None:
        """Learn what got a permit: now where policy alone allowed it, else once it has run."""
        if question.approvals:
            seat.unlearnt[question.sequence] = question.shape
        else:
            self._learn(seat, question.shape)

    def ended(self, seat: Seat, sequence: int, status: str) -> None:
        """Learn what ran by approval, if it did what it should."""
        shape = seat.unlearnt.pop(sequence, b"")
        if shape and status == _DONE:
            self._learn(seat, shape)

    def _learn(self, seat: Seat, shape: bytes) -> None:
        session = seat.session
        self._novelty.learn(session.principal.key, session.resource.name, shape)

    def _shape(self, question: Inspect) -> bytes:
        operation = question.operation
        structure_of = self._structures.get(operation.protocol)
        structure = structure_of(question) if structure_of is not None else b""
        key = (structure, id(operation.accesses))
        known = self._shapes.get(key)
        if known is not None and known[0] is operation.accesses:
            return known[1]
        shape = shape_of(operation.protocol, structure, touched_by(operation.accesses))
        if len(self._shapes) >= _REMEMBERED_MAX:
            self._shapes.clear()
        self._shapes[key] = (operation.accesses, shape)
        return shape
