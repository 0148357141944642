"""A role at the target exists while its sessions do, and can do there what policy could allow them, and no more."""

import os
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from e2e.gates import Gate, gate_before
from e2e.routes import DATABASE
from servers.authority import Authority
from servers.postgres import TestPostgres

POLICIES = {
    "leases": """
permit (principal in Group::"corp/readers", action == Action::"connect", resource);
permit (principal in Group::"corp/readers", action == Action::"read", resource == Table::"e2e/public.orders");
permit (principal, action == Action::"read", resource)
when { resource in Schema::"e2e/pg_catalog" || resource in Schema::"e2e/information_schema" };
"""
}


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate that makes a role for each principal's sessions."""
    server = filled(17)
    os.environ["YETT_TEST_ADMIN"] = server.password
    admin = f'{{ from = "env", login = "{server.superuser}", password = "YETT_TEST_ADMIN" }}'
    credential = f'{{ from = "ephemeral", admin = {admin}, prefix = "yett_t_" }}'
    with gate_before(
        server, authority, policies=POLICIES, resources={DATABASE: DATABASE}, credential=credential
    ) as found:
        yield found
    del os.environ["YETT_TEST_ADMIN"]


def roles(gate: Gate) -> set[str]:
    """Return the roles that the target has now."""
    with gate.server.connect() as connection:
        rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'yett\\_t\\_%'").fetchall()
    return {row[0] for row in rows}


def gone(gate: Gate) -> bool:
    """Say whether no role is left, within some seconds."""
    deadline = time.monotonic() + 15
    while roles(gate) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not roles(gate)


def test_the_role_is_there_while_the_session_is_and_sees_what_policy_allows(gate: Gate) -> None:
    with gate.route("ann", "readers").connect() as connection:
        (role,) = roles(gate)
        row = connection.execute("SELECT current_user").fetchone()
        assert row == (role,)
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (500,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM customers")
        with gate.server.connect(database=DATABASE) as own:
            may = "SELECT has_table_privilege(%s, %s, 'SELECT')"
            assert own.execute(may, (role, "public.orders")).fetchone() == (True,)
            assert own.execute(may, (role, "public.customers")).fetchone() == (False,)
    assert gone(gate)


def test_no_role_is_left_behind_by_a_gate_that_was_killed(gate: Gate) -> None:
    with gate.route("ben", "readers").connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert len(roles(gate)) == 1
        gate.kill9()
    gate.start()
    assert gone(gate)
