"""COPY data from a client: passed on under its statement's permit, counted and digested, never without one."""

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from yett.core.errors import ProtocolError
from yett.protocols._wire.questions import Event
from yett.protocols.postgres import codec
from yett.protocols.postgres.asserting import settle
from yett.protocols.postgres.line import Act, Kind
from yett.protocols.postgres.refusals import MASKED_WRITE

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking

COPY_MESSAGES: Final = frozenset(b"dcf")
_COPY_DATA: Final = ord("d")
_TOKEN_BYTES_MAX: Final = 512


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
    if kind != _COPY_DATA and talk.copy_in is not None:
        talk.copy_in = None
        settle(talk, act, talk.line[-1].segment)
    return True


def _pass_on(asking: "Asking", act: Act, data: bytes, rows: int) -> None:
    if act.screen is not None:
        # A token may be split over two messages.
        written = act.tail + payloads(data)
        if act.screen.holds_token(written):
            _fail(asking, act)
            return
        act.tail = written[-_TOKEN_BYTES_MAX:]
    act.bytes_in += len(data)
    act.rows += rows
    if act.digest is None:
        act.digest = sha256()
    act.digest.update(data)
    asking.talk.to_target.append((act.permit, data))


def payloads(data: bytes) -> bytes:
    """Return what a run of whole CopyData messages carries."""
    pieces, at = [], 0
    while at < len(data):
        behind = at + 1 + int.from_bytes(data[at + 1 : at + 5], "big")
        pieces.append(data[at + 5 : behind])
        at = behind
    return b"".join(pieces)


def _fail(asking: "Asking", act: Act) -> None:
    """Have the target fail a COPY that would write a mask as if it were the value behind it."""
    talk = asking.talk
    talk.copy_in = None
    talk.to_target.append((act.permit, codec.message(b"f", b"yett refused this data\0")))
    owed = next((due for due in talk.line if due.act is act and due.kind in (Kind.QUERY, Kind.EXECUTE)), None)
    if owed is None:
        raise ProtocolError("COPY data came and nothing waits for its end")
    settle(talk, act, owed.segment)
    owed.swap = codec.error(
        "42501", "refused by the gate (mask_token)", detail=MASKED_WRITE.reason, hint=MASKED_WRITE.hint
    )
    talk.events.append(Event("copy_refused", {"code": MASKED_WRITE.code, "operation": act.sequence}))
