"""The generated schema: what protocols declare is what policies may name."""

import re

import pytest
from cedarpy import Entities, Schema, validate_policies

from yett.core.errors import ConfigError
from yett.core.targets import Effect, TargetKind
from yett.policy.entities import principal_entity, target_entities
from yett.policy.schema import ACTIONS, ValueType, build_schema

# The sample in product.md, which says of itself that it validates.
PRODUCT_SAMPLE = """
permit (
  principal in Group::"corp/support-agents",
  action in [Action::"connect", Action::"read", Action::"write", Action::"match"],
  resource in Resource::"orders"
);
@id("orders-writes-need-a-dba")
@approval("dba")
@reason("writes to orders are reviewed by a DBA")
forbid (principal, action == Action::"write", resource in Resource::"orders")
unless { context.approvals.contains("dba") };
@id("no-ddl-in-prod")
@reason("schema changes go through migrations")
forbid (principal, action == Action::"define", resource) when { resource.env == "prod" };
permit (principal in Group::"corp/fraud", action == Action::"unmask", resource in Resource::"orders")
when { resource.label == "card" };
"""


def test_every_effect_but_unknown_is_an_action(world):
    assert set(re.findall(r'^action "(\w+)"', world.schema.text, re.MULTILINE)) == set(Effect) - {"unknown"}
    assert Effect.UNKNOWN not in ACTIONS


def test_the_sample_of_the_product_page_is_valid(world):
    assert validate_policies(PRODUCT_SAMPLE, world.schema.cedar).validation_passed
    assert validate_policies(PRODUCT_SAMPLE, build_schema([]).cedar).validation_passed


def test_an_action_applies_to_the_kinds_that_declare_it_and_to_the_resource(world):
    assert world.schema.applies(Effect.UNMASK, "Column")
    assert world.schema.applies(Effect.GENERATE, "Resource")
    assert not world.schema.applies(Effect.UNMASK, "Function")
    assert not world.schema.applies(Effect.READ, "Volcano")
    assert not world.schema.applies(Effect.UNKNOWN, "Resource")


def test_what_is_put_to_cedar_conforms_to_the_schema(world):
    session = world.session("corp/a", claims={"team": "x", "level": 3, "areas": ("eu",)}, roles=frozenset({"r"}))
    entities = [
        principal_entity(session.principal, world.schema),
        *target_entities(world.table(), session.resource, world.schema),
    ]
    import json

    assert len(Entities.from_json_str(json.dumps(entities), world.schema.cedar)) >= 4


def test_depths_follow_the_parents(world):
    assert world.schema.depths["Table"] == {2}
    assert world.schema.depths["Column"] == {3}
    assert world.schema.depths["Setting"] == {1}


@pytest.mark.parametrize(
    "kinds",
    [
        [TargetKind("User", ("Resource",), (), "x")],
        [TargetKind("a b", ("Resource",), (), "x")],
        [TargetKind("A", ("Nowhere",), (), "x")],
        [TargetKind("A", ("B",), (), "x"), TargetKind("B", ("A",), (), "x")],
        [TargetKind("A", (), (), "x")],
        [TargetKind("A", ("Resource",), (), "x"), TargetKind("A", ("Resource",), (), "y")],
    ],
)
def test_kinds_that_make_no_hierarchy_are_refused(kinds):
    with pytest.raises(ConfigError) as caught:
        build_schema(kinds)
    assert caught.value.code == "policy_schema_invalid"


def test_a_protocol_may_declare_roles_of_its_own(world):
    schema = build_schema([TargetKind("Role", ("Resource",), (Effect.DEFINE,), "A database role.")])
    sample = 'permit (principal in Role::"writer", action == Action::"define", resource == Role::"orders/app");'
    assert validate_policies(sample, schema.cedar).validation_passed


def test_claims_with_odd_names_can_be_read():
    schema = build_schema([], claims={"https://example.com/team": ValueType.STRING})
    sample = 'permit (principal, action, resource) when { principal.claims["https://example.com/team"] == "x" };'
    assert validate_policies(sample, schema.cedar).validation_passed
    with pytest.raises(ConfigError):
        build_schema([], claims={'a"b': ValueType.STRING})


def test_the_text_is_cedars_own_schema_language(world):
    assert str(Schema.from_str(world.schema.text)) == str(world.schema.cedar)
