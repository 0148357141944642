"""`unrestricted` is true only where it is proven."""

import pytest

from yett.core.decisions import Allow
from yett.core.principals import PrincipalKind
from yett.core.targets import Effect, Target

ALL = "permit (principal, action, resource);"
DBA = 'permit (principal in Group::"corp/dba", action, resource in Resource::"orders");'
EVERY_ACTION = ", ".join(f'Action::"{effect}"' for effect in Effect if effect != "unknown")


@pytest.mark.parametrize(
    "policies",
    [
        [ALL],
        [DBA],
        ['permit (principal is User, action, resource in Resource::"orders");'],
        ['permit (principal == User::"corp/ana", action, resource);'],
        ['permit (principal is User in Group::"corp/dba", action, resource);'],
        ['permit (principal in Role::"boss", action, resource);'],
        [f"permit (principal, action in [{EVERY_ACTION}], resource);"],
        [DBA, 'forbid (principal in Group::"corp/interns", action, resource);'],
        [DBA, 'forbid (principal, action, resource in Resource::"billing");'],
        [DBA, 'forbid (principal, action, resource == Schema::"billing/public");'],
        [DBA, 'permit (principal, action == Action::"read", resource) when { resource.env == "dev" };'],
    ],
)
def test_everything_is_permitted_and_it_is_proven(world, policies):
    session = world.session("corp/dba", roles=frozenset({"boss"}))
    engine = world.engine(*policies)
    assert engine.unrestricted(session)
    assert engine.unrestricted(session)
    assert engine.decide(session, world.operation((Effect.ADMINISTER, Target("orders")))).verdict == Allow()


@pytest.mark.parametrize(
    "policies",
    [
        [],
        [ALL.replace(";", " when { true };")],
        ['permit (principal in Group::"corp/other", action, resource);'],
        ['permit (principal, action, resource in Resource::"billing");'],
        ['permit (principal, action, resource == Resource::"orders");'],
        ['permit (principal, action, resource in Schema::"orders/public");'],
        ["permit (principal, action, resource is Table);"],
        ['permit (principal, action in [Action::"read", Action::"write"], resource);'],
        [ALL, 'forbid (principal, action == Action::"define", resource) when { resource.env == "dev" };'],
        [ALL, 'forbid (principal, action, resource is Table in Resource::"orders");'],
        [ALL, 'forbid (principal, action, resource == Table::"orders/public.x");'],
        [ALL, 'forbid (principal is User, action, resource in Schema::"orders/hr");'],
        [ALL, "permit (principal, action, resource) when { principal.claims.level + 1 > 2 };"],
        [ALL, 'permit (principal, action, resource) when { principal.claims.team == "x" };'],
        [ALL, "permit (principal, action, resource) when { context.client_address.isLoopback() };"],
        [ALL, 'permit (principal, action, resource) when { context.operation.kind == "x" };'],
    ],
)
def test_anything_less_is_restricted(world, policies):
    session = world.session("corp/dba", kind=PrincipalKind.USER)
    assert not world.engine(*policies).unrestricted(session)


def test_an_identity_that_cannot_be_put_to_policy_is_restricted(world):
    assert not world.engine(ALL).unrestricted(world.session(name="\ud800"))
