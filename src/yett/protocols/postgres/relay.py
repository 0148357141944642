"""One PostgreSQL session after login, as a value: bytes and answers in, bytes, questions and outcomes out.

No socket, clock or store is touched here: the driver feeds `from_client`, `from_target` and `judged`, and collects
`to_client`, `to_target`, `question`, `outcomes`, `events` and `ending` after each. Every piece of `to_target` carries
the permit of the operation it belongs to, which the driver checks.
"""

from collections.abc import Callable
from dataclasses import replace

from yett.core.decisions import Decision
from yett.core.permits import Permit
from yett.protocols._wire.questions import Gather, Held, Pin, Preview
from yett.protocols.postgres import holding
from yett.protocols.postgres.answering import Answering
from yett.protocols.postgres.asking import Asking
from yett.protocols.postgres.codec import notice
from yett.protocols.postgres.refusals import ending
from yett.protocols.postgres.screening import Screen
from yett.protocols.postgres.sql.facts import Understood
from yett.protocols.postgres.statement_desk import StatementDesk
from yett.protocols.postgres.talk import RelayLimits, Talk


class Relay:
    """The two directions of one session, and what they share."""

    __slots__ = ("_answering", "_asking", "_desk", "talk")

    def __init__(  # noqa: PLR0913, PLR0917 - what meets here, given once
        self,
        pass_: Permit,
        desk: StatementDesk,
        limits: RelayLimits,
        parameters: dict[str, str],
        clock: Callable[[], float],
        unrestricted: Callable[[], bool],
        screen: Screen | None = None,
    ) -> None:
        self.talk = Talk(pass_, limits, parameters, clock)
        self.talk.screen = screen
        self._desk = desk
        self._asking = Asking(self.talk, desk, unrestricted)
        self._answering = Answering(self.talk, desk, self._asking)
        self._asking.answering = self._answering

    @property
    def backlog(self) -> int:
        """Return how many bytes of the client wait here."""
        return self._asking.backlog

    @property
    def busy(self) -> bool:
        """Say whether the target still owes an answer, or a transaction is open."""
        return bool(self.talk.line) or self.talk.status != b"I"

    @property
    def running(self) -> bool:
        """Say whether the target still owes an answer, or something is being judged."""
        talk = self.talk
        return bool(talk.line) or talk.question is not None or talk.study is not None

    def start(self) -> None:
        """The session begins: ask the target what the first statement will need to know, while the client thinks."""
        self._asking.look_ahead()

    def from_client(self, data: bytes) -> None:
        """Take what the client sent."""
        self._asking.receive(data)

    def from_target(self, data: bytes) -> None:
        """Take what the target sent."""
        self._answering.receive(data)
        self._asking.wake()

    def judged(self, decision: Decision, permit: Permit | None) -> None:
        """Take the decision on the open question, with a permit exactly when it is an allow."""
        self._asking.judged(decision, permit)

    def held(self) -> Held:
        """Say what the open question's operation is, for people to decide on; what came before it is answered."""
        return holding.held(self._asking)

    def preview(self, wanted: Preview) -> None:
        """Have the target asked what the open question's operation would touch, as far as that is safe."""
        holding.preview(self._asking, wanted)

    def pin(self, wanted: Pin) -> None:
        """Look up once more what the open question's operation means, as it will be asserted when it runs."""
        holding.pin(self._asking, wanted)

    def gather(self, wanted: Gather) -> None:
        """Take from the client the data that belongs to the open question's operation."""
        holding.gather(self._asking, wanted)

    @property
    def overtaken(self) -> bool:
        """Say whether the open question is idle: what came before it in its pipeline has failed, so it is skipped."""
        return self.talk.question is not None and self.talk.skipping

    @property
    def looks_ahead(self) -> bool:
        """Say whether the target is being asked about the open question's operation."""
        return self._asking.beside is not None and bool(self.talk.line)

    @property
    def next_sequence(self) -> int:
        """Return the number that the next operation will have."""
        return self.talk.sequence + 1

    def ask_again(self, approvals: frozenset[str]) -> None:
        """Put the open question anew, under a number of its own, with the approvals that it has by now."""
        talk = self.talk
        if talk.question is not None:
            talk.question = replace(talk.question, sequence=talk.next_sequence(), approvals=approvals)

    def tell(self, words: str, detail: str = "", hint: str = "") -> None:
        """Tell the client something beside its answers: a notice may come at any time."""
        self.talk.to_client.append(notice("00000", words, detail=detail, hint=hint))

    def study(self, text: bytes) -> Understood:
        """Read a large text: safe to run in a thread."""
        return self._desk.study(text)

    def studied(self, text: bytes, understood: Understood) -> None:
        """Take a large text that was read, and go on."""
        self._desk.studied(text, understood)
        self.talk.study = None
        self._asking.pump()

    def pump(self) -> None:
        """Go on with what waits, after a question was answered."""
        self._asking.pump()

    def close(self, reason: str, sqlstate: str = "57P01") -> None:
        """End the session from the gate's side, telling the client why."""
        self.talk.end(reason, ending(reason, sqlstate=sqlstate))

    def target_lost(self) -> None:
        """End the session because the target has closed it, as it may have told the client itself."""
        reason = "the target closed the connection"
        self.talk.end(reason, b"" if self.talk.told_end else ending(reason, sqlstate="08006"))

    def count_up(self) -> None:
        """Count what was passed on without being counted: once the client has its answer."""
        self.talk.count_up()

    def abandoned(self, status: str) -> None:
        """Give every released operation without an answer its outcome: the connection is gone."""
        self.talk.count_up()
        for act in sorted(self.talk.acts, key=lambda act: act.sequence):
            self.talk.finish(act, status)
