"""What a statement that waits would find: the target's plan and the number of rows, for whoever decides on it.

Asked is the SELECT of the same rows (`sql/finding.py`), never the statement: planning that would lock its table for
writing. It is understood, judged and recorded like any operation, and asked only where nothing but PostgreSQL's own
code can run while it is planned: its accesses say so of what it names, a proof beside it of what hangs on its
relations.
"""

from typing import TYPE_CHECKING

from yett.core.targets import Effect
from yett.protocols._wire.questions import Inspect, Parameter, Preview
from yett.protocols.postgres.aside import Answers, Aside, Failed, Step, limits
from yett.protocols.postgres.beside import BesideQuestion
from yett.protocols.postgres.catalog.arrays import number_array
from yett.protocols.postgres.catalog.planning import planned_by_itself_sql
from yett.protocols.postgres.line import Act
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.plan_words import plan_words
from yett.protocols.postgres.sql.finding import Finding, finding_of
from yett.protocols.postgres.texts import Text

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking

PLAN, COUNT = "plan", "affected rows"
_PROVED, _OWN = "proved", "own"
_LOCK_SECONDS = 0.2
_PARAMETER_BYTES_MAX = 64 << 10
_TEXT_TYPE = 25
_SEEN = frozenset({Effect.CONNECT, Effect.READ, Effect.MATCH, Effect.FILTER})
_EXPLAIN = "EXPLAIN (FORMAT JSON) "
_WHY = {
    "57014": "the target took longer than it may",
    "55P03": "something has locked what it reads",
    "42501": "the target does not let the session's role read it",
}
_WHY_STEP = {
    _PROVED: "what it names has changed meanwhile",
    _OWN: "code that is not PostgreSQL's own could run while it is planned",
}


class Previewing(BesideQuestion):
    """One look ahead, beside an open question."""

    __slots__ = ("_text", "_wanted")

    def __init__(self, asking: "Asking", wanted: Preview, question: Inspect, text: bytes) -> None:
        super().__init__(asking, question)
        self._wanted = wanted
        self._text = text

    def _begin(self) -> None:
        talk = self._asking.talk
        found = finding_of(self._text.decode("utf-8", "replace"))
        if isinstance(found, str):
            self._none(found)
            return
        if talk.status == b"I" and talk.segment_open:
            self._none("other statements of the same pipeline ran before it")
            return
        parameters = self._parameters(found)
        if isinstance(parameters, str):
            self._none(parameters)
            return
        self._resolve(found, parameters, self._asking.desk.read(found.text.encode()), again=False)

    def _resolve(self, found: Finding, parameters: tuple[Parameter, ...], known: Text, *, again: bool) -> None:
        asking = self._asking
        view = asking.talk.view
        types = tuple(kind for _, kind, _ in parameters)
        if view is None:
            self._none("the gate does not know what its names mean")
            return

        def resolved(meant: Meant | None) -> None:
            if asking.talk.question is not self._question:
                self._leave()
            elif meant is not None:
                self._ask(found, parameters, meant)
            elif again:
                self._none("the gate does not know what its names mean")
            else:
                self._resolve(found, parameters, asking.desk.read(found.text.encode()), again=True)

        asking.look_up(asking.desk.resolve(known, view, types), resolved)

    def _ask(self, found: Finding, parameters: tuple[Parameter, ...], meant: Meant) -> None:
        talk = self._asking.talk
        operation = meant.operation
        if operation.refusal is not None:
            self._none(operation.refusal.reason)
            return
        if meant.opaque or any(one.effect not in _SEEN for one in operation.accesses):
            self._none("code that is not PostgreSQL's own could run, or something could change")
            return
        text = found.text.encode()
        permit = self._wanted.admit(Inspect(talk.next_sequence(), "plan", operation, text, parameters))
        if permit is None:
            self._none("policy does not let this principal read what it would read")
            return
        act = Act(permit, talk.clock())
        talk.acts.add(act)
        aside = Aside(talk, act, self._steps(found, parameters, meant), lambda answers: self._answered(found, answers))
        aside.start()
        self._asking.answering.internal = aside

    def _steps(self, found: Finding, parameters: tuple[Parameter, ...], meant: Meant) -> list[Step]:
        wanted = self._wanted
        steps = [limits(wanted.plan_seconds, _LOCK_SECONDS)]
        for proof in meant.proofs:
            values = tuple((0, 0, value.encode()) for value in proof.assertion.params)
            oids = number_array(proof.assertion.oids).encode()
            steps += [
                Step(proof.assertion.sql, values, _PROVED),
                Step(planned_by_itself_sql(), ((0, 0, oids),), _OWN),
            ]
        steps.append(Step(_EXPLAIN + found.text, parameters, PLAN))
        if wanted.count and found.count:
            steps += [limits(wanted.count_seconds, _LOCK_SECONDS), Step(found.count, parameters, COUNT)]
        return steps

    def _answered(self, found: Finding, answers: Answers) -> None:
        told = {PLAN: _plan(answers)}
        if self._wanted.count:
            told[COUNT] = _count(answers) if found.count else f"not counted: {found.uncounted}"
        self._tell(told)

    def _none(self, why: str) -> None:
        self._tell({PLAN: f"no plan: {why}"} | ({COUNT: f"not counted: {why}"} if self._wanted.count else {}))

    def _tell(self, told: dict[str, str]) -> None:
        self._leave()
        self._wanted.then(told)

    def _parameters(self, found: Finding) -> tuple[Parameter, ...] | str:
        """Return the values for the SELECT: those that do not stand in it are NULL; or why they cannot be given."""
        given = self._question.parameters
        if any(number > len(given) for number in found.parameters):
            return "it has parameters without values"
        if sum(len(value) for _, _, value in given if value is not None) > _PARAMETER_BYTES_MAX:
            return "its parameters are too long"
        if any(given[number - 1][1] == 0 for number in found.shared):
            return "what type a parameter of its condition has is known to the target alone"
        nothing: Parameter = (0, _TEXT_TYPE, None)
        return tuple(one if at in found.parameters else nothing for at, one in enumerate(given, 1))


def _plan(answers: Answers) -> str:
    found = answers[PLAN]
    if isinstance(found, Failed):
        return f"no plan: {_why(answers, found)}"
    try:
        return plan_words("".join(str(row[0]) for row in found))
    except ValueError:
        return "no plan: the gate cannot read the target's"


def _count(answers: Answers) -> str:
    found = answers[COUNT]
    if isinstance(found, Failed):
        return f"not counted: {_why(answers, found)}"
    return f"{int(found[0][0] or 0):,}, counted when it was asked; what triggers and cascades change is not in it"


def _why(answers: Answers, failed: Failed) -> str:
    """Return why a question failed: by what failed first, for all behind it fail with that."""
    first = next((one for one in answers.values() if isinstance(one, Failed)), failed)
    return _WHY.get(first.sqlstate) or _WHY_STEP.get(first.title) or f"the target refused it ({first.sqlstate})"
