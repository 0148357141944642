"""Finds what an EXECUTE or FETCH runs: it is judged with what was prepared or declared as if it stood in its text."""

from typing import TYPE_CHECKING

from yett.core.operations import Operation
from yett.protocols.postgres.texts import Text

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking


def whole(asking: "Asking", known: Text, frame: bytes) -> tuple[Text, Operation | None] | None:
    """Return a text with what an EXECUTE or FETCH in it runs, and what that touched when it was made.

    None while the target still owes answers that may make what it names: the message waits for them.
    """
    names = asking.talk.names
    if known.runs_statement:
        prepared = names.statements.get(known.runs_statement.encode())
        if prepared is None:
            return _lost(asking, known, frame)
        return asking.desk.through(known, prepared.known), prepared.operation
    if known.runs_cursor:
        portal = names.portal(known.runs_cursor.encode())
        if portal is None:
            return _lost(asking, known, frame)
        return asking.desk.through(known, portal.prepared.known), portal.act.operation
    return known, None


def _lost(asking: "Asking", known: Text, frame: bytes) -> tuple[Text, Operation | None] | None:
    if asking.talk.line:
        asking.wait(frame)
        return None
    return asking.desk.through(known, None), None
