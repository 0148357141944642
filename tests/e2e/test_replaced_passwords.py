"""A password that was replaced at the target since the gate fetched it is fetched anew; clients notice nothing."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from e2e.gates import Gate, gate_before
from e2e.routes import OWNER
from servers.authority import Authority
from servers.postgres import TestPostgres

ROLE = "replaced_app"


@pytest.fixture
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate that keeps what a program printed for an hour."""
    server = filled(17)
    with server.connect() as connection:
        words = sql.SQL("CREATE ROLE {} LOGIN IN ROLE {} PASSWORD 'first'")
        connection.execute(words.format(sql.Identifier(ROLE), sql.Identifier(OWNER)))
    command = '["cat", "app.password"]'
    credential = f'{{ from = "command", login = "{ROLE}", command = {command}, keep = "1h" }}'
    try:
        with gate_before(server, authority) as found:
            found.terminate()
            found.credential = credential.replace("app.password", str(found.folder / "app.password"))
            (found.folder / "app.password").write_text("first")
            found.write()
            found.start()
            yield found
    finally:
        server.execute(f"DROP ROLE {ROLE}")


def test_a_session_that_opens_after_the_password_was_replaced_gets_in(gate: Gate) -> None:
    assert _who(gate) == ROLE
    _replace(gate, "second")
    (gate.folder / "app.password").write_text("second")
    assert _who(gate) == ROLE


def test_a_password_that_is_wrong_for_good_is_tried_once(gate: Gate) -> None:
    assert _who(gate) == ROLE
    _replace(gate, "second")
    before = _refusals(gate)
    with pytest.raises(psycopg.OperationalError, match="upstream_password_wrong"):
        _who(gate)
    assert _refusals(gate) == before + 1


def _who(gate: Gate) -> object:
    with gate.route().connect() as connection:
        (found,) = connection.execute("SELECT current_user").fetchone() or ("",)
        return found


def _replace(gate: Gate, password: str) -> None:
    with gate.server.connect() as connection:
        words = sql.SQL("ALTER ROLE {} PASSWORD {}")
        connection.execute(words.format(sql.Identifier(ROLE), sql.Literal(password)))


def _refusals(gate: Gate) -> int:
    return gate.server.log_text.count(f'password authentication failed for user "{ROLE}"')
