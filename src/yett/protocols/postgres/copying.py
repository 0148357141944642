"""COPY data from a client: passed on under its statement's permit, counted and digested, never without one."""

from hashlib import sha256
from typing import TYPE_CHECKING

from yett.protocols.postgres.line import Act

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking

COPY_MESSAGES = frozenset(b"dcf")
_COPY_DATA = ord("d")


def pass_copy_data(asking: "Asking", kind: int) -> bool:
    """Pass on the COPY messages that come next; False when they must wait for more, or for the target's word."""
    talk, inbox = asking.talk, asking.inbox
    act = talk.copy_in
    if act is None and talk.line and not talk.skipping:
        # Whether this is data or left over from a COPY that failed is for the target to say.
        talk.waiting = True
        return False
    if inbox.starved:
        return False
    if kind == _COPY_DATA and act is not None:
        rows, data = inbox.run()
        if rows:
            _pass_on(asking, act, data, rows)
            return True
    frame = inbox.next()
    if frame is None:
        return False
    if act is None:
        # PostgreSQL protocol, COPY: data that arrives after a failed COPY is dropped.
        return True
    _pass_on(asking, act, frame[2], 1 if kind == _COPY_DATA else 0)
    if kind != _COPY_DATA:
        talk.copy_in = None
    return True


def _pass_on(asking: "Asking", act: Act, data: bytes, rows: int) -> None:
    act.bytes_in += len(data)
    act.rows += rows
    if act.digest is None:
        act.digest = sha256()
    act.digest.update(data)
    asking.talk.to_target.append((act.permit, data))
