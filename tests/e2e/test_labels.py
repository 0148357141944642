"""Labels, masks and limits through a whole gate: what a restricted person sees, may look up, and is refused."""

import psycopg
import pytest

from e2e.routes import DATABASE
from e2e.test_operating import connected

SUPPORT = """
permit (principal, action in [Action::"connect", Action::"read"], resource in Resource::"RESOURCE");
permit (principal, action == Action::"match", resource == Table::"RESOURCE/public.customers")
when { resource.label == "email" };
"""
LABELS = """
[data.RESOURCE]
unlabelled = "open"
"public.customers.email" = "email"

[limits]
matches_per_minute = 2
"""


@pytest.fixture
def support(new_gate):
    policies, labels = (text.replace("RESOURCE", DATABASE) for text in (SUPPORT, LABELS))
    return new_gate(policies={"support": policies}, extra=labels)


def test_a_restricted_person_sees_masks_and_is_refused_an_oracle_with_its_way_out(support):
    with connected(support, "ana") as session:
        rows = session.execute("SELECT id, email, upper(email) FROM customers ORDER BY id LIMIT 3").fetchall()
        assert [row[1:] for row in rows] == [("[email]", "[email]")] * 3
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
            session.execute("SELECT id FROM customers WHERE email LIKE 'a%'")
        assert "labelled email" in (refused.value.diag.message_detail or "")
        assert "email = '…'" in (refused.value.diag.message_hint or "")


def test_look_ups_are_limited_over_all_sessions_of_a_person(support):
    look_up = "SELECT id FROM customers WHERE email = 'nobody@example.com'"
    for _ in range(2):
        with connected(support, "ana") as session:
            session.execute(look_up)
    with connected(support, "ana") as session, pytest.raises(psycopg.Error, match="look rows up by"):
        session.execute(look_up)
    with connected(support, "bob") as session:
        session.execute(look_up)
