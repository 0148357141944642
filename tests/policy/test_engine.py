"""The engine: default deny, forbid wins, holds, obligations, reasons, and failing closed."""

import pytest

from yett.core.decisions import Allow, Deny, Hold, Obligation
from yett.core.operations import Operation, Refusal
from yett.core.targets import Effect, Target

READ, WRITE, DEFINE = Effect.READ, Effect.WRITE, Effect.DEFINE
STAFF = """permit (principal in Group::"corp/staff", action in [Action::"read", Action::"write"],
  resource in Resource::"orders");"""
DBA_HOLD = """
@id("writes-need-a-dba") @approval("dba") @reason("writes are reviewed by a DBA")
forbid (principal, action == Action::"write", resource in Resource::"orders")
unless { context.approvals.contains("dba") };
"""


def test_nothing_is_permitted_without_a_policy(world):
    decision = world.engine().decide(world.session(), world.operation((READ, world.table("payroll"))))
    assert decision.verdict.code == "no_policy_permits"
    assert decision.verdict.reason == "no policy permits read on orders/public.payroll"
    assert "yett policy why --principal corp/ana --resource orders --effect read" in decision.verdict.hint
    assert decision.access.target == world.table("payroll")
    assert decision.decided_by == "policy"


def test_a_group_of_the_principal_is_enough(world):
    decision = world.engine(STAFF).decide(world.session("corp/staff"), world.operation((READ, world.table())))
    assert decision.verdict == Allow()
    assert decision.policies == ("p0.cedar:1",)
    assert decision.policy_version == world.engine(STAFF).version


def test_the_same_group_name_of_another_provider_is_another_group(world):
    decision = world.engine(STAFF).decide(world.session("evil/staff"), world.operation((READ, world.table())))
    assert isinstance(decision.verdict, Deny)


def test_every_access_must_be_permitted_and_the_first_refused_is_named(world):
    operation = world.operation((READ, world.table()), (DEFINE, world.table("b")), (DEFINE, world.table("c")))
    decision = world.engine(STAFF).decide(world.session("corp/staff"), operation)
    assert decision.access.target == world.table("b")


def test_forbid_wins_with_its_own_reason_and_hint(world):
    forbid = '@id("no") @reason("not here") @hint("go there") forbid (principal, action, resource is Table);'
    decision = world.engine(STAFF, forbid).decide(world.session("corp/staff"), world.operation((READ, world.table())))
    assert decision.verdict == Deny("policy_forbids", "not here", "go there")
    assert decision.policies == ("no",)


def test_a_forbid_without_reason_names_itself(world):
    forbid = '@id("no") forbid (principal, action, resource is Table);'
    decision = world.engine(STAFF, forbid).decide(world.session("corp/staff"), world.operation((READ, world.table())))
    assert decision.verdict.reason == "policy no forbids read on orders/public.customers"


def test_an_approval_that_would_allow_makes_a_hold(world):
    engine = world.engine(STAFF, DBA_HOLD)
    operation = world.operation((WRITE, world.table()))
    held = engine.decide(world.session("corp/staff"), operation)
    assert held.verdict == Hold(("dba",), "writes are reviewed by a DBA")
    assert held.policies == ("writes-need-a-dba",)
    assert engine.decide(world.session("corp/staff"), operation, frozenset({"dba"})).verdict == Allow()


def test_an_approval_that_would_not_help_is_not_asked_for(world):
    engine = world.engine(STAFF, DBA_HOLD)
    operation = world.operation((WRITE, world.table()), (DEFINE, world.table()))
    decision = engine.decide(world.session("corp/staff"), operation)
    assert decision.verdict.code == "no_policy_permits"
    assert decision.access.effect is DEFINE
    assert isinstance(engine.decide(world.session(), world.operation((WRITE, world.table()))).verdict, Deny)


def test_a_hold_asks_for_every_flow_that_is_needed(world):
    second = DBA_HOLD.replace("dba", "security").replace("writes-need-a-", "also-")
    decision = world.engine(STAFF, DBA_HOLD, second).decide(
        world.session("corp/staff"), world.operation((WRITE, world.table()))
    )
    assert decision.verdict.flows == ("dba", "security")


def test_what_is_not_understood_is_denied_whatever_policy_says(world):
    engine = world.engine("permit (principal, action, resource);")
    unknown = world.operation((READ, world.table()), (Effect.UNKNOWN, Target("orders")))
    assert engine.decide(world.session(), unknown).verdict.code == "not_understood"
    assert engine.decide(world.session(), world.operation()).verdict.code == "not_understood"


def test_a_protocols_own_refusal_stands(world):
    engine = world.engine("permit (principal, action, resource);")
    refused = Operation(
        "postgres", "DO", "", world.operation((READ, world.table())).accesses, {}, Refusal("x", "y", "z")
    )
    assert engine.decide(world.session(), refused).verdict == Deny("x", "y", "z")


@pytest.mark.parametrize(
    ("effect", "target"),
    [
        (READ, Target("payments", "Table", ("public", "customers"))),
        (READ, Target("orders", "Volcano", ("a", "b"))),
        (Effect.GENERATE, Target("orders", "Table", ("public", "customers"))),
        (READ, Target("orders", "Table", ("public", "lone \ud800 surrogate"))),
    ],
    ids=["another resource", "an unknown kind", "an effect the kind has not", "a name that is no text"],
)
def test_what_the_schema_cannot_hold_is_denied(world, effect, target):
    engine = world.engine("permit (principal, action, resource);")
    assert engine.decide(world.session(), world.operation((effect, target))).verdict.code == "policy_error"


