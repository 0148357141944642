"""What a client asks: every message is read, judged where it is an act, and re-framed for the target with a permit.

The theory: messages are taken in order, and the next one is not looked at while a question about this one is open, or
while its meaning hangs on an answer that the target still owes (`waiting`). A refusal keeps its place in the line: a
text that no server can parse goes in the refused one's place, so that the target's transaction fails as by an error of
its own, and the refusal is shown instead of the target's error. After an error in a pipeline everything up to
Sync is dropped here as it is there.
"""

from collections.abc import Callable, Generator
from typing import Any, Final

from yett.core.decisions import Decision
from yett.core.errors import ProtocolError
from yett.core.operations import Operation
from yett.core.permits import Permit
from yett.protocols._wire.questions import Inspect, Parameter
from yett.protocols.postgres import apart, codec, extended, simple, spooling
from yett.protocols.postgres.answering import Answering
from yett.protocols.postgres.bound import run_bound
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.copied import Spool
from yett.protocols.postgres.copying import COPY_MESSAGES, pass_copy_data
from yett.protocols.postgres.frames_hot import frame_end
from yett.protocols.postgres.framing import Inbox
from yett.protocols.postgres.internal import Internal
from yett.protocols.postgres.large import heavy, to_study
from yett.protocols.postgres.line import Act
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.pending import Beside, Pending
from yett.protocols.postgres.placing import place
from yett.protocols.postgres.refusals import denial, malformed
from yett.protocols.postgres.statement_desk import StatementDesk
from yett.protocols.postgres.talk import Talk
from yett.protocols.postgres.texts import Text

_QUERY, _BIND = b"Q", b"B"
_SYNC, _TERMINATE = ord("S"), ord("X")
_DURING_COPY: Final = frozenset(b"SHX")
LARGE_TEXT_BYTES: Final = 16 << 10


