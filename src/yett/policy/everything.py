"""What is said of all labelled data of a resource at once: code that cannot be seen through may have read any of it."""

from cedarpy import pst

from yett.core.targets import Access, Effect
from yett.policy.columns import below
from yett.policy.rules import Rule
from yett.policy.schema import RESOURCE_KIND

_OF_DATA = frozenset((Effect.MATCH, Effect.FILTER, Effect.UNMASK))
_OF_RESOURCE = frozenset(("env", "resource"))


def is_everything(access: Access) -> bool:
    """Return whether this is about all that is labelled in a resource, whatever its labels."""
    target = access.target
    return access.effect in _OF_DATA and target.kind == RESOURCE_KIND and not target.label


def divides(rule: Rule) -> bool:
    """Return False only if a policy says of every part of a resource what it says of the resource itself."""
    return _is_narrow(rule.tree.resource) or any(_looks_at_parts(clause.expr) for clause in rule.tree.clauses)


def _is_narrow(scope: pst.PrincipalOrResourceConstraint) -> bool:
    match scope:
        case pst.ScopeAny():
            return False
        case pst.ScopeIn(entity=pst.EntityUid() as entity) | pst.ScopeEq(entity=pst.EntityUid() as entity):
            return str(entity.type) != RESOURCE_KIND
        case _:
            return True


def _looks_at_parts(node: object) -> bool:
    match node:
        case pst.GetAttr(base=pst.Var(name="resource"), attr=attr):
            return attr not in _OF_RESOURCE
        case pst.HasAttr(base=pst.Var(name="resource")):
            return False
        case pst.BinaryOp(op="in", left=pst.Var(name="resource"), right=pst.EntityLit(value=entity)):
            return str(entity.type) != RESOURCE_KIND
        case _:
            return node == pst.Var("resource") or any(_looks_at_parts(one) for one in below(node))
