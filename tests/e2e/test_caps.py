"""Caps that policy sets on answers: the rest is dropped, the client is told, and the connection goes on."""

from collections.abc import Callable, Iterator

import pytest

from e2e.conftest import direct_route
from e2e.gates import Gate, gate_before
from e2e.routes import DATABASE
from servers.authority import Authority
from servers.postgres import TestPostgres

POLICIES = {
    "caps": """
permit (principal in Group::"corp/readers", action == Action::"connect", resource);
@obligations("cap_rows:7, record_rows:3")
permit (principal in Group::"corp/readers", action == Action::"read", resource);
@obligation("cap_bytes:900")
permit (principal in Group::"corp/small", action in [Action::"connect", Action::"read"], resource);
"""
}


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate whose policy caps what readers get."""
    with gate_before(filled(17), authority, policies=POLICIES, resources={DATABASE: DATABASE}) as found:
        yield found


def test_an_answer_is_cut_and_the_client_is_told(gate: Gate) -> None:
    told: list[str] = []
    with gate.route("ann", "readers", database=DATABASE).connect() as connection:
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
        cursor = connection.execute("SELECT id FROM customers ORDER BY id")
        assert [row[0] for row in cursor.fetchall()] == [1, 2, 3, 4, 5, 6, 7]
        assert cursor.statusmessage == "SELECT 7"
        assert told == ["the answer was cut: policy lets 7 rows pass"]
        assert connection.execute("SELECT id FROM customers WHERE id = 9").fetchall() == [(9,)]
        prepared = [connection.execute("SELECT id FROM customers", prepare=True).fetchall() for _ in range(3)]
        assert [len(rows) for rows in prepared] == [7, 7, 7]
        with connection.cursor().copy("COPY customers (id) TO STDOUT") as copy:
            assert len(list(copy.rows())) == 7
        assert len(told) == 5


def test_bytes_are_capped_too(gate: Gate, filled: Callable[[int], TestPostgres]) -> None:
    with direct_route(filled(17)).connect() as connection:
        everything = connection.execute("SELECT * FROM customers").fetchall()
    with gate.route("sam", "small", database=DATABASE).connect() as connection:
        some = connection.execute("SELECT * FROM customers").fetchall()
    assert 0 < len(some) < len(everything)
    assert some == everything[: len(some)]
