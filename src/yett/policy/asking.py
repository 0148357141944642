"""Answers to the accesses of one operation: from memory where it has them, from Cedar where it must."""

from collections.abc import Callable
from dataclasses import replace

from yett.core.targets import Access
from yett.policy.columns import table_of
from yett.policy.entities import Json
from yett.policy.generations import Generations
from yett.policy.judging import Outcome, SessionView, together
from yett.policy.schema import PolicySchema

Memory = Generations[tuple[object, ...], Outcome]


class Asking:
    """One operation's questions. `seen` is all that policies can see beside the access; the context is made once."""

    __slots__ = ("_context", "_made", "_memory", "_schema", "_seen", "_view")

    def __init__(
        self,
        view: SessionView,
        seen: tuple[object, ...],
        memory: Memory,
        schema: PolicySchema,
        made: Callable[[], Json],
    ) -> None:
        self._view = view
        self._seen = (view.key, *seen)
        self._memory = memory
        self._schema = schema
        self._made = made
        self._context: Json | None = None

    def recall(self, access: Access) -> Outcome:
        """Return what the policies say of an access: the answer that judging it anew would give."""
        key = (self._seen, access)
        outcome = self._memory.get(key)
        if outcome is None:
            table = table_of(access, self._schema)
            outcome = self._column(access, table) if table else self._view.judge.ask(self._view, access, self.context)
            self._memory.put(key, outcome)
        return outcome

    @property
    def context(self) -> Json:
        """Return the context of the operation."""
        if self._context is None:
            self._context = self._made()
        return self._context

    def _column(self, access: Access, table: Access) -> Outcome:
        """Return what a column's access comes to; the column itself is asked about only where it must be."""
        judge = self._view.judge
        first = self.recall(table)
        question = judge.asked_of_column(access, first)
        if question is None:
            return replace(first, access=access)
        second = self._alone(question)
        return together(access, first, second, judge.excepting(self._view, access, self.context))

    def _alone(self, question: Access) -> Outcome:
        key = (self._seen, question, "alone")
        outcome = self._memory.get(key)
        if outcome is None:
            outcome = self._view.judge.ask(self._view, question, self.context)
            self._memory.put(key, outcome)
        return outcome
