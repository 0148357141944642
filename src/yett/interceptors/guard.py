"""Refuses what no policy could allow: texts not understood, deny-lists, and what a shared role must never do."""

from collections.abc import Callable

from yett.core.decisions import Decision, Deny
from yett.core.operations import Operation
from yett.core.targets import Access
from yett.interceptors.seat import Seat
from yett.protocols._wire.questions import Inspect


class Guard:
    """The rules that stand before policy.

    `deny_list` answers for an operation and the exact bytes asked (what refers to a text was answered for with it);
    `never_shared` says of an access whether it reaches other people's sessions or the shared role itself (answers.md,
    "Always denied to clients of a shared role").
    """

    def __init__(
        self, deny_list: Callable[[Operation, bytes], Decision | None] | None, never_shared: Callable[[Access], str]
    ) -> None:
        self._deny_list = deny_list
        self._never_shared = never_shared
        self._harmless: dict[int, tuple[Access, ...]] = {}

    def __call__(self, seat: Seat, question: Inspect) -> Decision | None:
        """Refuse, or let policy decide."""
        del seat
        operation = question.operation
        refusal = operation.refusal
        if refusal is not None:
            return Decision(Deny(refusal.code, refusal.reason, refusal.hint), decided_by="guard")
        if self._deny_list is not None:
            denied = self._deny_list(operation, question.text)
            if denied is not None:
                return denied
        return None if question.unrestricted else self._shared(operation)

    def _shared(self, operation: Operation) -> Decision | None:
        accesses = operation.accesses
        if self._harmless.get(id(accesses)) is accesses:
            return None
        for access in accesses:
            why = self._never_shared(access)
            if why:
                hint = "Ask for a resource whose role is yours alone, or for the rows in another way."
                return Decision(Deny("shared_role", why, hint), decided_by="guard", access=access)
        if len(self._harmless) > 10_000:  # a bound on memory, not a setting
            self._harmless.clear()
        self._harmless[id(accesses)] = accesses
        return None
