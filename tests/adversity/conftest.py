"""A server that writes every statement to its log, and gates of each test's own before it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from psycopg import sql

from e2e.gates import EVERYTHING, Gate, gate_before
from e2e.routes import DATABASE, OWNER
from servers.authority import Authority
from servers.postgres import PASSWORD, TestPostgres, releases, running


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[TestPostgres]:
    """Return a server with an owner and an empty database."""
    with running(releases()[17], authority, {"log_statement": "all"}) as found:
        with found.connect() as connection:
            made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(OWNER), sql.Literal(PASSWORD))
            connection.execute(made)
        found.create_database(DATABASE, OWNER)
        yield found


@pytest.fixture
def new_gate(server: TestPostgres, authority: Authority) -> Iterator[Callable[..., Gate]]:
    """Return a function that starts a gate of the test's own."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(
            gate_before(server, authority, **{"policies": {"everything": EVERYTHING}, **changes})
        )
