"""What a client asks: every message is read, judged where it is an act, and re-framed for the target with a permit.

The theory: messages are taken in order, and the next one is not looked at while a question about this one is open, or
while its meaning hangs on an answer that the target still owes (`waiting`). A refusal keeps its place in the line: a
text that no server can parse goes in the refused one's place, so that the target's transaction fails as by an error of
its own, and the refusal is shown instead of the target's error. After an error in a pipeline everything up to
Sync is dropped here as it is there.
"""

from collections.abc import Callable, Generator
from hashlib import sha256
from typing import Any

from yett.core.decisions import Decision
from yett.core.errors import ProtocolError
from yett.core.permits import Permit
from yett.protocols._wire.questions import Inspect, Parameter
from yett.protocols.postgres import codec
from yett.protocols.postgres.answering import Answering
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.framing import Inbox
from yett.protocols.postgres.internal import Internal
from yett.protocols.postgres.line import (
    ASSERT_BIND,
    ASSERT_CLOSE,
    ASSERT_EXECUTE,
    ASSERT_PARSE,
    QUIET_BIND,
    QUIET_PARSE,
    Act,
    Due,
    Kind,
)
from yett.protocols.postgres.names import RESERVED, Portal, Prepared
from yett.protocols.postgres.proving import Proof
from yett.protocols.postgres.refusals import POISON_PARSE, POISON_QUERY, denial
from yett.protocols.postgres.statement_desk import Meant, StatementDesk
from yett.protocols.postgres.talk import Talk
from yett.protocols.postgres.texts import Text

_BIND_UNNAMED = codec.bind_text(b"", b"", ())
_RUN_UNNAMED = codec.describe_portal(b"") + codec.execute(b"") + codec.SYNC
_COPY_DATA = ord("d")
_COPY_MESSAGES = frozenset(b"dcf")
_SYNC, _FLUSH, _TERMINATE = ord("S"), ord("H"), ord("X")


class _Pending:
    """A question that is open: what to do with a permit, and how a refusal takes its place."""

    __slots__ = ("known", "refuse", "release")

    def __init__(
        self, known: Text, release: Callable[[Permit, Meant | None], None], refuse: Callable[[bytes], None]
    ) -> None:
        self.known = known
        self.release = release
        self.refuse = refuse


