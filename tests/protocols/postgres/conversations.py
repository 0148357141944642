"""A relay in conversation, without a gate's sockets: what a client and a target say, and what each is told.

The target is a script (`target_says`), or a real server (`settle`) for which only the bytes are carried.
"""

import os
import select
import socket
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

import psycopg

from yett.core.clock import ManualClock
from yett.core.decisions import Allow, Decision, Deny
from yett.core.ids import SessionId
from yett.core.permits import Permit
from yett.protocols._wire.questions import Inspect, Outcome
from yett.protocols.postgres import codec
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.frames_hot import frame_end
from yett.protocols.postgres.relay import Relay
from yett.protocols.postgres.sql.understanding import Understanding
from yett.protocols.postgres.statement_desk import Knowledge, StatementDesk
from yett.protocols.postgres.talk import RelayLimits
from yett.protocols.postgres.texts import Texts

SESSION = SessionId("s1")
ALLOWED = Decision(Allow(), policies=("everything",))
REFUSED = Decision(Deny("no_policy_permits", "nothing permits it", "ask somebody"), policies=("nothing",))
PARSED, BOUND, CLOSED, NO_DATA, EMPTY, SUSPENDED = (
    codec.message(one, b"") for one in (b"1", b"2", b"3", b"n", b"I", b"s")
)
COPY_DONE = codec.message(b"c", b"")


def allow(_question: Inspect) -> Decision:
    """Permit everything."""
    return ALLOWED


def refuse_kinds(*kinds: str) -> Callable[[Inspect], Decision]:
    """Return a policy that refuses operations of these kinds."""
    return lambda question: REFUSED if question.operation.kind in kinds else ALLOWED


def only_tables(*names: str) -> Callable[[Inspect], Decision]:
    """Return a policy that knows of tables: these and the system's catalogs may be touched, no others."""

    def decide(question: Inspect) -> Decision:
        refusal = question.operation.refusal
        if refusal is not None:
            return Decision(Deny(refusal.code, refusal.reason, refusal.hint))
        for access in question.operation.accesses:
            target = access.target
            table = target.path[:-1] if target.kind == "Column" else target.path
            if target.kind in ("Table", "Column") and table[0] != "pg_catalog" and ".".join(table) not in names:
                return REFUSED
        return ALLOWED

    return decide


def query(text: str) -> bytes:
    """Return a Query message."""
    return codec.query(text)


def parse(text: str, name: str = "", types: tuple[int, ...] = ()) -> bytes:
    """Return a Parse message."""
    return codec.parse(name.encode(), text.encode(), types)


def bind(statement: str = "", portal: str = "", *values: str | None) -> bytes:
    """Return a Bind message."""
    return codec.bind_text(portal.encode(), statement.encode(), values)


def execute(portal: str = "", rows: int = 0) -> bytes:
    """Return an Execute message."""
    return codec.execute(portal.encode(), rows)


def row(*values: str) -> bytes:
    """Return a DataRow."""
    cells = b"".join(len(value).to_bytes(4, "big") + value.encode() for value in values)
    return codec.message(b"D", len(values).to_bytes(2, "big") + cells)


def described(*names: str) -> bytes:
    """Return a RowDescription of text columns."""
    fields = b"".join(
        name.encode() + b"\0" + bytes(6) + (25).to_bytes(4, "big") + b"\xff\xff" + b"\xff" * 4 + b"\0\0"
        for name in names
    )
    return codec.message(b"T", len(names).to_bytes(2, "big") + fields)


def complete(tag: str) -> bytes:
    """Return a CommandComplete."""
    return codec.message(b"C", tag.encode() + b"\0")


def copy_response(kind: bytes = b"G") -> bytes:
    """Return a CopyInResponse (or CopyOutResponse) of one text column."""
    return codec.message(kind, b"\0\0\1\0\0")


def copy_data(data: bytes) -> bytes:
    """Return a CopyData message."""
    return codec.message(b"d", data)


def cut(data: bytes) -> list[bytes]:
    """Cut whole messages apart."""
    found, at = [], 0
    while at < len(data):
        stop = frame_end(data, at, len(data))
        assert stop > 0, data[at:]
        found.append(data[at:stop])
        at = stop
    return found


def words(frames: Iterable[bytes]) -> list[str]:
    """Return messages as a transcript has them: `T`, `D(1)`, `C(SELECT 1)`, `E(42501)`, `Z(I)`."""
    return [_word(frame) for frame in frames]


