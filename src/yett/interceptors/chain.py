"""The one way from a request to a permit: limit, guard, authorize, record; and any fault on it is a refusal.

`admit` is the only maker of permits. It makes one after the decision is an allow and the intention is written,
so that nothing can be forwarded that was not judged and recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from yett.core.decisions import Allow, Decision, Deny, Hold, Rewrite, Terminate
from yett.core.errors import RecordingFailed
from yett.core.permits import Permit
from yett.core.targets import Access
from yett.interceptors.deviation import Deviation
from yett.interceptors.seat import Seat
from yett.protocols._wire.questions import Inspect
from yett.recording.entries import encode_accesses, encode_decision

_ENCODED_MAX: Final = 20_000
CARRIED_OUT: frozenset[str] = frozenset(("cap_rows", "cap_bytes", "record_rows"))
"""The obligations that the data plane carries out; an allow with any other is a denial."""


class Interceptor(Protocol):
    """One concern: a decision, or None to let the next one answer."""

    def __call__(self, seat: Seat, question: Inspect, /) -> Decision | None:
        """Judge one operation of a session."""
        ...


class Chain:
    """Interceptors in order; the last one always answers. What gets a permit is learnt by `deviation`, where asked.

    `on_fault` hears of what went wrong while something was judged: it is refused, and somebody has to mend the gate.
    """

    def __init__(
        self,
        interceptors: Sequence[Interceptor],
        deviation: Deviation | None = None,
        on_fault: Callable[[Seat, Exception], None] | None = None,
    ) -> None:
        self._interceptors = tuple(interceptors)
        self._deviation = deviation
        self._on_fault = on_fault
        self._decisions: dict[int, tuple[Decision, bytes]] = {}
        self._accesses: dict[int, tuple[tuple[Access, ...], bytes]] = {}

    def judge(self, seat: Seat, question: Inspect) -> Decision:
        """Return the decision on an operation; a fault in any interceptor denies it."""
        try:
            for intercept in self._interceptors:
                decision = intercept(seat, question)
                if decision is not None:
                    return decision
        except Exception as fault:  # noqa: BLE001 - fail closed: whatever goes wrong while judging is a refusal
            if self._on_fault is not None:
                self._on_fault(seat, fault)
            return _inspection_failed(type(fault).__name__)
        return _inspection_failed("nobody decided")

    def admit(self, seat: Seat, question: Inspect) -> tuple[Decision, Permit | None]:
        """Judge an operation, write the intention with its decision, and mint the permit if it is allowed."""
        decision = self.decide(seat, question)
        try:
            self._record(seat, question, decision)
        except RecordingFailed as failure:
            return _not_recorded(failure), None
        match decision.verdict:
            case Allow():
                if question.shape and self._deviation is not None and not _learns_nothing(question):
                    self._deviation.let_through(seat, question)
                return decision, Permit(seat.session.id, question.sequence, decision)
            case Deny() | Hold() | Rewrite() | Terminate():
                return decision, None

    def ended(self, seat: Seat, sequence: int, status: str) -> None:
        """Take in how an operation ended that ran by approval (`seat.unlearnt`)."""
        if self._deviation is not None:
            self._deviation.ended(seat, sequence, status)

    def decide(self, seat: Seat, question: Inspect) -> Decision:
        """Judge an operation without writing or permitting anything."""
        decision = self.judge(seat, question)
        if isinstance(decision.verdict, Hold) and _only_prepares(question):
            # Nothing runs yet, and its values are not known: people are asked when it is to run.
            flows = frozenset(decision.verdict.flows)
            decision = self.judge(seat, replace(question, approvals=question.approvals | flows))
        return _within_reach(decision)

    def _record(self, seat: Seat, question: Inspect, decision: Decision) -> None:
        recorder = seat.recorder
        recorder.intend(
            question.sequence,
            question.kind,
            question.text,
            question.parameters,
            self._decision_bytes(decision),
            self._access_bytes(question.operation.accesses),
            {"statement": question.refers_to} if question.refers_to else None,
        )
        if not isinstance(decision.verdict, Allow):
            recorder.outcome(question.sequence, _refused_status(decision), code=_refused_code(decision))

    def _decision_bytes(self, decision: Decision) -> bytes:
        known = self._decisions.get(id(decision))
        if known is not None and known[0] is decision:
            return known[1]
        encoded = encode_decision(decision)
        if len(self._decisions) > _ENCODED_MAX:
            self._decisions.clear()
        self._decisions[id(decision)] = (decision, encoded)
        return encoded

    def _access_bytes(self, accesses: tuple[Access, ...]) -> bytes:
        known = self._accesses.get(id(accesses))
        if known is not None and known[0] is accesses:
            return known[1]
        encoded = encode_accesses(accesses)
        if len(self._accesses) > _ENCODED_MAX:
            self._accesses.clear()
        self._accesses[id(accesses)] = (accesses, encoded)
        return encoded


def _only_prepares(question: Inspect) -> bool:
    return question.kind == "prepare" or question.operation.kind == "PREPARE"


def _learns_nothing(question: Inspect) -> bool:
    """Say whether it is no act of the principal's: only prepared, or asked by the gate for a reviewer."""
    return question.kind == "plan" or _only_prepares(question)


def _within_reach(decision: Decision) -> Decision:
    """Deny what policy allows only with an obligation that nothing here carries out: a promise is no protection."""
    verdict = decision.verdict
    if not isinstance(verdict, Allow) or not verdict.obligations:
        return decision
    unmet = ", ".join(dict.fromkeys(one.name for one in verdict.obligations if one.name not in CARRIED_OUT))
    if not unmet:
        return decision
    reason = f"policy allows this only with {unmet}, which this version of the gate cannot do"
    hint = "Ask a policy author for a policy without that obligation."
    return replace(decision, verdict=Deny("obligation_unmet", reason, hint), decided_by="chain")


def _refused_status(decision: Decision) -> str:
    return "held" if isinstance(decision.verdict, Hold) else "denied"


def _refused_code(decision: Decision) -> str:
    verdict = decision.verdict
    return verdict.code if isinstance(verdict, Deny | Terminate) else ""


def _inspection_failed(what: str) -> Decision:
    reason = f"the gate failed while it judged this ({what}), so it was refused"
    return Decision(
        Deny("inspection_failed", reason, "Tell the gate's operator; the log has more."), decided_by="chain"
    )


def _not_recorded(failure: RecordingFailed) -> Decision:
    reason = f"this can't be recorded, so it was not done: {failure.message}"
    return Decision(Deny(failure.code, reason, failure.hint), decided_by="recording")
