"""What can be proven from policies alone: whom and what their scopes can match, without evaluating conditions."""

from collections.abc import Iterable

from cedarpy import pst

from yett.core.principals import Principal
from yett.core.targets import Resource
from yett.policy.rules import Rule
from yett.policy.schema import ACTIONS, RESOURCE_KIND


def is_unrestricted(rules: Iterable[Rule], principal: Principal, resource: Resource) -> bool:
    """Return True only if some permit grants everything in the resource and no forbid can touch any of it."""
    concerned = [rule for rule in rules if matches_principal(rule.tree.principal, principal)]
    forbidden = any(not rule.permits and _may_touch(rule.tree.resource, resource) for rule in concerned)
    return not forbidden and any(rule.permits and _grants_everything(rule.tree, resource) for rule in concerned)


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


def _may_touch(scope: pst.PrincipalOrResourceConstraint, resource: Resource) -> bool:
    """Return False only where the scope names something that lies in another resource."""
    match scope:
        case pst.ScopeEq(entity=pst.EntityUid() as entity) | pst.ScopeIn(entity=pst.EntityUid() as entity):
            return entity.id.partition("/")[0] == resource.name
        case pst.ScopeIsIn(entity=pst.EntityUid() as entity):
            return entity.id.partition("/")[0] == resource.name
        case _:
            return True
