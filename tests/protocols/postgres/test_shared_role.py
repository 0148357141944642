"""What nobody may do through a role that several clients share."""

import pytest

from yett.core.targets import Access, Effect, Target
from yett.protocols.postgres.shared_role import never_shared

DENIED = [
    Target("orders"),
    Target("orders", "Role", ("app",)),
    Target("orders", "Database", ("orders",)),
    Target("orders", "Table", ("pg_catalog", "pg_stat_activity")),
    Target("orders", "Table", ("public", "pg_stat_statements")),
    Target("orders", "Table", ("information_schema", "user_mappings")),
]
ALLOWED = [
    Target("orders", "Table", ("public", "orders")),
    Target("orders", "Schema", ("public",)),
    Target("orders", "Setting", ("work_mem",)),
]


@pytest.mark.parametrize("target", DENIED, ids=lambda target: target.id)
def test_administering_what_is_everybodys_is_refused_with_a_reason(target):
    assert never_shared(Access(Effect.ADMINISTER, target))


@pytest.mark.parametrize("target", ALLOWED, ids=lambda target: target.id)
def test_administering_ones_own_things_is_policys_to_decide(target):
    assert never_shared(Access(Effect.ADMINISTER, target)) == ""


@pytest.mark.parametrize("target", DENIED, ids=lambda target: target.id)
def test_other_effects_are_policys_to_decide(target):
    assert never_shared(Access(Effect.READ, target)) == ""
