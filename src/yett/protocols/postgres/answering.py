"""What comes back from the target: every message is matched with the line, counted, and re-framed for the client.

The theory: the head of the line says which messages may come now. Whole runs of rows pass as one piece; a row that
is still arriving passes as it comes; everything else is looked at one message at a time. An error discards the rest of
the pipeline up to the next Sync, exactly as the server does. An answer that nothing asked for ends the session.
"""

from collections.abc import Callable
from typing import Final, Protocol

from yett.core.errors import ProtocolError
from yett.protocols._wire.questions import Event
from yett.protocols.postgres.codec import read_cstring, read_row
from yett.protocols.postgres.completing import completed
from yett.protocols.postgres.counting import count, keep
from yett.protocols.postgres.failing import CHANGED, take_error
from yett.protocols.postgres.frames_hot import BAD, NEED_MORE, frame_end, rows_run
from yett.protocols.postgres.glancing import at_a_glance, write_out
from yett.protocols.postgres.line import Act, Due, Kind
from yett.protocols.postgres.masking.copying import CopyPlan
from yett.protocols.postgres.screening import covered_rows, covers_rows, cut_short
from yett.protocols.postgres.statement_desk import StatementDesk
from yett.protocols.postgres.talk import Talk

_COUNT_SHIFT: Final = 40
_AT_MASK: Final = (1 << _COUNT_SHIFT) - 1
_MEANING: Final = frozenset(
    b"search_path session_authorization role is_superuser standard_conforming_strings client_encoding".split()
)
"""Reported settings that change what a statement means."""
_ROW, _COPY_ROW = ord("D"), ord("d")
_COPY_OUT: Final = ord("H")
_HIDE: Final = b""


class Judging(Protocol):
    """What this direction asks of the other."""

    def disproved(self, act: Act) -> None:
        """Forget what a failed proof stood on."""
        ...

    def forget_proofs(self) -> None:
        """Prepare proofs anew before they are used again."""
        ...

    def retry(self, act: Act) -> bool:
        """Judge a simple query again; say whether that will be."""
        ...


class LookUp(Protocol):
    """A dialogue of the gate's own with the target."""

    def row(self, values: tuple[str | None, ...]) -> None:
        """Take one row of the answer."""
        ...

    def fail(self, sqlstate: str, words: str, /) -> None:
        """Note that the question failed; `words` are the server's, where they may be shown."""
        ...

    def answered(self) -> bool:
        """Take the end of the answer; return False when the dialogue is over."""
        ...