def _word(frame: bytes) -> str:
    kind, body = chr(frame[0]), frame[5:]
    if kind == "D":
        return f"D({', '.join('NULL' if v is None else v for v in codec.read_row(body))})"
    if kind == "C":
        return f"C({body[:-1].decode()})"
    if kind in "EN":
        return f"{kind}({codec.read_fields(body)['C']})"
    if kind == "Z":
        return f"Z({body.decode()})"
    return kind


class Conversation:
    """One relay between a client and a target. What was permitted, forwarded and answered is checked on the way."""

    def __init__(
        self,
        decide: Callable[[Inspect], Decision] = allow,
        *,
        restricted: bool = False,
        limits: RelayLimits | None = None,
    ) -> None:
        self.decide = decide
        self.questions: list[Inspect] = []
        self.outcomes: list[Outcome] = []
        self.clock = ManualClock()
        self.names = NameCache(self.clock)
        knowledge = Knowledge("orders", Texts("orders", Understanding()), self.names, self.clock)
        pass_ = Permit(SESSION, 1, ALLOWED)
        self.relay = Relay(
            pass_, StatementDesk(knowledge), limits or RelayLimits(), {}, self.clock.monotonic, lambda: not restricted
        )
        self._shown = b""
        self._sent = b""
        self._permitted = {1}

    def client_says(self, *data: bytes) -> Self:
        """Have the client send this, in one piece."""
        self.relay.from_client(b"".join(data))
        return self._turned()

    def target_says(self, *data: bytes) -> Self:
        """Have the target send this, in one piece."""
        self.relay.from_target(b"".join(data))
        return self._turned()

    def shown(self) -> list[str]:
        """Return, and forget, what the client was told since this was last asked."""
        data, self._shown = self._shown, b""
        return words(cut(data))

    def shown_bytes(self) -> bytes:
        """Return, and forget, the same as bytes."""
        data, self._shown = self._shown, b""
        return data

    def sent(self) -> list[bytes]:
        """Return, and forget, what the target was told."""
        data, self._sent = self._sent, b""
        return cut(data)

    def sent_kinds(self) -> str:
        """Return, and forget, the types of the messages that the target was told."""
        return "".join(chr(frame[0]) for frame in self.sent())

    def statuses(self) -> dict[int, str]:
        """Return how each operation ended; each has at most one outcome."""
        found = {one.sequence: one.status for one in self.outcomes}
        assert len(found) == len(self.outcomes)
        return found

    @property
    def ended(self) -> str:
        """Return why the session must end, or nothing."""
        ending = self.relay.talk.ending
        return "" if ending is None else ending.reason

    def _turned(self) -> Self:
        talk = self.relay.talk
        while talk.question is not None or talk.study is not None:
            if talk.study is not None:
                self.relay.studied(talk.study, self.relay.study(talk.study))
                continue
            question = talk.question
            assert question.sequence > (self.questions[-1].sequence if self.questions else 1)
            self.questions.append(question)
            decision = self.decide(question)
            permitted = isinstance(decision.verdict, Allow)
            if permitted:
                self._permitted.add(question.sequence)
            self.relay.judged(decision, Permit(SESSION, question.sequence, decision) if permitted else None)
            self.relay.pump()
        for permit, data in talk.to_target:
            assert permit.sequence in self._permitted, "forwarded without a permit"
            self._sent += data
        talk.to_target.clear()
        self._shown += b"".join(talk.to_client)
        talk.to_client.clear()
        self.relay.count_up()
        self.outcomes += talk.outcomes
        talk.outcomes.clear()
        talk.events.clear()
        return self


class RealTarget:
    """A logged-in connection to a real server whose bytes a conversation carries."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._socket = socket.socket(fileno=os.dup(connection.fileno()))
        self._socket.setblocking(True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._connection.close()

    def settle(self, talk: Conversation, quiet_seconds: float = 3.0) -> Conversation:
        """Carry bytes both ways until the target owes nothing, or has been quiet for a while."""
        while self.settle_one(talk, quiet_seconds):
            pass
        return talk

    def settle_one(self, talk: Conversation, quiet_seconds: float = 3.0) -> bool:
        """Carry what is for the target, then what it says next; say whether it said anything."""
        pending = b"".join(talk.sent())
        if pending:
            self._socket.sendall(pending)
        if not talk.relay.talk.line:
            return False
        ready, _, _ = select.select([self._socket], [], [], quiet_seconds)
        if ready:
            talk.target_says(self._socket.recv(1 << 16))
        return bool(ready)
