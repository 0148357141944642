"""What comes back from the target: every message is matched with the line, counted, and re-framed for the client.

The theory: the head of the line says which messages may come now. Whole runs of rows pass as one piece; a row that
is still arriving passes as it comes; everything else is looked at one message at a time. An error discards the rest of
the pipeline up to the next Sync, exactly as the server does. An answer that nothing asked for ends the session.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

from yett.core.errors import ProtocolError
from yett.protocols._wire.questions import Event
from yett.protocols.postgres.codec import SYNC, error, read_cstring, read_row
from yett.protocols.postgres.frames_hot import BAD, NEED_MORE, frame_end, rows_run, whole_answer
from yett.protocols.postgres.internal import Internal
from yett.protocols.postgres.line import QUIET_PARSE, Act, Due, Kind
from yett.protocols.postgres.names import Prepared
from yett.protocols.postgres.proving import HELD
from yett.protocols.postgres.statement_desk import StatementDesk
from yett.protocols.postgres.talk import Talk

_COUNT_SHIFT = 40
_OFFSET = (1 << 21) - 1
_REFRAMED_DUES = 8
_AT_MASK = (1 << _COUNT_SHIFT) - 1
_MEANING = frozenset(
    {
        b"search_path",
        b"session_authorization",
        b"role",
        b"is_superuser",
        b"standard_conforming_strings",
        b"client_encoding",
    }
)
"""Reported settings that change what a statement means."""
_ROW, _COPY_ROW = ord("D"), ord("d")
_HIDE = b""
_DISPROVED = frozenset({"22012", "26000"})
"""The proof's own division by zero, and a proof that the client has dropped with DEALLOCATE ALL."""
_ABOUT_NEXT = frozenset({"own-statement", "asserted"})
"""Owed answers that are about the next act in the line."""
_CHANGED = error(
    "40001",
    "what this statement names was changed while the gate judged it",
    hint="Run it again: it will be judged by the new definitions.",
)


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


