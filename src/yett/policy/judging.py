"""One access put to Cedar: permitted or not, by which policies, or not to be decided."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from cedarpy import Entities, PolicySet, is_authorized

from yett.core.sessions import Session
from yett.core.targets import Access
from yett.policy.entities import Json, principal_entity, stable_context, target_entities, uid
from yett.policy.reads import Reads
from yett.policy.rules import Rule
from yett.policy.schema import PolicySchema


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


def view_of(session: Session, schema: PolicySchema, reads: Reads, judge: "Judge") -> SessionView:
    """Return the session as policies see it. Raises ValueError for an identity that Cedar cannot hold."""
    entity = principal_entity(session.principal, schema)
    context = {name: value for name, value in stable_context(session).items() if name in reads.context}
    resource = session.resource
    key = json.dumps([entity, context, resource.name, resource.protocol, resource.env], sort_keys=True)
    who = uid(session.principal.kind.value, session.principal.key)
    return SessionView(session, key, who, Entities.from_json_str(json.dumps([entity])), context, judge)


def parsed_together(rules: Sequence[Rule]) -> PolicySet:
    """Return Cedar's handle of these policies; Cedar numbers them `policy0`, `policy1` … in this order."""
    cedar = PolicySet.from_str("\n".join(rule.text for rule in rules))
    if len(cedar) != len(rules):
        msg = "Cedar read a different number of policies than there are"
        raise ValueError(msg)
    return cedar


class Judge:
    """Puts accesses to one set of policies. Remembers nothing."""

    def __init__(self, cedar: PolicySet, rules: tuple[Rule, ...], schema: PolicySchema) -> None:
        self.rules = rules
        self._cedar = cedar
        self._rules = {f"policy{number}": rule for number, rule in enumerate(rules)}
        self._schema = schema

    def judge(self, view: SessionView, access: Access, context: Json) -> Outcome:
        """Return what the policies say of one access; whatever goes wrong is an outcome that is not allowed."""
        target = access.target
        if target.resource != view.session.resource.name:
            return Outcome(access, allowed=False, error="the target lies outside the session's resource")
        if not self._schema.applies(access.effect, target.kind):
            return Outcome(access, allowed=False, error=f"{access.effect} is not an action on a {target.kind}")
        try:
            return self._ask(view, access, context)
        except ValueError:
            return Outcome(access, allowed=False, error="the request cannot be put to the policies")

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


def _number(name: str) -> int:
    return int(name.removeprefix("policy"))
