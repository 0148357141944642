"""One access put to Cedar: permitted or not, by which policies, or not to be decided."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cedarpy import Entities, PolicySet, is_authorized, pst

from yett.core.principals import Principal
from yett.core.sessions import Session
from yett.core.targets import Access, Effect
from yett.policy.columns import Tells, any_column_of, exceptions, has_action, table_of, tellers
from yett.policy.entities import Json, principal_entity, stable_context, target_entities, uid
from yett.policy.everything import divides, is_everything
from yett.policy.generations import Generations
from yett.policy.reads import Reads, context_reads
from yett.policy.rules import Rule
from yett.policy.schema import PolicySchema
from yett.policy.scopes import matches_principal, may_touch


@dataclass(frozen=True, slots=True)
class Outcome:
    """What policy says of one access. `rules` are those that determined it; `error` is set where one failed."""

    access: Access
    allowed: bool
    rules: tuple[Rule, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as policies see it. Two sessions with the same `key` cannot be told apart by any policy.

    `judge` knows the policies whose principal can be this one; no other could ever apply.
    """

    session: Session
    key: str
    principal: dict[str, str]
    entities: Entities
    context: Json
    judge: "Judge"


def view_of(
    session: Session,
    schema: PolicySchema,
    reads: Reads,
    judge_for: Callable[[Principal], "Judge"],
    alike: Generations[str, SessionView],
) -> SessionView:
    """Return the session as policies see it. Raises ValueError for an identity that Cedar cannot hold.

    `alike` remembers such views by their key, for the next session that policies cannot tell from this one.
    """
    entity = principal_entity(session.principal, schema)
    context = {name: value for name, value in stable_context(session).items() if name in reads.context}
    resource = session.resource
    key = json.dumps([entity, context, resource.name, resource.protocol, resource.env], sort_keys=True)
    known = alike.get(key)
    if known is not None:
        return replace(known, session=session)
    who = uid(session.principal.kind.value, session.principal.key)
    entities = Entities.from_json_str(json.dumps([entity]))
    made = SessionView(session, key, who, entities, context, judge_for(session.principal))
    alike.put(key, made)
    return made


def parsed_together(rules: Sequence[Rule]) -> PolicySet:
    """Return Cedar's handle of these policies; Cedar numbers them `policy0`, `policy1` … in this order."""
    cedar = PolicySet.from_str("\n".join(rule.text for rule in rules))
    if len(cedar) != len(rules):
        msg = "Cedar read a different number of policies than there are"
        raise ValueError(msg)
    return cedar


def together(access: Access, table: Outcome, column: Outcome, excepts: Callable[[Rule], bool]) -> Outcome:
    """Return what a column's access comes to, from the answers for its table and for itself.

    Refused where either is refused or failed. Otherwise permitted by the permits of either; those of the table count
    but for columns that they except, and beside them those of the column count for what they oblige to.
    """
    for one in (table, column):
        if one.error or (one.rules and not one.allowed):
            return Outcome(access, allowed=False, rules=one.rules, error=one.error)
    permits = tuple(rule for rule in table.rules if not excepts(rule))
    if not permits:
        return Outcome(access, column.allowed, column.rules)
    obliging = tuple(rule for rule in column.rules if rule.obligations and rule not in permits)
    return Outcome(access, allowed=True, rules=permits + obliging)


