"""What can be proven from policies alone: whom and what their scopes can match, without evaluating conditions."""

from collections.abc import Iterable

from cedarpy import pst

from yett.core.principals import Principal
from yett.core.targets import Resource
from yett.policy.rules import Rule, walk
from yett.policy.schema import ACTIONS, RESOURCE_KIND

_COMPARISONS = ("eq", "not_eq", "less", "less_eq", "greater", "greater_eq", "and", "or", "in")
_SAFE_BINARY = frozenset((*_COMPARISONS, "contains", "contains_all", "contains_any"))


def is_unrestricted(rules: Iterable[Rule], principal: Principal, resource: Resource) -> bool:
    """Return True only if some permit grants everything in the resource, and nothing can forbid or fail there."""
    matching = [rule for rule in rules if matches_principal(rule.tree.principal, principal)]
    concerned = [rule for rule in matching if may_touch(rule.tree.resource, resource)]
    if any(not rule.permits or can_fail(rule.tree) for rule in concerned):
        return False
    return any(_grants_everything(rule.tree, resource) for rule in concerned)


def matches_principal(scope: pst.PrincipalOrResourceConstraint, principal: Principal) -> bool:
    """Return whether a policy's principal scope matches; exact, because memberships are one level deep."""
    match scope:
        case pst.ScopeAny():
            return True
        case pst.ScopeEq(entity=pst.EntityUid() as entity):
            return _is(entity, principal)
        case pst.ScopeIn(entity=pst.EntityUid() as entity):
            return _is_in(entity, principal)
        case pst.ScopeIs(entity_type=kind):
            return str(kind) == principal.kind.value
        case pst.ScopeIsIn(entity_type=kind, entity=pst.EntityUid() as entity):
            return str(kind) == principal.kind.value and _is_in(entity, principal)
        case _:
            return False


def _is(entity: pst.EntityUid, principal: Principal) -> bool:
    return (str(entity.type), entity.id) == (principal.kind.value, principal.key)


def _is_in(entity: pst.EntityUid, principal: Principal) -> bool:
    kind = str(entity.type)
    if kind == "Group":
        return entity.id in principal.groups
    if kind == "Role":
        return entity.id in principal.roles
    return _is(entity, principal)


def _grants_everything(tree: pst.Template, resource: Resource) -> bool:
    return not tree.clauses and _covers_every_action(tree.action) and _covers(tree.resource, resource)


def can_fail(tree: pst.Template) -> bool:
    """Return False only where no value that a request can have makes a condition fail: a failure is a deny.

    Attributes can lack where a claim, a fact or an address is not of its declared type; sums can overflow.
    """
    return any(_may_lack(node) or _may_overflow(node) for clause in tree.clauses for node in walk(clause))


def _may_lack(node: object) -> bool:
    match node:
        case pst.GetAttr(base=pst.Var(name="principal"), attr=attr):
            return attr == "claims"
        case pst.GetAttr(base=pst.Var(name="context"), attr=attr):
            return attr in {"client_address", "operation"}
        case pst.GetAttr(base=base):
            return not isinstance(base, pst.Var)
        case _:
            return False


def _may_overflow(node: object) -> bool:
    match node:
        case pst.BinaryOp(op=op):
            return op not in _SAFE_BINARY
        case pst.UnaryOp(op=op):
            return op != "not"
        case _:
            return False


def _covers_every_action(scope: pst.ActionConstraint) -> bool:
    match scope:
        case pst.ScopeAny():
            return True
        case pst.ActionIn(entities=entities):
            return {entity.id for entity in entities} >= {action.value for action in ACTIONS}
        case _:
            return False


def _covers(scope: pst.PrincipalOrResourceConstraint, resource: Resource) -> bool:
    match scope:
        case pst.ScopeAny():
            return True
        case pst.ScopeIn(entity=pst.EntityUid() as entity):
            return (str(entity.type), entity.id) == (RESOURCE_KIND, resource.name)
        case _:
            return False


def may_touch(scope: pst.PrincipalOrResourceConstraint, resource: Resource) -> bool:
    """Return False only where the scope names something that lies in another resource."""
    match scope:
        case pst.ScopeEq(entity=pst.EntityUid() as entity) | pst.ScopeIn(entity=pst.EntityUid() as entity):
            return entity.id.partition("/")[0] == resource.name
        case pst.ScopeIsIn(entity=pst.EntityUid() as entity):
            return entity.id.partition("/")[0] == resource.name
        case _:
            return True
