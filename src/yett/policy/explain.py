"""Why a decision is as it is: the policies that made it, and for a refusal the permits that came nearest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cedarpy import PolicySet, pst

from yett.core.decisions import Decision
from yett.core.operations import Operation
from yett.core.sessions import Session
from yett.core.targets import Access
from yett.policy.engine import PolicyEngine
from yett.policy.entities import Json
from yett.policy.judging import Judge, Outcome, SessionView
from yett.policy.parts import written_parts
from yett.policy.rules import Rule

NEAREST_MAX = 3
_ANY = pst.ScopeAny()
_SCOPES = ("principal", "action", "resource")
# A permit whose condition failed was nearer than one for somebody else.
_FAR: Mapping[str, int] = {"resource": 1, "action": 2, "principal": 3}


@dataclass(frozen=True, slots=True)
class Near:
    """A permit that did not apply.

    `missed` names what about it did not match: `principal`, `action`, `resource`, `when`, `unless`; a clause with its
    number (`when 2`) where there are several.
    """

    rule: Rule
    missed: tuple[str, ...]

    @property
    def words(self) -> str:
        """Return in words why the permit did not apply, with the parts as they were written."""
        written = written_parts(self.rule.text)
        texts = ((part in _SCOPES, written.get(part, part)) for part in self.missed)
        return "; ".join(f"it is for {text}" if scope else f"{text} does not hold" for scope, text in texts)


@dataclass(frozen=True, slots=True)
class Reason:
    """What one access came to. `nearest` is filled where no policy spoke at all."""

    outcome: Outcome
    nearest: tuple[Near, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with the grounds of each access."""

    decision: Decision
    reasons: tuple[Reason, ...]


def explain(
    engine: PolicyEngine,
    session: Session,
    operation: Operation,
    approvals: frozenset[str] = frozenset(),
    *,
    novel: bool = True,
) -> Explanation:
    """Return the decision that the engine makes, and why. Every part is asked of Cedar itself."""
    decision = engine.decide_afresh(session, operation, approvals, novel=novel)
    view = engine.view(session)
    if view is None or operation.refusal is not None:
        return Explanation(decision, ())
    context = engine.context(view, operation, approvals, novel=novel)
    accesses = dict.fromkeys(operation.accesses)
    return Explanation(decision, tuple(_reason(engine, view, access, context) for access in accesses))


def _reason(engine: PolicyEngine, view: SessionView, access: Access, context: Json) -> Reason:
    outcome = engine.judge.judge(view, access, context)
    if outcome.allowed or outcome.rules or outcome.error:
        return Reason(outcome)
    permits = (rule for rule in engine.policies.rules if rule.permits)
    near = [Near(rule, tuple(_missed(rule, engine, view, access, context))) for rule in permits]
    near.sort(key=lambda one: (len(one.missed), [_FAR.get(part, 0) for part in one.missed]))
    return Reason(outcome, tuple(near[:NEAREST_MAX]))


def _missed(rule: Rule, engine: PolicyEngine, view: SessionView, access: Access, context: Json) -> Iterable[str]:
    """Yield the parts of a permit that do not match, each tried alone with all other parts left open."""
    for name, part in _parts(rule):
        one = pst.PolicySet({}, {"policy0": part}, ())
        judge = Judge(PolicySet.from_pst(one), (rule,), engine.schema)
        if not judge.judge(view, access, context).allowed:
            yield name


def _parts(rule: Rule) -> Iterable[tuple[str, pst.Template]]:
    tree = rule.tree
    yield "principal", _permit(principal=tree.principal)
    yield "action", _permit(action=tree.action)
    yield "resource", _permit(resource=tree.resource)
    for number, clause in enumerate(tree.clauses, start=1):
        word = "unless" if isinstance(clause, pst.Unless) else "when"
        yield (f"{word} {number}" if len(tree.clauses) > 1 else word), _permit(clauses=(clause,))


def _permit(
    *,
    principal: pst.PrincipalOrResourceConstraint = _ANY,
    action: pst.ActionConstraint = _ANY,
    resource: pst.PrincipalOrResourceConstraint = _ANY,
    clauses: tuple[pst.Clause, ...] = (),
) -> pst.Template:
    return pst.Template("policy0", "permit", principal, action, resource, clauses, {})
