"""Looks up once more what an operation means that waits for people: before they are asked, and after their yes."""

from dataclasses import replace
from typing import TYPE_CHECKING

from yett.core.errors import ProtocolError
from yett.core.operations import Refusal
from yett.protocols._wire.questions import Inspect, Pin
from yett.protocols.postgres.beside import BesideQuestion
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.codec import SYNC
from yett.protocols.postgres.line import Due, Kind
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.unresolved import UNTOLD

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking


class Pinning(BesideQuestion):
    """One such look-up, beside its open question."""

    __slots__ = ("_wanted",)

    def __init__(self, asking: "Asking", wanted: Pin, question: Inspect) -> None:
        super().__init__(asking, question)
        self._wanted = wanted

    def _begin(self) -> None:
        asking = self._asking
        talk, pending = asking.talk, asking.pending
        if pending is None:
            raise ProtocolError("nothing is open that could be pinned")
        self._end_idle_segment()
        if talk.view is None:
            # What ran before it, in its pipeline, may have changed what names mean.
            asking.look_up(asking.desk.look(), self._seen)
            return
        in_transaction = talk.status != b"I" or talk.segment_open
        looks = asking.desk.resolve_anew(pending.known, talk.view, pending.types, in_transaction=in_transaction)
        asking.look_up(looks, self._found)

    def _seen(self, view: SessionView | None) -> None:
        asking = self._asking
        if asking.talk.question is not self._question:
            self._leave()
            return
        asking.talk.view = view
        if view is None:
            self._done(UNTOLD)
        else:
            self._begin()

    def _end_idle_segment(self) -> None:
        """End a pipeline segment in which nothing ran: what was prepared stays, and a fresh snapshot can be had."""
        talk = self._asking.talk
        opened = any(one.segment == talk.segment for one in talk.names.portals.values())
        if not talk.segment_open or talk.status != b"I" or opened or talk.ran_in == talk.segment:
            return
        talk.to_target.append((talk.pass_, SYNC))
        talk.owe(Due(Kind.SYNC, hidden=True))
        talk.segment_open = False

    def _found(self, meant: Meant | Refusal) -> None:
        asking, question = self._asking, self._question
        talk, pending = asking.talk, asking.pending
        if talk.question is not question or pending is None:
            self._leave()
            return
        if isinstance(meant, Refusal):
            self._done(meant)
            return
        screen = talk.screen
        token = screen is not None and screen.holds_token(question.text, question.parameters)
        asking.resolved = meant
        talk.question = replace(question, operation=asking.desk.touched(meant, pending.earlier, token=token))
        self._done(talk.question)

    def _done(self, found: Inspect | Refusal) -> None:
        self._leave()
        self._wanted.then(found)