class Asking:
    """The direction from client to target of one session.

    `unrestricted` says whether policy lets this principal do everything here: then nothing is asked of the target
    beyond what the client sent.
    """

    __slots__ = (
        "_desk",
        "_fresh",
        "_inbox",
        "_pending",
        "_proven",
        "_resolved",
        "_retried",
        "_talk",
        "answering",
        "unrestricted",
    )

    def __init__(self, talk: Talk, desk: StatementDesk, unrestricted: Callable[[], bool]) -> None:
        self._talk = talk
        self._desk = desk
        self._inbox = Inbox(talk.limits.message_bytes_max)
        self._pending: _Pending | None = None
        self._resolved: Meant | None = None
        self._proven: set[str] = set()
        self._retried = False
        self._fresh: tuple[bytes, Meant] | None = None
        self.unrestricted = unrestricted
        self.answering: Answering

    @property
    def backlog(self) -> int:
        """Return how many bytes of the client wait to be looked at."""
        return len(self._inbox)

    def receive(self, data: bytes) -> None:
        """Take what the client sent."""
        self._inbox.put(data)
        self.pump()

    def pump(self) -> None:
        """Look at waiting messages until there are none, or one must wait."""
        talk, inbox = self._talk, self._inbox
        while talk.question is None and talk.ending is None and not talk.waiting:
            kind = inbox.peek()
            if kind < 0:
                return
            if kind in _COPY_MESSAGES:
                if not self._copy(kind):
                    return
                continue
            frame = inbox.next()
            if frame is None:
                return
            if talk.skipping and kind not in (_SYNC, _TERMINATE):
                continue
            handler = _HANDLERS.get(kind)
            if handler is None:
                raise ProtocolError(f"the client sent a message of unknown type {chr(kind)!r}")
            handler(self, frame[1], frame[2])

    def wake(self) -> None:
        """The target has answered something: what waited may go on."""
        if self._talk.waiting and self.answering.internal is None:
            self._talk.waiting = False
        self.pump()

    def judged(self, decision: Decision, permit: Permit | None) -> None:
        """Take the answer to the open question: release the operation with its permit, or refuse it in its place."""
        pending, self._pending = self._pending, None
        question, self._talk.question = self._talk.question, None
        if pending is None or question is None:
            raise ProtocolError("an answer came to no question")
        resolved, self._resolved = self._resolved, None
        if permit is not None:
            pending.release(permit, resolved)
        else:
            pending.refuse(denial(decision, pending.known.position))
        self._retried = False

    # Waiting.

    def _wait(self, frame: bytes) -> None:
        """Put the message back until the target has answered more; make sure that it does."""
        talk = self._talk
        self._inbox.push_back(frame)
        talk.waiting = True
        if talk.segment_open and not talk.flushed:
            talk.flushed = True
            talk.to_target.append((talk.pass_, codec.FLUSH))

    def _must_settle(self) -> bool:
        """A text's meaning may hang on what is still running: an answered line is needed before it is judged."""
        talk = self._talk
        if len(talk.line) > talk.limits.in_flight_max:
            return True
        return talk.barriers > 0 and bool(talk.line) and not self.unrestricted()

    # Judging.

    def _judge(  # noqa: PLR0913
        self,
        kind: str,
        known: Text,
        frame: bytes,
        release: Callable[[Permit, Meant | None], None],
        refuse: Callable[[bytes], None],
        *,
        text: bytes = b"",
        parameters: tuple[Parameter, ...] = (),
        refers_to: int = 0,
        types: tuple[int, ...] = (),
    ) -> None:
        """Ask about one operation, with its names resolved first where policy needs them."""
        free = self.unrestricted()
        resolved: Meant | None = None
        if not free and known.operation.refusal is None:
            resolved = self._resolve(known, frame, types)
            if resolved is None:
                return
        operation = known.operation if resolved is None else resolved.operation
        self._pending = _Pending(known, release, refuse)
        self._resolved = resolved
        self._talk.question = Inspect(
            self._talk.next_sequence(), kind, operation, text, parameters, refers_to, unrestricted=free
        )

    def _resolve(self, known: Text, frame: bytes, types: tuple[int, ...]) -> Meant | None:
        talk = self._talk
        fresh, self._fresh = self._fresh, None
        if fresh is not None and fresh[0] == frame:
            return fresh[1]
        resolved = self._desk.resolved(known, talk.view, types)
        if resolved is not None:
            return resolved
        if talk.line:
            self._wait(frame)
            return None
        if talk.status == b"E":
            # Nothing can be looked up in a failed transaction, and nothing but its end can run there either.
            return self._desk.unresolved(known, "transaction_aborted")
        self._inbox.push_back(frame)
        if talk.view is None:
            self._look_up(self._desk.look(), self._seen)
        else:
            self._look_up(self._desk.resolve(known, talk.view, types), lambda found: self._found(frame, found))
        return None

    def _found(self, frame: bytes, resolved: Meant) -> None:
        self._fresh = (frame, resolved)

    def _seen(self, view: SessionView | None) -> None:
        self._talk.view = view

    def _look_up(self, generator: Generator[Any, Any, Any], then: Callable[[Any], None]) -> None:
        internal = Internal(self._talk, generator, then)
        if internal.start():
            self.answering.internal = internal
            self._talk.waiting = True

    # Simple queries.

    def _query(self, body: bytes, frame: bytes) -> None:
        if self._must_settle():
            self._wait(frame)
            return
        text = _text_of(body)
        known = self._through(self._desk.read(text))

        def release(permit: Permit, resolved: Meant | None) -> None:
            self._release_query(permit, known, resolved, text, frame)

        self._judge("statement", known, frame, release, self._refuse_query, text=text)

    def _through(self, known: Text) -> Text:
        """Include what an EXECUTE or FETCH runs, which was understood when it was prepared or declared."""
        names = self._talk.names
        if known.runs_statement:
            prepared = names.statements.get(known.runs_statement.encode())
            return self._desk.through(known, prepared.known if prepared is not None else None)
        if known.runs_cursor:
            portal = names.portal(known.runs_cursor.encode())
            return self._desk.through(known, portal.prepared.known if portal is not None else None)
        return known

    def _release_query(self, permit: Permit, known: Text, resolved: Meant | None, text: bytes, frame: bytes) -> None:
        talk = self._talk
        act = talk.begin(permit, known)
        talk.names.unnamed_dropped()
        proofs = resolved.proofs if resolved is not None else ()
        act.simple = True
        act.frame = b"" if self._retried else frame
        if len(proofs) == 1 and known.single_query and b"$" not in text:
            self._release_reframed(act, proofs, text)
        else:
            self._prove(act, proofs)
            talk.to_target.append((permit, frame))
            talk.owe(Due(Kind.QUERY, act, segment=talk.segment))
        self._end_segment()

    def _release_reframed(self, act: Act, proofs: tuple[Proof, ...], text: bytes) -> None:
        """Send a simple query by the extended protocol, so that what was judged is asserted while its tables are locked.

        The order closes the race: parsing and binding take the locks, the proof reads the definitions under them,
        and only then does the statement run.
        """
        talk = self._talk
        talk.to_target.append((act.permit, codec.parse(b"", text) + _BIND_UNNAMED))
        talk.owe(QUIET_PARSE)
        talk.owe(QUIET_BIND)
        self._prove(act, proofs)
        talk.to_target.append((act.permit, _RUN_UNNAMED))
        talk.owe(Due(Kind.DESCRIBE_PORTAL, act, role="quiet"))
        talk.owe(Due(Kind.EXECUTE, act))
        talk.owe(Due(Kind.SYNC, segment=talk.segment))

    def _prove(self, act: Act, proofs: tuple[Proof, ...]) -> None:
        """Have the target assert, before the act, that everything is as it was judged."""
        talk = self._talk
        act.proofs = proofs
        for proof in proofs:
            if proof.assertion.statement not in self._proven:
                self._proven.add(proof.assertion.statement)
                talk.to_target.append((act.permit, proof.prepare))
                talk.owe(ASSERT_CLOSE)
                talk.owe(ASSERT_PARSE)
            talk.to_target.append((act.permit, proof.run))
            talk.owe(ASSERT_BIND)
            talk.owe(ASSERT_EXECUTE)
            talk.owe(ASSERT_CLOSE)

    def disproved(self, act: Act) -> None:
        """A proof failed: forget what it stood on, and prepare it again (the client may have dropped it)."""
        for proof in act.proofs:
            self._proven.discard(proof.assertion.statement)
            self._desk.stale(proof.assertion)

    def retry(self, act: Act) -> bool:
        """Judge a simple query again after its proof failed, once, if nothing was sent behind it."""
        if self._retried or self._talk.line or not act.frame:
            return False
        self._retried = True
        self._inbox.push_back(act.frame)
        return True

    def _refuse_query(self, refusal: bytes) -> None:
        talk = self._talk
        talk.names.unnamed_dropped()
        talk.to_target.append((talk.pass_, POISON_QUERY))
        talk.owe(Due(Kind.QUERY, swap=refusal, segment=talk.segment))
        self._end_segment()

    def _end_segment(self) -> None:
        self._talk.segment += 1
        self._talk.segment_open = False
        self._talk.skipping = False

    def _function_call(self, body: bytes, frame: bytes) -> None:
        known = self._desk.fast_path()
        self._judge("function call", known, frame, _never, self._refuse_query, parameters=((1, 0, body),))

    # The extended protocol.

    def _parse(self, body: bytes, frame: bytes) -> None:
        if self._must_settle():
            self._wait(frame)
            return
        asked = codec.read_parse(body)
        if asked.name.startswith(RESERVED):
            self._refuse_step(codec.error("42939", "statement names that begin with yett_ belong to the gate"))
            return
        known = self._through(self._desk.read(asked.text))

        def release(permit: Permit, _resolved: Meant | None) -> None:
            talk = self._talk
            prepared = Prepared(asked.name, known, permit, talk.segment, asked.types)
            undo = talk.names.define(prepared)
            talk.to_target.append((permit, frame))
            talk.segment_open = True
            act = talk.begin(permit, None)
            talk.owe(Due(Kind.PARSE, act, done=prepared.confirm, undo=undo))

        self._judge("prepare", known, frame, release, self._refuse_step, text=asked.text, types=asked.types)

    def _bind(self, body: bytes, frame: bytes) -> None:
        if self._must_settle():
            self._wait(frame)
            return
        asked = codec.read_bind(body)
        talk = self._talk
        prepared = talk.names.statements.get(asked.statement)
        if prepared is None:
            self._refuse_step(_no_statement(asked.statement))
            return
        if not prepared.confirmed and prepared.segment != talk.segment:
            self._wait(frame)
            return
        if asked.portal.startswith(RESERVED):
            self._refuse_step(codec.error("42939", "portal names that begin with yett_ belong to the gate"))
            return

        def release(permit: Permit, resolved: Meant | None) -> None:
            act = talk.begin(permit, prepared.known)
            proofs = resolved.proofs if resolved is not None else ()
            portal = Portal(asked.portal, prepared, act, proofs, talk.segment)
            undo = talk.names.open(portal)
            talk.to_target.append((permit, frame))
            talk.segment_open = True
            talk.owe(Due(Kind.BIND, act, undo=undo))

        self._judge(
            "execute",
            prepared.known,
            frame,
            release,
            self._refuse_step,
            parameters=_parameters(body, asked, prepared.types),
            refers_to=prepared.sequence,
            types=prepared.types,
        )

    def _execute(self, body: bytes, frame: bytes) -> None:
        name, _rows_max = codec.read_execute(body)
        portal = self._talk.names.portal(name)
        if portal is None:
            self._refuse_step(_no_portal(name))
            return
        if portal.runs == 0:
            self._run(portal, portal.act, frame)
            return

        # Fetching more from a portal is judged again: a policy or a revocation may have come in between.
        def release(permit: Permit, _resolved: Meant | None) -> None:
            self._talk.finish(portal.act, "done")
            self._run(portal, self._talk.begin(permit, portal.prepared.known), frame)

        self._judge(
            "fetch",
            portal.prepared.known,
            frame,
            release,
            self._refuse_step,
            refers_to=portal.act.sequence,
            types=portal.prepared.types,
        )

    def _run(self, portal: Portal, act: Act, frame: bytes) -> None:
        talk = self._talk
        portal.act = act
        if portal.runs == 0:
            self._prove(act, portal.proofs)
        portal.runs += 1
        talk.to_target.append((act.permit, frame))
        talk.segment_open = True
        talk.owe(Due(Kind.EXECUTE, act))

    def _describe(self, body: bytes, frame: bytes) -> None:
        what, name = codec.read_named(body)
        talk = self._talk
        if what == b"S":
            prepared = talk.names.statements.get(name)
            if prepared is None:
                self._refuse_step(_no_statement(name))
                return
            talk.to_target.append((prepared.permit, frame))
            talk.owe(Due(Kind.DESCRIBE_STATEMENT))
        else:
            portal = talk.names.portal(name)
            if portal is None:
                self._refuse_step(_no_portal(name))
                return
            talk.to_target.append((portal.act.permit, frame))
            talk.owe(Due(Kind.DESCRIBE_PORTAL, portal.act))
        talk.segment_open = True

    def _close(self, body: bytes, frame: bytes) -> None:
        what, name = codec.read_named(body)
        talk = self._talk
        if name.startswith(RESERVED):
            self._refuse_step(codec.error("42939", "names that begin with yett_ belong to the gate"))
            return
        if what == b"P" and (portal := talk.names.portals.get(name)) is not None and not talk.line:
            talk.finish(portal.act, "done" if portal.runs else "skipped")
        undo = talk.names.close(what, name)
        talk.to_target.append((talk.pass_, frame))
        talk.segment_open = True
        talk.owe(Due(Kind.CLOSE, undo=undo))

    def _sync(self, body: bytes, frame: bytes) -> None:
        if body:
            raise ProtocolError("a Sync message has a body")
        talk = self._talk
        if talk.copy_in is not None:
            return
        talk.to_target.append((talk.pass_, codec.SYNC))
        talk.owe(Due(Kind.SYNC, segment=talk.segment))
        self._end_segment()

    def _flush(self, body: bytes, frame: bytes) -> None:
        if body:
            raise ProtocolError("a Flush message has a body")
        if self._talk.copy_in is None:
            self._talk.to_target.append((self._talk.pass_, codec.FLUSH))

    def _terminate(self, body: bytes, frame: bytes) -> None:
        self._talk.to_target.append((self._talk.pass_, codec.TERMINATE))
        self._talk.end("client_left")

    def _refuse_step(self, refusal: bytes) -> None:
        """Refuse one step of a pipeline: the target fails it too, and the rest up to Sync is skipped on both sides."""
        talk = self._talk
        talk.to_target.append((talk.pass_, POISON_PARSE))
        talk.segment_open = True
        talk.owe(Due(Kind.PARSE, swap=refusal))
        # The swap is only shown once the target has failed; a Flush makes sure that a client that waits is told.

    # COPY data.

    def _copy(self, kind: int) -> bool:
        """Pass COPY data on under its statement's permit; False when it must wait for the target's word."""
        talk, inbox = self._talk, self._inbox
        act = talk.copy_in
        if act is None and talk.line and not talk.skipping:
            talk.waiting = True
            return False
        if kind == _COPY_DATA and act is not None:
            rows, data = inbox.run()
            if rows:
                self._pass_copy(act, data, rows)
                return True
        frame = inbox.next()
        if frame is None:
            return False
        if act is None:
            # PostgreSQL protocol, COPY: data that arrives after a failed COPY is dropped.
            return True
        self._pass_copy(act, frame[2], 1 if kind == _COPY_DATA else 0)
        if kind != _COPY_DATA:
            talk.copy_in = None
        return True

    def _pass_copy(self, act: Act, data: bytes, rows: int) -> None:
        act.bytes_in += len(data)
        act.rows += rows
        if act.digest is None:
            act.digest = sha256()
        act.digest.update(data)  # type: ignore[attr-defined]
        self._talk.to_target.append((act.permit, data))


