"""The one place that decides: every access of an operation must be permitted, and no policy may forbid it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from yett.core.clock import Clock
from yett.core.decisions import Decision
from yett.core.ids import PolicyVersion
from yett.core.operations import Operation
from yett.core.principals import Principal
from yett.core.sessions import Session
from yett.core.targets import Access, Effect
from yett.policy import verdicts
from yett.policy.asking import Asking, Memory
from yett.policy.entities import Json, fitting
from yett.policy.generations import Generations
from yett.policy.judging import Judge, Outcome, SessionView, parsed_together, view_of
from yett.policy.reads import context_reads
from yett.policy.schema import WEEKDAYS, PolicySchema
from yett.policy.scopes import is_unrestricted, matches_principal

if TYPE_CHECKING:
    from yett.policy.loading import LoadedPolicies

ACCESSES_MAX: Final = 4_096
_REMEMBERED_OPERATIONS: Final = 32_768
_REMEMBERED_ACCESSES: Final = 16_384
_REMEMBERED_SESSIONS: Final = 4_096
_REMEMBERED_JUDGES: Final = 64
_NO_APPROVALS: frozenset[str] = frozenset()

Varying = tuple[object, ...]
_Seen = tuple[Session, tuple[Access, ...], Decision]


class PolicyEngine:
    """Decides by one version of the policies. Pure but for its memory and the clock's hour; swapped whole on reload.

    `decide` remembers whole operations by identity (one look-up when the same session repeats the same accesses)
    and single accesses by content. What is remembered is keyed by all that the policies can see, so that an answer
    from memory is the answer that evaluation would give.
    """

    def __init__(self, policies: "LoadedPolicies", schema: PolicySchema, clock: Clock) -> None:
        self.policies = policies
        self.known = policies.known
        self.schema = schema
        self.judge = Judge(policies.cedar, policies.rules, schema)
        self.reads = context_reads(policies.rules, schema)
        self._clock = clock
        self._version = policies.version
        self._facts = tuple(sorted(self.reads.facts))
        self._momentary = self.reads.time
        self._timed = bool(self.reads.context & {"hour", "weekday", "now"})
        self.asks_novelty = "novel" in self.reads.context
        self._varies = bool(self._facts) or self._timed or self.asks_novelty
        self._operations: Generations[tuple[object, ...], _Seen] = Generations(_REMEMBERED_OPERATIONS)
        self._accesses: Memory = Generations(_REMEMBERED_ACCESSES)
        self._judges: Generations[tuple[str, ...], Judge] = Generations(_REMEMBERED_JUDGES)
        self._views: Generations[int, SessionView] = Generations(_REMEMBERED_SESSIONS)
        self._alike: Generations[str, SessionView] = Generations(_REMEMBERED_SESSIONS)
        self._unrestricted: Generations[str, bool] = Generations(_REMEMBERED_SESSIONS)

    @property
    def version(self) -> PolicyVersion:
        """Return the version of the policies, which every decision carries."""
        return self._version

    def decide(
        self,
        session: Session,
        operation: Operation,
        approvals: frozenset[str] = _NO_APPROVALS,
        *,
        novel: bool = True,
    ) -> Decision:
        """Return the decision on an operation, given the approvals it already has.

        `novel` says whether its like was never allowed to this principal here; it counts where `concerns_novelty`.
        """
        accesses = operation.accesses
        varying = self._varying(operation, novel=novel) if self._varies else None
        if operation.refusal is not None or self._momentary:
            return self._decide(session, operation, approvals, varying or ())
        key = (id(session), id(accesses), approvals, varying)
        seen = self._operations.get(key)
        if seen is not None and seen[0] is session and seen[1] is accesses:
            return seen[2]
        decision = self._decide(session, operation, approvals, varying or ())
        self._operations.put(key, (session, accesses, decision), len(accesses) + 1)
        return decision

    def decide_afresh(
        self,
        session: Session,
        operation: Operation,
        approvals: frozenset[str] = _NO_APPROVALS,
        *,
        novel: bool = True,
    ) -> Decision:
        """Return the decision by evaluating all policies anew, without anything that is remembered."""
        return self._decide(session, operation, approvals, self._varying(operation, novel=novel), remembered=False)

    def outcome(self, session: Session, operation: Operation, access: Access, *, novel: bool = True) -> Outcome:
        """Return what policies say of an access beside those of an operation, such as `unmask` on what it shows."""
        view = self.view(session)
        if view is None:
            return Outcome(access, allowed=False, error="the principal cannot be put to the policies")
        return self._asking(view, self._varying(operation, novel=novel), _NO_APPROVALS).recall(access)

    def concerns_novelty(self, session: Session) -> bool:
        """Say whether a policy that can apply to this principal asks whether an operation is new."""
        view = self.view(session) if self.asks_novelty else None
        return view is not None and view.judge.asks_novelty

    def could_permit(self, session: Session, effect: Effect) -> bool:
        """Return False only if no policy could ever permit this effect to this principal."""
        view = self.view(session)
        return view is not None and effect in view.judge.permitted_effects

    def unrestricted(self, session: Session) -> bool:
        """Return True only if the policies prove that this principal may do everything in the session's resource."""
        view = self.view(session)
        if view is None:
            return False
        known = self._unrestricted.get(view.key)
        if known is None:
            known = is_unrestricted(self.policies.rules, session.principal, session.resource)
            self._unrestricted.put(view.key, known)
        return known

    def view(self, session: Session) -> SessionView | None:
        """Return the session as policies see it, or None where its principal cannot be put to Cedar."""
        seen = self._views.get(id(session))
        if seen is not None and seen.session is session:
            return seen
        try:
            made = view_of(session, self.schema, self.reads, self._judge_for, self._alike)
        except ValueError:
            return None
        self._views.put(id(session), made)
        return made

    def context(
        self, view: SessionView, operation: Operation, approvals: frozenset[str], *, novel: bool = True
    ) -> Json:
        """Return the context of an operation: exactly those attributes that some policy reads."""
        return self._context(view, approvals, self._varying(operation, novel=novel))

    def _judge_for(self, principal: Principal) -> Judge:
        """Return a judge with those policies only that can apply to this principal: the fewer, the faster."""
        rules = tuple(rule for rule in self.policies.rules if matches_principal(rule.tree.principal, principal))
        key = tuple(rule.id for rule in rules)
        known = self._judges.get(key)
        if known is None:
            known = Judge(parsed_together(rules), rules, self.schema)
            self._judges.put(key, known)
        return known

    def _decide(
        self,
        session: Session,
        operation: Operation,
        approvals: frozenset[str],
        varying: Varying,
        *,
        remembered: bool = True,
    ) -> Decision:
        early = self._refused_early(operation)
        if early is not None:
            return early
        view = self.view(session)
        accesses = tuple(dict.fromkeys(operation.accesses))
        if view is None:
            outcome = Outcome(accesses[0], allowed=False, error="the principal cannot be put to the policies")
            return verdicts.refused(outcome, accesses[0], session.principal, self._version, lambda _: False)
        view = view if remembered else replace(view, judge=self.judge)
        judge_all = partial(self._recall_all if remembered else self._judge_all, view, varying)
        first = judge_all(accesses, approvals)
        refusals = [outcome for outcome in first if not outcome.allowed]
        if not refusals:
            return verdicts.allowed(first, self._version)
        flows = frozenset(rule.flow for outcome in refusals for rule in outcome.rules if rule.flow)
        if flows:
            lifted = judge_all(accesses, approvals | flows)
            still = [outcome for outcome in lifted if not outcome.allowed]
            if not still:
                return verdicts.held(refusals, flows, self._version)
            refusals = still
        # What is remembered is another operation's access, which may be refused for something else in it.
        own = next(access for access in accesses if access == refusals[0].access)
        return verdicts.refused(
            refusals[0], own, session.principal, self._version, lambda other: judge_all((other,), approvals)[0].allowed
        )

    def _refused_early(self, operation: Operation) -> Decision | None:
        refusal = operation.refusal
        if refusal is not None:
            return verdicts.not_judged(refusal.code, refusal.reason, refusal.hint, self._version)
        unknown = next((a for a in operation.accesses if a.effect is Effect.UNKNOWN), None)
        if unknown is not None or not operation.accesses:
            hint = "say it in a plainer way, or in separate statements"
            reason = "what this operation would do is not understood"
            return verdicts.not_judged("not_understood", reason, hint, self._version, unknown)
        if len(operation.accesses) > ACCESSES_MAX:
            reason = f"it touches more than {ACCESSES_MAX} things at once"
            return verdicts.not_judged("limit_exceeded", reason, "split it into smaller operations", self._version)
        return None

    def _recall_all(
        self, view: SessionView, varying: Varying, accesses: Sequence[Access], approvals: frozenset[str]
    ) -> list[Outcome]:
        recall = self._asking(view, varying, approvals).recall
        return [recall(access) for access in accesses]

    def _asking(self, view: SessionView, varying: Varying, approvals: frozenset[str]) -> Asking:
        # Where the moment itself is read, an answer is good for one operation only.
        memory = Generations(_REMEMBERED_ACCESSES) if self.reads.time else self._accesses
        made = partial(self._context, view, approvals, varying)
        return Asking(view, (approvals, varying), memory, self.schema, made)

    def _judge_all(
        self, view: SessionView, varying: Varying, accesses: Sequence[Access], approvals: frozenset[str]
    ) -> list[Outcome]:
        context = self._context(view, approvals, varying)
        return [view.judge.judge(view, access, context) for access in accesses]

    def _varying(self, operation: Operation, *, novel: bool) -> Varying:
        """Return the values of what policies read that can differ from operation to operation in one session."""
        facts = [self._fact(operation, name) for name in self._facts]
        moment = self._moment() if self._timed else ()
        return (*facts, *moment, novel) if self.asks_novelty else (*facts, *moment)

    def _fact(self, operation: Operation, name: str) -> object:
        if name == "protocol":
            return operation.protocol
        if name == "kind":
            return operation.kind
        return fitting(operation.facts.get(name), self.schema.facts[name])

    def _moment(self) -> Varying:
        """Return hour, weekday and, where a policy asks for it, the exact time; all UTC."""
        now = self._clock.now()
        days, seconds = divmod(int(now), 86_400)
        exact = ""
        if self.reads.time:
            exact = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # The epoch began on a Thursday.
        return (seconds // 3_600, WEEKDAYS[(days + 3) % 7], exact)

    def _context(self, view: SessionView, approvals: frozenset[str], varying: Varying) -> Json:
        reads = self.reads
        context: Json = dict(view.context)
        if "approvals" in reads.context:
            context["approvals"] = sorted(approvals)
        if "operation" in reads.context:
            facts = zip(self._facts, varying, strict=False)
            context["operation"] = {name: value for name, value in facts if value is not None}
        if self.asks_novelty:
            context["novel"] = varying[-1]
        if self._timed:
            first = len(self._facts)
            hour, weekday, exact = varying[first : first + 3]
            times: Json = {"hour": hour, "weekday": weekday, "now": {"__extn": {"fn": "datetime", "arg": exact}}}
            context |= {name: value for name, value in times.items() if name in reads.context}
        return context