class Answering:
    """The direction from target to client of one session.

    `asking` is the other direction, for what must be judged again.
    """

    __slots__ = ("_rest", "_streaming", "asking", "desk", "internal", "stale", "talk")

    def __init__(self, talk: Talk, desk: StatementDesk, asking: Judging) -> None:
        self.talk = talk
        self.desk = desk
        self.asking = asking
        self._rest = b""
        self._streaming = 0
        self.stale: Act | None = None
        self.internal: LookUp | None = None

    def receive(self, data: bytes) -> None:
        """Take what the target sent; fill the outbox to the client."""
        if not self._rest and not self._streaming and at_a_glance(self, data):
            return
        write_out(self.talk)
        buf = self._rest + data if self._rest else data
        out = self.talk.to_client
        end = len(buf)
        kept = 0
        pos = self._stream_on(buf, end) if self._streaming else 0
        while pos < end:
            kind = buf[pos]
            if kind in (_ROW, _COPY_ROW) and not (head := self._head(kind)).hidden:
                covered = head.act is not None and head.act.screen is not None and covers_rows(head.act)
                at = self._covered_rows(head.act, buf, kept, pos, end) if covered else self._rows(buf, pos, end)
                if at == pos:
                    break
                kept = at if covered else kept
                pos = at
                continue
            at = frame_end(buf, pos, end)
            self._check(at - pos if at > 0 else at)
            if at == NEED_MORE or at > end:
                break
            instead = self._message(kind, buf, pos, at)
            if instead is not None:
                if kept < pos:
                    out.append(buf[kept:pos])
                if instead:
                    out.append(instead)
                kept = at
            pos = at
        if kept < pos:
            out.append(buf if not kept and pos == end else buf[kept:pos])
        self._rest = buf[pos:] if pos < end else b""

    def _check(self, length: int) -> None:
        if length == BAD or length > self.talk.limits.target_message_bytes_max:
            raise ProtocolError("the target sent a message with an impossible length")

    def _head(self, kind: int) -> Due:
        line = self.talk.line
        if not line:
            raise ProtocolError(f"the target sent {chr(kind)!r} and nothing had asked for it")
        if line[0].swap:
            raise ProtocolError("the target accepted what stands for a refused statement")
        return line[0]

    # Rows, in bulk.

    def _rows(self, buf: bytes, pos: int, end: int) -> int:
        """Count the run of rows at `pos`, and a last one that is still arriving; return where it ends."""
        head = self._head(buf[pos])
        if head.kind is not Kind.EXECUTE and head.kind is not Kind.QUERY:
            raise ProtocolError("the target sent rows and nothing had asked for them")
        packed = rows_run(buf, pos, end)
        at = packed & _AT_MASK
        rows = packed >> _COUNT_SHIFT
        if at < end and buf[at] == buf[pos]:
            stop = frame_end(buf, at, end)
            if stop == BAD:
                raise ProtocolError("the target sent a row with an impossible length")
            if stop > end:
                self._streaming = stop - end
                rows += 1
                at = end
        if head.act is not None and at > pos:
            count(head.act, buf, pos, at, rows, self.talk.limits.answer_bytes_kept)
        return at

    def _covered_rows(self, act: Act | None, buf: bytes, kept: int, pos: int, end: int) -> int:
        """Cover the run of whole rows at `pos` and count what the client gets; return where it ends.

        Nothing of a row passes before all of it is there.
        """
        limits = self.talk.limits
        packed = rows_run(buf, pos, end)
        at = packed & _AT_MASK
        if at == pos or act is None:
            stop = frame_end(buf, pos, end)
            self._check(stop - pos if stop > 0 else stop)
            return pos
        out = self.talk.to_client
        if kept < pos:
            out.append(buf[kept:pos])
        rows = covered_rows(act, buf, pos, at)
        out.append(rows)
        passed = rows_run(rows, 0, len(rows)) if act.cap is not None else packed
        count(act, rows, 0, len(rows), passed >> _COUNT_SHIFT, limits.answer_bytes_kept)
        return at

    def _stream_on(self, buf: bytes, end: int) -> int:
        at = min(self._streaming, end)
        self._streaming -= at
        act = self.talk.line[0].act if self.talk.line else None
        if act is not None:
            count(act, buf, 0, at, 0, self.talk.limits.answer_bytes_kept)
        return at

    # Everything else, one message at a time. A handler returns None to show the message, or the bytes to show instead.

    def _message(self, kind: int, buf: bytes, pos: int, at: int) -> bytes | None:
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise ProtocolError(f"the target sent a message of unknown type {chr(kind)!r}")
        return handler(self, buf, pos, at)

    def _pop(self, kind: int, *expected: Kind) -> Due:
        due = self._head(kind)
        if due.kind not in expected:
            raise ProtocolError(f"the target sent {chr(kind)!r} where it owed an answer to {due.kind.name}")
        return self.talk.line.popleft()

    def _shown(self, due: Due) -> bytes | None:
        return _HIDE if due.hidden else None

    def _parse_complete(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._pop(buf[pos], Kind.PARSE)
        if due.done is not None:
            due.done()
        self.talk.finish(due.act, "done")
        return self._shown(due)

    def _bind_complete(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._pop(buf[pos], Kind.BIND)
        if due.done is not None:
            due.done()
        return self._shown(due)

    def _close_complete(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._pop(buf[pos], Kind.CLOSE)
        if due.done is not None:
            due.done()
        if due.role == "internal-last":
            self._internal_answered()
        return self._shown(due)

    def _parameter_description(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._head(buf[pos])
        if due.kind is not Kind.DESCRIBE_STATEMENT:
            raise ProtocolError("the target described parameters and nothing had asked for them")
        return self._shown(due)

    def _row_description(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._head(buf[pos])
        if due.kind is not Kind.QUERY:
            due = self._pop(buf[pos], Kind.DESCRIBE_STATEMENT, Kind.DESCRIBE_PORTAL)
        act = due.act
        if act is not None and due.kind is not Kind.DESCRIBE_STATEMENT:
            if act.screen is not None:
                act.plan = act.screen.plan(buf[pos:at], act)
            keep(act, buf, pos, at, self.talk.limits.answer_bytes_kept)
        return self._shown(due)

    def _no_data(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._pop(buf[pos], Kind.DESCRIBE_STATEMENT, Kind.DESCRIBE_PORTAL)
        return _HIDE if due.role == "quiet" else self._shown(due)

    def _hidden_row(self, buf: bytes, pos: int, at: int) -> bytes | None:
        if self._head(buf[pos]).role.startswith("internal") and self.internal is not None:
            self.internal.row(read_row(buf[pos + 5 : at]))
        return _HIDE

    def _complete(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._head(buf[pos])
        if due.role == "settles":
            return _HIDE
        if due.kind is Kind.QUERY:
            if due.act is not None:
                due.act.tag = buf[pos + 5 : max(pos + 5, at - 1)].decode("utf-8", "replace")  # none: an empty query
                due.act.part += 1
                due.act.plan = None
            return self._shown(due) if due.act is None else cut_short(due.act)
        due = self._pop(buf[pos], Kind.EXECUTE)
        if due.act is not None:
            due.act.tag = buf[pos + 5 : max(pos + 5, at - 1)].decode("utf-8", "replace")
            due.act.running = False
            if due.act.simple:
                # It was a simple query: its end is its ReadyForQuery, for its commit may still fail.
                return cut_short(due.act)
            # Whether a transaction is open is known at the next ReadyForQuery; until then it is taken for open.
            completed(self, due.act, b"T")
        self.talk.finish(due.act, "done")
        self.talk.copy_in = None
        return self._shown(due) if due.act is None else cut_short(due.act)

    def _function_result(self, buf: bytes, pos: int, at: int) -> bytes | None:
        if self._head(buf[pos]).kind is not Kind.QUERY:
            raise ProtocolError("the target sent a function's result and nothing had asked for it")
        return None

    def _suspended(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._pop(buf[pos], Kind.EXECUTE)
        act = due.act
        if act is not None:
            act.running = False
            if not self.talk.names.runs(act):
                self.talk.finish(act, "done")
        return self._shown(due)

    def _copy_in(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._head(buf[pos])
        if due.kind not in (Kind.QUERY, Kind.EXECUTE) or due.act is None:
            raise ProtocolError("the target asked for COPY data and nothing had offered it")
        if due.act.spool is not None:
            # It was sent behind the statement already; the client has sent it when the gate asked.
            return _HIDE
        if self.talk.question is not None:
            raise ProtocolError("the client sent something else where COPY data must come")
        self.talk.copy_in = due.act
        # PostgreSQL protocol, COPY: Sync and Flush that arrive during copy-in are ignored, so they are not owed.
        line = self.talk.line
        while len(line) > 1 and line[1].kind is Kind.SYNC:
            del line[1]
        if due.kind is Kind.QUERY and len(line) > 1:
            # The server drops what comes in place of the data, without an answer of its own.
            raise ProtocolError("the client sent something else where COPY data must come")
        return None

    def _copy_out(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._head(buf[pos])
        if due.kind not in (Kind.QUERY, Kind.EXECUTE):
            raise ProtocolError("the target sent COPY data and nothing had asked for it")
        act = due.act
        if act is not None and act.screen is not None:
            if buf[pos] == _COPY_OUT:
                act.plan = act.screen.copy_plan(buf[pos:at], act)
            elif isinstance(act.plan, CopyPlan):
                act.plan.finish()
        return None

    def _notice(self, buf: bytes, pos: int, at: int) -> bytes | None:
        line = self.talk.line
        if line and (line[0].role == "settles" or (line[0].hidden and line[0].role != "own-statement")):
            return _HIDE
        screen = self.talk.screening()
        return None if screen is None else screen.words(buf[pos:at], self.talk.running())

    def _parameter_status(self, buf: bytes, pos: int, at: int) -> bytes | None:
        name, behind = read_cstring(buf[:at], pos + 5)
        value, _ = read_cstring(buf[:at], behind)
        self.talk.parameters[name.decode()] = value.decode("utf-8", "replace")
        if name in _MEANING:
            self.talk.view = None
        return None

    def _notification(self, buf: bytes, pos: int, at: int) -> bytes | None:
        channel, _ = read_cstring(buf[:at], pos + 9)
        self.talk.events.append(Event("notification", {"channel": channel.decode("utf-8", "replace")}))
        screen = self.talk.screening()
        return None if screen is None else screen.notification(buf[pos:at])

    def _ready(self, buf: bytes, pos: int, at: int) -> bytes | None:
        talk = self.talk
        due = self._pop(buf[pos], Kind.QUERY, Kind.SYNC)
        if due.act is not None and due.act.settles and due.role != "settles" and talk.line:
            # Its end is that of its transaction: what the COMMIT behind it is answered.
            return _HIDE
        talk.status = buf[pos + 5 : pos + 6]
        talk.copy_in = None
        if due.act is not None:
            completed(self, due.act, talk.status)
            talk.finish(due.act, "failed" if due.act.error else "done")
        if talk.status == b"I" and not due.hidden:
            self.transaction_over(due.segment)
        if due.role == "internal-last":
            self._internal_answered()
            return _HIDE
        if self.stale is not None:
            stale, self.stale = self.stale, None
            if talk.status == b"I" and self.asking.retry(stale):
                return _HIDE
            return CHANGED + buf[pos:at]
        return self._shown(due)

    def transaction_over(self, segment: int) -> None:
        """Portals end with their transaction; those that never ran to their end say so in the record."""
        if self.desk.idle():
            self.talk.view = None
        self.talk.names.transaction_over()
        portals = self.talk.names.portals
        if not portals:
            return
        for name in [name for name, portal in portals.items() if portal.segment <= segment]:
            portal = portals.pop(name)
            self.talk.finish(portal.act, "done" if portal.runs else "skipped")

    def _internal_answered(self) -> None:
        internal, self.internal = self.internal, None
        if internal is not None and internal.answered():
            self.internal = internal


_HANDLERS: dict[int, Callable[[Answering, bytes, int, int], bytes | None]] = {
    ord("1"): Answering._parse_complete,
    ord("2"): Answering._bind_complete,
    ord("3"): Answering._close_complete,
    ord("t"): Answering._parameter_description,
    ord("T"): Answering._row_description,
    ord("n"): Answering._no_data,
    ord("D"): Answering._hidden_row,
    ord("C"): Answering._complete,
    ord("I"): Answering._complete,
    ord("s"): Answering._suspended,
    ord("G"): Answering._copy_in,
    ord("H"): Answering._copy_out,
    ord("c"): Answering._copy_out,
    ord("N"): Answering._notice,
    ord("S"): Answering._parameter_status,
    ord("V"): Answering._function_result,
    ord("A"): Answering._notification,
    ord("E"): take_error,
    ord("Z"): Answering._ready,
}
