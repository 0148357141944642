"""Outcomes of accesses become one decision, in words that say what to do next."""

import shlex
from collections.abc import Iterable, Sequence

from yett.core.decisions import Allow, Decision, Deny, Hold
from yett.core.ids import PolicyVersion
from yett.core.principals import Principal, PrincipalKind
from yett.core.targets import Access
from yett.policy.judging import Outcome
from yett.policy.rephrasing import Permitted, instead, meaning
from yett.policy.rules import Rule, combined
from yett.policy.wording import target_words

REASONS_MAX = 3
MEMBERSHIPS_MAX = 8


def allowed(outcomes: Iterable[Outcome], version: PolicyVersion) -> Decision:
    """Return the decision for an operation whose every access is permitted."""
    rules = _distinct(outcomes)
    obligations = combined(obligation for rule in rules for obligation in rule.obligations)
    return _decision(Allow(obligations), rules, version)


def held(outcomes: Sequence[Outcome], flows: Iterable[str], version: PolicyVersion) -> Decision:
    """Return the decision for an operation that the approvals of `flows` would allow."""
    rules = [rule for rule in _distinct(outcomes) if rule.flow]
    names = tuple(sorted(flows))
    reason = _reasons(rules) or f"needs approval by {', '.join(names)}"
    return _decision(Hold(names, reason, _hint(rules)), rules, version, outcomes[0].access)


def refused(
    outcome: Outcome, access: Access, principal: Principal, version: PolicyVersion, permitted: Permitted
) -> Decision:
    """Return the decision for an operation of which this access is the first that is refused, by this outcome.

    `permitted` says of another access whether it would be, so that only ways out are named that lead somewhere.
    """
    if outcome.error:
        hint = "this is a fault of the policies or the gate, not of the request; tell whoever runs the gate"
        return _decision(Deny("policy_error", outcome.error, hint), outcome.rules, version, access)
    hint = "; ".join(filter(None, (shown(instead(access, permitted)), _ask(principal, access))))
    if not outcome.rules:
        reason = f"no policy permits {access.effect} on {shown(access.target.id + meaning(access))}"
        return _decision(Deny("no_policy_permits", reason, hint), (), version, access)
    first = outcome.rules[0].id
    reason = _reasons(outcome.rules)
    reason = reason or f"policy {first} forbids {access.effect} on {shown(access.target.id + meaning(access))}"
    return _decision(Deny("policy_forbids", reason, _hint(outcome.rules) or hint), outcome.rules, version, access)


def not_judged(code: str, reason: str, hint: str, version: PolicyVersion, access: Access | None = None) -> Decision:
    """Return the denial of an operation that was never put to the policies."""
    return _decision(Deny(code, reason, hint), (), version, access)


def why_command(principal: Principal, access: Access) -> str:
    """Return the command that explains this refusal, with the groups and roles that the principal has now."""
    target = access.target
    who = principal.key if principal.kind is PrincipalKind.USER else f"{principal.kind} {principal.key}"
    words = ["yett", "policy", "why", "--principal", who]
    for option, names in (("--group", principal.groups), ("--role", principal.roles)):
        words += [word for name in sorted(names)[:MEMBERSHIPS_MAX] for word in (option, name)]
    words += ["--resource", target.resource, "--effect", access.effect.value]
    words += ["--target", target_words(target)] if target.path else []
    words += ["--label", target.label] if target.label else []
    return shown(" ".join(shlex.quote(word) for word in words))


def _ask(principal: Principal, access: Access) -> str:
    return f"ask why: {why_command(principal, access)}"


def shown(text: str) -> str:
    """Return text that cannot steer a terminal: what does not print is shown by its number."""
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


def _decision(
    verdict: Allow | Deny | Hold, rules: Iterable[Rule], version: PolicyVersion, access: Access | None = None
) -> Decision:
    return Decision(verdict, tuple(rule.id for rule in rules), version, "policy", access)


def _distinct(outcomes: Iterable[Outcome]) -> list[Rule]:
    return list({rule.id: rule for outcome in outcomes for rule in outcome.rules}.values())


def _reasons(rules: Iterable[Rule]) -> str:
    return "; ".join(list(dict.fromkeys(rule.reason for rule in rules if rule.reason))[:REASONS_MAX])


def _hint(rules: Iterable[Rule]) -> str:
    return "; ".join(list(dict.fromkeys(rule.hint for rule in rules if rule.hint))[:REASONS_MAX])
