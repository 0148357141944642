"""Explanations: which policies decided, and which came near."""

from yett.core.targets import Effect
from yett.policy.explain import explain

POLICIES = """@id("staff")
permit (principal in Group::"corp/staff", action == Action::"read", resource in Resource::"orders")
when { context.tls } unless { resource.name == "payroll" };
@id("agents") permit (principal is Agent, action, resource is Function);
@id("no") @reason("never") forbid (principal, action == Action::"define", resource);"""


def explained(world, effect, table, *groups):
    return explain(world.engine(POLICIES), world.session(*groups), world.operation((effect, world.table(table))))


def test_a_permitted_access_names_its_permit(world):
    found = explained(world, Effect.READ, "customers", "corp/staff")
    assert [rule.id for rule in found.reasons[0].outcome.rules] == ["staff"]
    assert found.reasons[0].nearest == ()


def test_a_forbidden_access_names_its_forbid(world):
    found = explained(world, Effect.DEFINE, "customers", "corp/staff")
    assert [(rule.id, rule.place.line) for rule in found.reasons[0].outcome.rules] == [("no", 5)]


def test_a_default_denial_names_the_nearest_permits_and_what_did_not_match(world):
    found = explained(world, Effect.WRITE, "payroll")
    near = found.reasons[0].nearest
    assert [(one.rule.id, one.missed) for one in near] == [
        ("agents", ("principal", "resource")),
        ("staff", ("principal", "action", "unless 2")),
    ]
    assert near[1].words == (
        'it is for principal in Group::"corp/staff"; it is for action == Action::"read"; '
        'unless { resource.name == "payroll" } does not hold'
    )


def test_the_condition_that_failed_is_the_only_thing_named(world):
    found = explained(world, Effect.READ, "payroll", "corp/staff")
    assert found.reasons[0].nearest[0].missed == ("unless 2",)


def test_an_identity_that_cannot_be_put_to_policy_has_a_decision_and_no_reasons(world):
    found = explain(world.engine(POLICIES), world.session(name="\ud800"), world.operation((Effect.READ, world.table())))
    assert found.decision.verdict.code == "policy_error"
    assert found.reasons == ()