class Judge:
    """Puts accesses to one set of policies. Remembers nothing."""

    def __init__(self, cedar: PolicySet, rules: tuple[Rule, ...], schema: PolicySchema) -> None:
        self.rules = rules
        self._cedar = cedar
        self._rules = {f"policy{number}": rule for number, rule in enumerate(rules)}
        self._schema = schema
        self._tellers = tellers(rules)
        permits = [rule.tree.action for rule in rules if rule.permits]
        self.asks_novelty = "novel" in context_reads(rules, schema).context
        self.permitted_effects = frozenset(one for one in Effect if any(has_action(scope, one) for scope in permits))

    def judge(self, view: SessionView, access: Access, context: Json) -> Outcome:
        """Return what the policies say of one access; whatever goes wrong is an outcome that is not allowed.

        An access to a column is permitted where the column or its table is, and refused where either is.
        """
        table = table_of(access, self._schema)
        if table is None:
            return self.ask(view, access, context)
        first, second = self.ask(view, table, context), self.ask(view, access, context)
        return together(access, first, second, self.excepting(view, access, context))

    def ask(self, view: SessionView, access: Access, context: Json) -> Outcome:
        """Return what Cedar says of this access alone."""
        target = access.target
        if target.resource != view.session.resource.name:
            return Outcome(access, allowed=False, error="the target lies outside the session's resource")
        if not self._schema.applies(access.effect, target.kind):
            return Outcome(access, allowed=False, error=f"{access.effect} is not an action on a {target.kind}")
        try:
            answer = self._ask(view, access, context)
            return self._of_everything(view, answer) if answer.allowed and is_everything(access) else answer
        except ValueError:
            return Outcome(access, allowed=False, error="the request cannot be put to the policies")

    def _of_everything(self, view: SessionView, answer: Outcome) -> Outcome:
        """Return what is left of a permit for all labelled data: nothing may be said otherwise of any part of it."""
        session, action = view.session, answer.access.effect
        forbids = tuple(
            rule
            for rule in self.rules
            if not rule.permits
            and has_action(rule.tree.action, action)
            and matches_principal(rule.tree.principal, session.principal)
            and may_touch(rule.tree.resource, session.resource)
            and divides(rule)
        )
        permits = tuple(rule for rule in answer.rules if not divides(rule))
        return Outcome(answer.access, bool(permits) and not forbids, forbids or permits)

    def asked_of_column(self, access: Access, table: Outcome) -> Access | None:
        """Return what must be asked of a column beside its table, whose answer is known; None where that is enough."""
        if table.error or (table.rules and not table.allowed):
            return None
        concerned = [
            one for one in self._tellers if (one.adds or not table.allowed) and one.concerns(access, self._schema)
        ]
        if not concerned:
            return None if _is_text(access.target.path[-1]) else access
        return access if any(one.tells is Tells.NAME for one in concerned) else any_column_of(access)

    def excepting(self, view: SessionView, access: Access, context: Json) -> Callable[[Rule], bool]:
        """Return what says of a permit whether it excepts this access's target by its conditions."""

        def excepts(rule: Rule) -> bool:
            conditions = exceptions(rule)
            return bool(conditions) and any(self._holds(rule, one, view, access, context) for one in conditions)

        return excepts

    def _holds(self, rule: Rule, condition: pst.Expr, view: SessionView, access: Access, context: Json) -> bool:
        scope = pst.ScopeAny()
        one = pst.Template("policy0", "permit", scope, scope, scope, (pst.When(condition),), {})
        judge = Judge(PolicySet.from_pst(pst.PolicySet({}, {"policy0": one}, ())), (rule,), self._schema)
        answer = judge.ask(view, access, context)
        return answer.allowed or bool(answer.error)

    def _ask(self, view: SessionView, access: Access, context: Json) -> Outcome:
        entities = target_entities(access.target, view.session.resource, self._schema)
        request = {
            "principal": view.principal,
            "action": uid("Action", access.effect.value),
            "resource": uid(access.target.kind, access.target.id),
            "context": context,
        }
        answer = is_authorized(request, self._cedar, view.entities.with_added_json_str(json.dumps(entities)))
        rules = tuple(self._rules[name] for name in sorted(answer.diagnostics.reasons, key=_number))
        if answer.diagnostics.errors:
            failed = ", ".join(self._failed(answer.diagnostics.errors))
            return Outcome(access, allowed=False, rules=rules, error=f"a policy could not be evaluated: {failed}")
        return Outcome(access, answer.allowed, rules)

    def _failed(self, errors: list[str]) -> list[str]:
        """Return the ids of the policies that failed; Cedar's own words may hold values and are not passed on."""
        found = [rule.id for name, rule in self._rules.items() if any(f"`{name}`" in error for error in errors)]
        return found or ["the request itself"]


def _is_text(name: str) -> bool:
    """Return False for a name that Cedar cannot hold: one with lone surrogates."""
    return name.isascii() or not any("\ud800" <= char <= "\udfff" for char in name)


def _number(name: str) -> int:
    return int(name.removeprefix("policy"))
