"""Runs the policies' own test cases: what should be allowed, denied or held, and by which policy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from yett.core.clock import ManualClock
from yett.core.decisions import Allow, Decision, Deny, Hold, Verdict
from yett.core.ids import SessionId
from yett.core.operations import Operation
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Access, Resource
from yett.policy.case_files import Case, moment_of, read_case_file
from yett.policy.engine import PolicyEngine
from yett.policy.problems import PolicyProblems, Problem
from yett.policy.rules import Rule
from yett.policy.wording import Unreadable, read_effect, read_target

_MONDAY_NOON = 1_704_110_400.0
Understand = Callable[[Session, str], Sequence[Operation]]
"""What a protocol makes of a text in a session: its operations in order. Raises YettError where it cannot tell."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What a case came to. `faults` is empty where it is as expected."""

    case: Case
    decision: Decision
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Return whether everything was as expected."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class CaseReport:
    """All results, and the policies that no case came across."""

    results: tuple[CaseResult, ...]
    unexercised: tuple[Rule, ...]

    @property
    def passed(self) -> bool:
        """Return whether every case was as expected."""
        return all(result.passed for result in self.results)


def run_cases(
    files: Mapping[str, str],
    engine: PolicyEngine,
    resources: Mapping[str, Resource],
    understand: Understand | None = None,
) -> CaseReport:
    """Run every case of these `*.test.toml` texts against the engine's policies.

    A case's `at` is its time; without one it runs at 12:00 UTC on a Monday, so that results do not change with the
    day. Raises PolicyProblems where a file, target or effect cannot be read.
    """
    problems: list[Problem] = []
    cases: list[Case] = []
    for name in sorted(files):
        try:
            cases += read_case_file(name, files[name], resources)
        except PolicyProblems as found:
            problems += found.problems
    results = [result for case in cases if (result := _run(case, engine, understand, problems))]
    if problems:
        raise PolicyProblems(problems)
    spoken = {policy for result in results for policy in result.decision.policies}
    unexercised = tuple(rule for rule in engine.policies.rules if rule.id not in spoken)
    return CaseReport(tuple(results), unexercised)


def verdict_word(verdict: Verdict) -> str:
    """Return `allow`, `deny` or `hold`."""
    match verdict:
        case Allow():
            return "allow"
        case Hold():
            return "hold"
        case _:
            return "deny"


def case_session(case: Case) -> Session:
    """Return the session that a case speaks of."""
    client = case.written.client
    facts = ClientFacts(client.address, 0, client.tls, client.program)
    return Session(SessionId("case"), case.principal, case.resource, facts, moment_of(case.written) or _MONDAY_NOON)


def _run(case: Case, engine: PolicyEngine, understand: Understand | None, problems: list[Problem]) -> CaseResult | None:
    session = case_session(case)
    timed = PolicyEngine(engine.policies, engine.schema, ManualClock(session.started_at))
    try:
        operations = _operations(case, session, timed, understand)
    except Unreadable as error:
        problems.append(Problem(case.place, f'case "{case.title}": {error.message}', error.hint))
        return None
    approvals = frozenset(case.written.approvals)
    novel = case.written.novel
    decision = _worst([timed.decide(session, operation, approvals, novel=novel) for operation in operations])
    return CaseResult(case, decision, tuple(_faults(case, decision)))


def _operations(
    case: Case, session: Session, engine: PolicyEngine, understand: Understand | None
) -> Sequence[Operation]:
    written = case.written
    if written.sql:
        if understand is None:
            raise Unreadable("`sql` cannot be understood here", hint="give `effect` and `target` instead")
        found = understand(session, written.sql)
        if not found:
            raise Unreadable("`sql` holds no statement")
        return found
    effect = read_effect(case.effect)
    target = read_target(case.target, case.resource.name, effect, engine.schema, written.label)
    facts = dict(written.facts)
    return [Operation(case.resource.protocol, written.kind, "", (Access(effect, target),), facts)]


def _worst(decisions: Sequence[Decision]) -> Decision:
    """Return the first denial, else the first hold, else one allowing decision that names every policy."""
    for kind in (Deny, Hold):
        for decision in decisions:
            if isinstance(decision.verdict, kind):
                return decision
    policies = dict.fromkeys(policy for decision in decisions for policy in decision.policies)
    first = decisions[0]
    return Decision(first.verdict, tuple(policies), first.policy_version, first.decided_by)


def _faults(case: Case, decision: Decision) -> list[str]:
    written, verdict = case.written, decision.verdict
    faults = []
    got = verdict_word(verdict)
    if got != written.expect:
        reason = f": {verdict.reason}" if isinstance(verdict, Deny | Hold) else ""
        faults.append(f"expected {written.expect}, got {got}{reason}")
    missing = [policy for policy in written.by if policy not in decision.policies]
    if missing:
        by = ", ".join(decision.policies) or "no policy"
        faults.append(f"expected it to be decided by {', '.join(missing)}; it was by {by}")
    if written.flows and isinstance(verdict, Hold) and set(written.flows) != set(verdict.flows):
        faults.append(f"expected approval by {', '.join(written.flows)}; it asks {', '.join(verdict.flows)}")
    return faults