class Answering:
    """The direction from target to client of one session.

    `asking` is the other direction, for what must be judged again.
    """

    __slots__ = ("_desk", "_rest", "_stale", "_streaming", "_talk", "asking", "internal")

    def __init__(self, talk: Talk, desk: StatementDesk, asking: Judging) -> None:
        self._talk = talk
        self._desk = desk
        self.asking = asking
        self._rest = b""
        self._streaming = 0
        self._stale: Act | None = None
        self.internal: Internal | None = None

    def receive(self, data: bytes) -> None:
        """Take what the target sent; fill the outbox to the client."""
        if not self._rest and not self._streaming and self._at_a_glance(data):
            return
        buf = self._rest + data if self._rest else data
        out = self._talk.to_client
        end = len(buf)
        kept = 0
        pos = self._stream_on(buf, end) if self._streaming else 0
        while pos < end:
            kind = buf[pos]
            if kind in (_ROW, _COPY_ROW) and not self._head(kind).hidden:
                at = self._rows(buf, pos, end)
                if at == pos:
                    break
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

    def _at_a_glance(self, data: bytes) -> bool:
        """Take the whole answer to one simple query in one step, which is how most answers come."""
        line = self._talk.line
        count = len(line)
        if count == 1:
            due, start = line[0], 0
            if due.kind is not Kind.QUERY or due.swap:
                return False
            act = due.act
        elif count == _REFRAMED_DUES and line[0] is QUIET_PARSE and data.startswith(HELD):
            due, start = line[-1], len(HELD)
            act = line[-2].act
        else:
            return False
        summary = whole_answer(data, start, len(data))
        if summary < 0 or act is None:
            return False
        line.clear()
        self._whole(act, data, start, summary)
        self._talk.to_client.append(data[start:] if start else data)
        self._ended(act, due.segment)
        return True

    def _whole(self, act: Act, data: bytes, start: int, summary: int) -> None:
        first, completed, rows = (summary >> 21) & _OFFSET, summary & _OFFSET, summary >> 42
        if rows:
            act.rows += rows
            act.bytes_out += completed - first
            act.digest = sha256(memoryview(data)[first:completed])
        if completed > start:
            kept = min(completed - start, self._talk.limits.answer_bytes_kept)
            act.answer.append(data[start : start + kept])
            act.kept = kept
        act.tag = data[completed + 5 : -7].decode("utf-8", "replace")
        self._talk.status = data[-1:]

    def _ended(self, act: Act, segment: int) -> None:
        talk = self._talk
        self._completed(act, talk.status)
        talk.finish(act, "failed" if act.error else "done")
        if talk.status == b"I":
            self._portals_ended(segment)

    def _check(self, length: int) -> None:
        if length == BAD or length > self._talk.limits.target_message_bytes_max:
            raise ProtocolError("the target sent a message with an impossible length")

    def _head(self, kind: int) -> Due:
        line = self._talk.line
        if not line:
            raise ProtocolError(f"the target sent {chr(kind)!r} and nothing had asked for it")
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
            self._count(head.act, buf, pos, at, rows)
        return at

    def _stream_on(self, buf: bytes, end: int) -> int:
        at = min(self._streaming, end)
        self._streaming -= at
        act = self._talk.line[0].act if self._talk.line else None
        if act is not None:
            self._count(act, buf, 0, at, 0)
        return at

    def _count(self, act: Act, buf: bytes, pos: int, at: int, rows: int) -> None:
        """Count answer bytes: kept for the record up to the bound, all of them in the digest."""
        size = at - pos
        act.rows += rows
        act.bytes_out += size
        digest = act.digest
        if digest is None:
            digest = act.digest = sha256()
        digest.update(buf if size == len(buf) else memoryview(buf)[pos:at])
        room = self._talk.limits.answer_bytes_kept - act.kept
        if room > 0:
            act.answer.append(buf[pos : min(at, pos + room)])
            act.kept += min(size, room)

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
        return self._talk.line.popleft()

    def _shown(self, due: Due) -> bytes | None:
        return _HIDE if due.hidden else None

    def _parse_complete(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._pop(buf[pos], Kind.PARSE)
        if due.done is not None:
            due.done()
        self._talk.finish(due.act, "done")
        return self._shown(due)

    def _bind_complete(self, buf: bytes, pos: int, at: int) -> bytes | None:
        return self._shown(self._pop(buf[pos], Kind.BIND))

    def _close_complete(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._pop(buf[pos], Kind.CLOSE)
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
        if due.kind is Kind.QUERY:
            if due.act is not None:
                self._keep(due.act, buf, pos, at)
            return self._shown(due)
        due = self._pop(buf[pos], Kind.DESCRIBE_STATEMENT, Kind.DESCRIBE_PORTAL)
        if due.act is not None and due.kind is Kind.DESCRIBE_PORTAL:
            self._keep(due.act, buf, pos, at)
        return self._shown(due)

    def _keep(self, act: Act, buf: bytes, pos: int, at: int) -> None:
        """Keep a row description for replay; it is no row, and not in the digest."""
        if act.kept + at - pos <= self._talk.limits.answer_bytes_kept:
            act.answer.append(buf[pos:at])
            act.kept += at - pos

    def _no_data(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._pop(buf[pos], Kind.DESCRIBE_STATEMENT, Kind.DESCRIBE_PORTAL)
        return _HIDE if due.role == "quiet" else self._shown(due)

    def _hidden_row(self, buf: bytes, pos: int, at: int) -> bytes | None:
        if self._head(buf[pos]).role.startswith("internal") and self.internal is not None:
            self.internal.row(read_row(buf[pos + 5 : at]))
        return _HIDE

    def _complete(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._head(buf[pos])
        if due.kind is Kind.QUERY:
            if due.act is not None:
                due.act.tag = buf[pos + 5 : at - 1].decode("utf-8", "replace")
            return self._shown(due)
        due = self._pop(buf[pos], Kind.EXECUTE)
        if due.act is not None:
            due.act.tag = buf[pos + 5 : at - 1].decode("utf-8", "replace")
            self._completed(due.act, self._talk.status)
        self._talk.finish(due.act, "done")
        self._talk.copy_in = None
        return self._shown(due)

    def _completed(self, act: Act, status: bytes) -> None:
        """Follow what a finished text did to the session: its names, and what other names mean from now on."""
        known = act.known
        if known is None or not known.changes:
            return
        talk = self._talk
        done = self._desk.completed(known, status, failed=bool(act.error))
        if done is None:
            return
        if done.forgets_view or done.all_dropped:
            talk.view = None
            self.asking.forget_proofs()
        names = talk.names
        if done.all_dropped:
            names.all_dropped()
        for name in done.dropped:
            names.statements.pop(name.encode(), None)
        for name, inner in done.prepared:
            prepared = Prepared(name.encode(), inner, act.permit, talk.segment)
            prepared.confirm()
            names.define(prepared)
        for name, inner in done.declared:
            names.declare(name.encode(), inner, act)

    def _suspended(self, buf: bytes, pos: int, at: int) -> bytes | None:
        return self._shown(self._pop(buf[pos], Kind.EXECUTE))

    def _copy_in(self, buf: bytes, pos: int, at: int) -> bytes | None:
        due = self._head(buf[pos])
        if due.kind not in (Kind.QUERY, Kind.EXECUTE) or due.act is None:
            raise ProtocolError("the target asked for COPY data and nothing had offered it")
        self._talk.copy_in = due.act
        # PostgreSQL protocol, COPY: Sync and Flush that arrive during copy-in are ignored, so they are not owed.
        line = self._talk.line
        while due.kind is Kind.EXECUTE and len(line) > 1 and line[1].kind is Kind.SYNC:
            del line[1]
        return None

    def _copy_out(self, buf: bytes, pos: int, at: int) -> bytes | None:
        if self._head(buf[pos]).kind not in (Kind.QUERY, Kind.EXECUTE):
            raise ProtocolError("the target sent COPY data and nothing had asked for it")
        return None

    def _notice(self, buf: bytes, pos: int, at: int) -> bytes | None:
        line = self._talk.line
        return _HIDE if line and line[0].hidden else None

    def _parameter_status(self, buf: bytes, pos: int, at: int) -> bytes | None:
        name, behind = read_cstring(buf[:at], pos + 5)
        value, _ = read_cstring(buf[:at], behind)
        self._talk.parameters[name.decode()] = value.decode("utf-8", "replace")
        if name in _MEANING:
            self._talk.view = None
        return None

    def _notification(self, buf: bytes, pos: int, at: int) -> bytes | None:
        channel, _ = read_cstring(buf[:at], pos + 9)
        self._talk.events.append(Event("notification", {"channel": channel.decode("utf-8", "replace")}))
        return None

    def _error(self, buf: bytes, pos: int, at: int) -> bytes | None:
        talk = self._talk
        if not talk.line:
            return None
        due = talk.line[0]
        sqlstate = _sqlstate(buf, pos, at)
        talk.view = None
        act = due.act
        if act is None and due.role in _ABOUT_NEXT:
            act = next((one.act for one in talk.line if one.act is not None), None)
        if act is not None and due.role != "asserted":
            act.error = sqlstate
        if due.kind is Kind.QUERY:
            talk.copy_in = None
            swap, due.swap = due.swap, b""
            return swap or self._shown(due)
        self._skip_to_sync(act)
        if due.swap:
            return due.swap
        if not due.hidden or due.role == "own-statement":
            return None
        return self._disproved(act, sqlstate) if act is not None else self._look_up_failed(sqlstate)

    def _look_up_failed(self, sqlstate: str) -> bytes | None:
        """The gate's own question failed."""
        if self.internal is None:
            return _CHANGED
        self.internal.fail(sqlstate)
        if not self._talk.skipping:
            return _HIDE
        # Inside a segment the client's own transaction has failed with it, so the client is told.
        self.internal = None
        self._talk.waiting = False
        return error("XX000", "the gate could not look up what this statement names", hint="Run it again.")

    def _disproved(self, act: Act, sqlstate: str) -> bytes | None:
        """A proof did not hold, or could not run: the target's own reason is shown unless it is that it does not hold.

        What was judged is not what is there any more: a simple query is judged again, a step of a pipeline fails.
        """
        self.asking.disproved(act)
        if act.simple:
            self._end_skipped_query()
        if sqlstate not in _DISPROVED:
            act.error = sqlstate
            return None
        if not act.simple:
            return _CHANGED
        self._stale = act
        return _HIDE

    def _end_skipped_query(self) -> None:
        """The simple query behind a failed assertion is skipped by the target, which now waits for a Sync."""
        talk = self._talk
        if talk.skipping:
            talk.skipping = False
            talk.to_target.append((talk.pass_, SYNC))
            talk.owe(Due(Kind.SYNC, segment=talk.segment - 1))

    def _skip_to_sync(self, failed: Act | None) -> None:
        """Drop what the target will skip; take back, last first, what those messages would have defined."""
        talk = self._talk
        skipped: list[Due] = []
        while talk.line and talk.line[0].kind is not Kind.SYNC:
            skipped.append(talk.line.popleft())
        for due in reversed(skipped):
            if due.undo is not None:
                due.undo()
            if due.act is not None:
                talk.finish(due.act, "failed" if due.act is failed else "skipped")
        talk.copy_in = None
        if not talk.line:
            talk.skipping = True

    def _ready(self, buf: bytes, pos: int, at: int) -> bytes | None:
        talk = self._talk
        due = self._pop(buf[pos], Kind.QUERY, Kind.SYNC)
        talk.status = buf[pos + 5 : pos + 6]
        talk.copy_in = None
        if due.act is not None:
            self._completed(due.act, talk.status)
            talk.finish(due.act, "failed" if due.act.error else "done")
        if talk.status == b"I" and not due.hidden:
            self._portals_ended(due.segment)
        if due.role == "internal-last":
            self._internal_answered()
            return _HIDE
        if self._stale is not None:
            stale, self._stale = self._stale, None
            if talk.status == b"I" and self.asking.retry(stale):
                return _HIDE
            return _CHANGED + buf[pos:at]
        return self._shown(due)

    def _portals_ended(self, segment: int) -> None:
        """Portals end with their transaction; those that never ran to their end say so in the record."""
        portals = self._talk.names.portals
        if not portals:
            return
        for name in [name for name, portal in portals.items() if portal.segment <= segment]:
            portal = portals.pop(name)
            self._talk.finish(portal.act, "done" if portal.runs else "skipped")

    def _internal_answered(self) -> None:
        internal, self.internal = self.internal, None
        if internal is not None and internal.answered():
            self.internal = internal


def _sqlstate(buf: bytes, pos: int, at: int) -> str:
    for field in buf[pos + 5 : at].split(b"\0"):
        if field[:1] == b"C":
            return field[1:].decode("ascii", "replace")
    return ""


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
    ord("A"): Answering._notification,
    ord("E"): Answering._error,
    ord("Z"): Answering._ready,
}