class Asking:
    """The direction from client to target of one session.

    `unrestricted` says whether policy lets this principal do everything here: then nothing is asked of the target
    beyond what the client sent.
    """

    __slots__ = (
        "answering",
        "beside",
        "desk",
        "fresh",
        "inbox",
        "pending",
        "proved_in",
        "resolved",
        "retried",
        "spool",
        "talk",
        "unrestricted",
    )

    def __init__(self, talk: Talk, desk: StatementDesk, unrestricted: Callable[[], bool]) -> None:
        self.talk = talk
        self.desk = desk
        self.inbox = Inbox(talk.limits.message_bytes_max)
        self.pending: Pending | None = None
        self.resolved: Meant | None = None
        self.retried = False
        self.proved_in: tuple[Text, int] | None = None
        self.fresh: tuple[bytes, Meant] | None = None
        self.unrestricted = unrestricted
        self.beside: Beside | None = None
        self.spool: Spool | None = None
        self.answering: Answering

    @property
    def backlog(self) -> int:
        """Return how many bytes of the client wait to be looked at."""
        return 0 if self.inbox.starved else len(self.inbox)

    def look_ahead(self) -> None:
        """Read back the session's state before the client asks anything, where names will have to be resolved."""
        if not self.unrestricted():
            self.look_up(self.desk.look(), self._foreseen)

    def _foreseen(self, view: SessionView | None) -> None:
        self.talk.view = view

    def receive(self, data: bytes) -> None:
        """Take what the client sent."""
        if not self._inbox_passed(data):
            self.inbox.put(data)
            self.pump()

    def _inbox_passed(self, data: bytes) -> bool:
        """Take one whole Query, or one prepared statement's run, that came alone, without a detour through the inbox.

        The driver goes on with what may wait by then.
        """
        talk = self.talk
        if talk.line or talk.question or talk.waiting or talk.study or talk.skipping or self.inbox:
            return False
        if len(data) > talk.limits.message_bytes_max:
            return False
        if data[:1] == _BIND:
            return run_bound(self, data)
        if data[:1] != _QUERY or frame_end(data, 0, len(data)) != len(data):
            return False
        simple.query(self, data[5:], data)
        if talk.question is None:
            self.pump()
        return True

    def pump(self) -> None:
        """Look at waiting messages until there are none, or one must wait."""
        if self.beside is not None and not self.beside.go_on():
            return
        talk, inbox = self.talk, self.inbox
        while talk.question is None and talk.ending is None and not talk.waiting and talk.study is None:
            kind = inbox.peek()
            if kind < 0:
                return
            if len(talk.line) > talk.limits.in_flight_max:
                self.hold_on()
                return
            if kind in COPY_MESSAGES:
                if not pass_copy_data(self, kind):
                    return
                continue
            if talk.alone and self._left_alone():
                return
            frame = inbox.next()
            if frame is None:
                return
            if talk.skipping and kind not in (_SYNC, _TERMINATE):
                continue
            self._take(kind, frame[1], frame[2])

    def _take(self, kind: int, body: bytes, frame: bytes) -> None:
        if self.talk.copy_in is not None and kind not in _DURING_COPY:
            # The server drops it as an error of the COPY: what would be noted for it here would not be so there.
            raise ProtocolError(f"the client sent {chr(kind)!r} where COPY data must come")
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise ProtocolError(f"the client sent a message of unknown type {chr(kind)!r}")
        try:
            handler(self, body, frame)
        except codec.Malformed as wrong:
            extended.refuse_step(self, malformed(wrong.message))

    def _left_alone(self) -> bool:
        """Wait where the target would skip what comes next, without an answer, should a proof fail."""
        talk = self.talk
        if talk.copy_in is not None:
            return False
        talk.alone = bool(talk.line)
        if talk.alone:
            self.hold_on()
        return talk.alone

    def wake(self) -> None:
        """The target has answered something: what waited may go on."""
        if self.talk.waiting and self.answering.internal is None:
            self.talk.waiting = False
        self.pump()

    def judged(self, decision: Decision, permit: Permit | None) -> None:
        """Take the answer to the open question: release the operation with its permit, or refuse it in its place."""
        pending, self.pending = self.pending, None
        question, self.talk.question = self.talk.question, None
        if pending is None or question is None:
            raise ProtocolError("an answer came to no question")
        resolved, self.resolved = self.resolved, None
        self.talk.judged = question.operation
        self.talk.free = question.unrestricted
        spool, self.spool = self.spool, None
        if self.talk.skipping:
            # What came before it in its pipeline has failed while it waited: the target would skip it.
            if permit is not None:
                self.talk.finish(self.talk.begin(permit, pending.known), "skipped")
        elif permit is not None:
            pending.release(permit, resolved)
            if spool is not None:
                spooling.send(self.talk, spool)
        else:
            position = pending.known.position or place(decision, question.operation.kind, question.text)
            pending.refuse(denial(decision, position))
        self.retried = False

    # Waiting.

    def wait(self, frame: bytes) -> None:
        """Put the message back until the target has answered more; make sure that it does."""
        self.inbox.push_back(frame)
        self.hold_on()

    def hold_on(self) -> None:
        """Look at no message until the target has answered more; make sure that it does."""
        talk = self.talk
        talk.waiting = True
        if talk.segment_open and not talk.flushed:
            talk.flushed = True
            talk.to_target.append((talk.pass_, codec.FLUSH))

    def must_settle(self) -> bool:
        """A text's meaning may hang on what is still running: an answered line is needed before it is judged."""
        talk = self.talk
        return talk.barriers > 0 and bool(talk.line) and not self.unrestricted()

    # Judging.

    def judge(  # noqa: PLR0913 - what meets here, given once
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
        earlier: Operation | None = None,
    ) -> None:
        """Ask about one operation, with its names resolved first where policy needs them.

        `earlier` is what it touched when it was prepared or declared: it is judged for that too.
        """
        free = self.unrestricted()
        resolved: Meant | None = None
        if not free and known.operation.refusal is None:
            lost = to_study(known, self.desk.has_studied)
            if lost is not None:
                self.inbox.push_back(frame)
                self.talk.study = lost
                return
            resolved = self._resolve(heavy(known, self.desk.read), frame, types)
            if resolved is None:
                return
        self.ask(
            kind,
            known,
            resolved,
            release,
            refuse,
            text=text,
            parameters=parameters,
            refers_to=refers_to,
            types=types,
            earlier=earlier,
            free=free,
        )

    def ask(  # noqa: PLR0913 - as judge
        self,
        kind: str,
        known: Text,
        resolved: Meant | None,
        release: Callable[[Permit, Meant | None], None],
        refuse: Callable[[bytes], None],
        *,
        text: bytes = b"",
        parameters: tuple[Parameter, ...] = (),
        refers_to: int = 0,
        types: tuple[int, ...] = (),
        earlier: Operation | None = None,
        free: bool = False,
    ) -> None:
        """Ask about one operation whose names are resolved, or need not be where policy leaves the principal `free`."""
        if resolved is not None:
            screen = self.talk.screen
            token = screen is not None and not free and screen.holds_token(text, parameters)
            operation = self.desk.touched(resolved, earlier, token=token)
        else:
            operation = known.freely if free and known.freely is not None else known.operation
        self.pending = Pending(known, release, refuse, types, earlier)
        self.resolved = resolved
        self.talk.question = Inspect(
            self.talk.next_sequence(), kind, operation, text, parameters, refers_to, unrestricted=free, meaning=known
        )

    def known_meaning(self, known: Text, types: tuple[int, ...]) -> Meant | None:
        """Return what a text's names mean where that is known without asking the target."""
        return self.desk.resolved(known, self.talk.view, types) if self.talk.reads_alike() else None

    def _resolve(self, known: Text, frame: bytes, types: tuple[int, ...]) -> Meant | None:
        talk = self.talk
        if not talk.reads_alike():
            return self.desk.unsafe(known)
        fresh, self.fresh = self.fresh, None
        if fresh is not None and fresh[0] == frame:
            return apart.proved(self, known, frame, fresh[1])
        resolved = self.desk.resolved(known, talk.view, types)
        if resolved is not None:
            return apart.proved(self, known, frame, resolved)
        if talk.line:
            self.wait(frame)
            return None
        if talk.status == b"E":
            # Nothing can be looked up in a failed transaction, and nothing but its end can run there either.
            return self.desk.unresolved(known, "transaction_aborted")
        self.inbox.push_back(frame)
        if talk.view is None:
            self.look_up(self.desk.look(), lambda seen: self._seen(known, frame, seen))
        else:
            self.look_up(self.desk.resolve(known, talk.view, types), lambda found: self._found(frame, found))
        return None

    def _found(self, frame: bytes, resolved: Meant | None) -> None:
        self.fresh = (frame, resolved) if resolved is not None else None

    def _seen(self, known: Text, frame: bytes, view: SessionView | None) -> None:
        self.talk.view = view
        if view is None:
            self.fresh = (frame, self.desk.unseen(known))

    def look_up(self, generator: Generator[Any, Any, Any], then: Callable[[Any], None]) -> None:
        """Ask the target something of the gate's own; the client's messages wait until `then` has the answer."""
        internal = Internal(self.talk, generator, then)
        if internal.start():
            self.answering.internal = internal
            self.talk.waiting = True

    # Reading.

    def read(self, text: bytes, frame: bytes) -> Text | None:
        """Understand a text; None while a large one is read beside the event loop."""
        talk = self.talk
        if len(text) > LARGE_TEXT_BYTES and not self.desk.has_studied(text):
            self.inbox.push_back(frame)
            talk.study = text
            return None
        return self.desk.read(text)

    # Proving.

    def forget_proofs(self) -> None:
        """Prepare proofs anew: code that may do anything has run, and could have put something else in their place."""
        self.talk.prepared.clear()

    def disproved(self, act: Act) -> None:
        """A proof failed: forget what it stood on, and prepare it again (the client may have dropped it)."""
        for proof in act.proofs:
            self.talk.prepared.discard(proof.assertion.statement)
            self.desk.stale(proof.assertion)

    def retry(self, act: Act) -> bool:
        """Judge a simple query again after its proof failed, once, if nothing was sent behind it."""
        if self.retried or self.talk.line or not act.frame:
            return False
        self.retried = True
        self.spool = act.spool
        self.inbox.push_back(act.frame)
        return True

    def end_segment(self) -> None:
        """Begin another pipeline segment: what comes now is another implicit transaction."""
        self.talk.segment += 1
        self.talk.segment_open = False
        self.talk.skipping = False


def _password(_asking: Asking, _body: bytes, _frame: bytes) -> None:
    raise ProtocolError("the client sent a password after its login")


_HANDLERS: dict[int, Callable[[Asking, bytes, bytes], None]] = {
    ord("Q"): simple.query,
    ord("F"): simple.function_call,
    ord("P"): extended.parse,
    ord("B"): extended.bind,
    ord("E"): extended.execute,
    ord("D"): extended.describe,
    ord("C"): extended.close,
    ord("S"): extended.sync,
    ord("H"): extended.flush,
    ord("X"): extended.terminate,
    ord("p"): _password,
}