def _text_of(body: bytes) -> bytes:
    if not body.endswith(b"\0"):
        raise ProtocolError("a Query message's text has no end")
    return body[:-1]


def _parameters(body: bytes, asked: codec.BindBody, types: tuple[int, ...]) -> tuple[Parameter, ...]:
    """Return each parameter exactly: its format, the type that Parse declared for it (0: none), and its bytes."""
    if not asked.count:
        return ()
    found = codec.read_parameters(body, asked.values_at)
    declared = (*types, *(0 for _ in range(asked.count - len(types))))
    return tuple(zip(found.formats, declared, found.values, strict=False))


def _never(_permit: Permit, _resolved: Meant | None) -> None:
    raise ProtocolError("a function call can't be released")


def _no_statement(name: bytes) -> bytes:
    shown = name.decode("utf-8", "replace")
    what = f'prepared statement "{shown}"' if name else "unnamed prepared statement"
    return codec.error("26000", f"{what} does not exist")


def _no_portal(name: bytes) -> bytes:
    return codec.error("34000", f'portal "{name.decode("utf-8", "replace")}" does not exist')


def _password(self: Asking, body: bytes, frame: bytes) -> None:
    raise ProtocolError("the client sent a password after its login")


_HANDLERS: dict[int, Callable[[Asking, bytes, bytes], None]] = {
    ord("Q"): Asking._query,
    ord("P"): Asking._parse,
    ord("B"): Asking._bind,
    ord("E"): Asking._execute,
    ord("D"): Asking._describe,
    ord("C"): Asking._close,
    ord("S"): Asking._sync,
    ord("H"): Asking._flush,
    ord("X"): Asking._terminate,
    ord("F"): Asking._function_call,
    ord("p"): _password,
}
