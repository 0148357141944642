"""Reloading: new policies take over whole, or the old ones stay."""

from yett.core.decisions import Allow
from yett.core.targets import Effect
from yett.policy.names import KnownNames
from yett.policy.reload import Kept, Replaced, Unchanged, reload_policies
from yett.policy.schema import build_schema

ALL = "permit (principal, action, resource);"


def test_the_same_files_change_nothing(world):
    engine = world.engine(ALL)
    assert reload_policies(engine, {"p0.cedar": ALL}, world.schema) == Unchanged()


def test_new_files_make_a_new_engine(world):
    engine = world.engine(ALL)
    result = reload_policies(engine, {"p0.cedar": ALL.replace("permit", "forbid")}, world.schema, clock=world.clock)
    assert isinstance(result, Replaced)
    assert result.before == engine.version != result.engine.version


def test_files_that_cannot_be_used_leave_the_old_engine_in_force(world):
    engine = world.engine(ALL)
    result = reload_policies(engine, {"p0.cedar": "permit (principal, action resource);"}, world.schema)
    assert isinstance(result, Kept)
    assert "unexpected token" in result.problems[0].message
    decision = engine.decide(world.session(), world.operation((Effect.READ, world.table())))
    assert decision.verdict == Allow()


def test_a_changed_schema_or_changed_names_count_as_a_change(world):
    engine = world.engine(ALL)
    assert isinstance(reload_policies(engine, {"p0.cedar": ALL}, build_schema([])), Replaced)
    names = KnownNames(resources=frozenset({"orders"}))
    assert isinstance(reload_policies(engine, {"p0.cedar": ALL}, world.schema, known=names), Replaced)


def test_no_policies_at_all_is_a_change_like_any_other(world):
    result = reload_policies(world.engine(ALL), {}, world.schema)
    assert isinstance(result, Replaced)
    assert result.engine.policies.rules == ()
