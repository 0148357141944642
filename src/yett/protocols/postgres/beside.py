"""What is found out beside an open question: begun once the target owes nothing, dropped when the question is gone."""

from typing import TYPE_CHECKING

from yett.protocols._wire.questions import Inspect

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking


class BesideQuestion:
    """One such inquiry; it holds up nothing else."""

    __slots__ = ("_asking", "_begun", "_question")

    def __init__(self, asking: "Asking", question: Inspect) -> None:
        self._asking = asking
        self._question = question
        self._begun = False

    def go_on(self) -> bool:
        """Begin as soon as the target owes nothing; say that messages of the client may be looked at."""
        talk = self._asking.talk
        if talk.question is not self._question:
            self._leave()
        elif not talk.line and not talk.skipping and not self._begun:
            self._begun = True
            self._begin()
        return True

    def _begin(self) -> None:
        raise NotImplementedError  # whatever is found out begins in its own way

    def _leave(self) -> None:
        """Make room, unless another question that was opened meanwhile has taken it."""
        if self._asking.beside is self:
            self._asking.beside = None
