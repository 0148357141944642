"""COPY data of a statement that waits for a person: taken from its client first, since the yes is for the data too.

The gate itself asks the client for the data, in the target's place; the target hears nothing of the statement. After
the yes both are sent at once, the statement first, so that nothing which the client sends later can come between.
Should the target not want the data after all, it drops what comes (PostgreSQL protocol: COPY Operations).
"""

from collections.abc import Generator
from hashlib import sha256
from typing import TYPE_CHECKING

from yett.core.errors import ProtocolError
from yett.core.operations import Refusal
from yett.core.sizes import size_text
from yett.protocols._wire.questions import Gather, Inspect
from yett.protocols.postgres import codec
from yett.protocols.postgres.asserting import settle
from yett.protocols.postgres.catalog.fragments import qualified
from yett.protocols.postgres.catalog.queries import CatalogFailed, CatalogQuery, Rows
from yett.protocols.postgres.copied import Spool
from yett.protocols.postgres.copying import payloads
from yett.protocols.postgres.refusals import MASKED_WRITE
from yett.protocols.postgres.sql.copied import CopyIn

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking
    from yett.protocols.postgres.talk import Talk

_DATA, _DONE, _FAIL, _LEAVE = ord("d"), ord("c"), ord("f"), ord("X")
_IGNORED = frozenset(b"SH")
"""Sync and Flush, which mean nothing while data is awaited (PostgreSQL protocol: COPY Operations)."""
_TOKEN_BYTES_MAX = 512
_PIECE_BYTES = 64 << 10
_COLUMNS = qualified(
    "SELECT @count(*) FROM @pg_attribute a WHERE a.attrelid =@ @to_regclass($1)::!oid"
    " AND a.attnum >=@ 1 AND NOT a.attisdropped AND a.attgenerated =@ ''::#"
)


class Spooling:
    """The data of one open question on its way here, beside it."""

    __slots__ = ("_asking", "_begun", "_copy", "_data", "_open", "_question", "_wanted")

    def __init__(self, asking: "Asking", wanted: Gather, question: Inspect, copy: CopyIn) -> None:
        self._asking = asking
        self._wanted = wanted
        self._question = question
        self._copy = copy
        self._data = bytearray()
        self._begun = False
        self._open = False

    def go_on(self) -> bool:
        """Ask for the data as soon as all before it is answered, then take what there is of it."""
        talk = self._asking.talk
        if talk.question is not self._question:
            self._leave()
            return True
        if not (self._begun or talk.line or talk.skipping):
            self._begun = True
            self._begin()
        if self._open:
            self._take()
        return True

    def _begin(self) -> None:
        if self._copy.columns:
            self._ask(self._copy.columns)
        else:
            self._asking.look_up(_columns_of(self._copy.relation), self._ask)

    def _ask(self, columns: int) -> None:
        """Ask the client for its data, as the target would (PostgreSQL protocol: CopyInResponse)."""
        if self._asking.talk.question is not self._question:
            self._leave()
            return
        self._open = True
        self._asking.talk.to_client.append(codec.copy_in_response(columns, binary=self._copy.binary))

    def _take(self) -> None:
        inbox = self._asking.inbox
        while self._asking.beside is self:
            kind = inbox.peek()
            if kind < 0:
                return
            if kind == _DATA:
                rows, data = inbox.run()
                if rows:
                    self._put(payloads(data))
                    continue
            frame = inbox.next()
            if frame is None:
                if len(self._data) + len(inbox) > self._most:
                    self._end(_too_large(self._most))
                return
            self._other(kind, frame[1], frame[2])

    def _put(self, data: bytes) -> None:
        talk = self._asking.talk
        # A token may be split over two messages.
        if talk.screen is not None and talk.screen.holds_token(bytes(self._data[-_TOKEN_BYTES_MAX:]) + data):
            self._end(MASKED_WRITE)
        elif len(self._data) + len(data) > self._most:
            self._end(_too_large(self._most))
        else:
            self._data += data

    def _other(self, kind: int, body: bytes, frame: bytes) -> None:
        if kind == _DATA:
            self._put(body)
        elif kind == _DONE:
            self._asking.spool = Spool(bytes(self._data), self._copy.binary)
            self._end(None)
        elif kind == _FAIL:
            said = body.removesuffix(b"\0").decode("utf-8", "replace")
            self._end(Refusal("copy_failed", f"COPY from stdin failed: {said}"))
        elif kind == _LEAVE:
            self._asking.talk.to_target.append((self._asking.talk.pass_, frame))
            self._asking.talk.end("client_left")
            self._leave()
        elif kind not in _IGNORED:
            raise ProtocolError(f"the client sent {chr(kind)!r} where COPY data must come")

    def _end(self, refusal: Refusal | None) -> None:
        self._leave()
        self._data = bytearray()
        self._wanted.then(refusal)

    def _leave(self) -> None:
        if self._asking.beside is self:
            self._asking.beside = None

    @property
    def _most(self) -> int:
        return self._asking.talk.limits.held_copy_bytes_max


def send(talk: "Talk", spool: Spool) -> None:
    """Send the data of a COPY right behind the statement, which was sent just now."""
    act = talk.line[-1].act
    if act is None:
        raise ProtocolError("COPY data was kept and its statement was not sent")
    whole = spool.data
    pieces = (whole[at : at + _PIECE_BYTES] for at in range(0, len(whole), _PIECE_BYTES))
    frames = b"".join(codec.message(b"d", piece) for piece in pieces)
    act.spool = spool
    act.bytes_in += len(frames)
    act.rows += spool.rows
    act.digest = sha256(frames)
    talk.to_target.append((act.permit, frames + codec.COPY_DONE))
    settle(talk, act, talk.line[-1].segment)


def _columns_of(relation: str) -> Generator[CatalogQuery, Rows, int]:
    try:
        rows = yield CatalogQuery(_COLUMNS, (relation,), in_session=True, name="yett_copied")
        return int(rows[0][0] or 0)
    except CatalogFailed:
        return 0


def _too_large(most: int) -> Refusal:
    reason = f"COPY data that waits for a person may be {size_text(most)} at most, for whoever decides reads all of it"
    return Refusal("copy_too_large", reason, "Send it in smaller parts, or ask for a role for a while: yett request.")