def test_a_policy_that_fails_denies_even_what_another_permits(world):
    engine = world.engine(
        "permit (principal, action, resource);",
        '@id("overflows") permit (principal, action, resource) '
        "when { principal.claims.level * 9223372036854775807 > 1 };",
    )
    decision = engine.decide(world.session(claims={"level": 5}), world.operation((READ, world.table())))
    assert decision.verdict.code == "policy_error"
    assert "overflows" in decision.verdict.reason


def test_a_claim_of_another_type_than_declared_fails_the_policies_that_read_it(world):
    reads = world.engine('permit (principal, action, resource) when { principal.claims.team == "a" };')
    ignores = world.engine("permit (principal, action, resource);")
    session = world.session(claims={"team": 7})
    operation = world.operation((READ, world.table()))
    assert reads.decide(session, operation).verdict.code == "policy_error"
    assert ignores.decide(session, operation).verdict == Allow()


def test_claims_facts_and_client_are_there_to_be_read(world):
    policy = """permit (principal, action, resource) when {
        principal.claims.team == "red" && principal.claims.level == 0 && principal.claims.areas.contains("eu") &&
        context.operation.has_where && context.operation.kind == "DELETE" && context.operation.tables == 2 &&
        context.client_address.isInRange(ip("10.0.0.0/8")) && context.tls && context.program == "psql" &&
        resource.env == "prod" && resource.name == "customers" && principal.kind == "User" };"""
    session = world.session(claims={"team": "red", "areas": ("eu", "us")})
    operation = world.operation((READ, world.table()), kind="DELETE", has_where=True, tables=2)
    assert world.engine(policy).decide(session, operation).verdict == Allow()
    elsewhere = world.session(claims={"team": "red", "areas": ("eu",)}, address="192.0.2.1")
    assert isinstance(world.engine(policy).decide(elsewhere, operation).verdict, Deny)


@pytest.mark.parametrize("address", ["::ffff:10.1.2.3", "10.1.2.3"])
def test_an_ipv4_address_written_in_ipv6_is_still_in_its_range(world, address):
    engine = world.engine(
        "permit (principal, action, resource);",
        'forbid (principal, action, resource) when { context.client_address.isInRange(ip("10.0.0.0/8")) };',
    )
    decision = engine.decide(world.session(address=address), world.operation((READ, world.table())))
    assert decision.verdict.code == "policy_forbids"


def test_an_address_that_is_none_fails_the_policies_that_read_it(world):
    engine = world.engine(
        "permit (principal, action, resource);",
        'forbid (principal, action, resource) when { context.client_address.isInRange(ip("10.0.0.0/8")) };',
    )
    decision = engine.decide(world.session(address="nonsense"), world.operation((READ, world.table())))
    assert decision.verdict.code == "policy_error"


def test_obligations_of_all_permits_add_up_and_the_strictest_wins(world):
    engine = world.engine(
        '@obligation("cap_rows:1000") permit (principal, action, resource);',
        '@obligations("cap_rows:50, record_rows:10") permit (principal, action, resource is Table);',
    )
    decision = engine.decide(world.session(), world.operation((READ, world.table())))
    assert decision.verdict.obligations == (Obligation("cap_rows", "50"), Obligation("record_rows", "10"))


def test_the_label_of_a_column_can_be_read(world):
    policy = """permit (principal, action == Action::"unmask", resource in Resource::"orders")
        when { resource.label == "card" };"""
    engine = world.engine(policy)
    card = Target("orders", "Column", ("public", "payments", "number"), "card")
    mail = Target("orders", "Column", ("public", "payments", "mail"), "email")
    assert engine.decide(world.session(), world.operation((Effect.UNMASK, card))).verdict == Allow()
    assert isinstance(engine.decide(world.session(), world.operation((Effect.UNMASK, mail))).verdict, Deny)


def test_time_is_read_afresh(world):
    engine = world.engine(
        'permit (principal, action, resource) when { context.now < datetime("2023-11-14T22:14:00Z") };'
    )
    session, operation = world.session(), world.operation((READ, world.table()))
    assert engine.decide(session, operation).verdict == Allow()
    world.clock.advance(60)
    assert isinstance(engine.decide(session, operation).verdict, Deny)


def test_the_hour_and_weekday_decide(world):
    engine = world.engine(
        'permit (principal, action, resource) when { context.hour == 22 && context.weekday == "tuesday" };'
    )
    session, operation = world.session(), world.operation((READ, world.table()))
    assert engine.decide(session, operation).verdict == Allow()
    world.clock.advance(3600 * 2)
    assert isinstance(engine.decide(session, operation).verdict, Deny)


def test_more_accesses_than_the_limit_are_refused(world):
    accesses = [(READ, world.table(f"t{number}")) for number in range(5000)]
    decision = world.engine("permit (principal, action, resource);").decide(world.session(), world.operation(*accesses))
    assert decision.verdict.code == "limit_exceeded"


def test_names_in_refusals_cannot_steer_a_terminal(world):
    decision = world.engine().decide(world.session(), world.operation((READ, world.table("x\x1b[2J"))))
    assert (decision.verdict.reason + decision.verdict.hint).isprintable()
