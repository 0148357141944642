"""A gate's own process before a server of the module's own: peers there may do their worst."""

from collections.abc import Iterator

import pytest
from psycopg import sql

from e2e.gates import EVERYTHING, Gate, gate_before
from e2e.routes import DATABASE, OWNER
from servers.authority import Authority
from servers.postgres import PASSWORD, TestPostgres, releases, running

LIMITS = """
[limits]
startup_deadline = "1s"
login_deadline = "3s"
"""


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[TestPostgres]:
    """Return a server with an owner and an empty database."""
    with running(releases()[17], authority, {}) as found:
        with found.connect() as connection:
            made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(OWNER), sql.Literal(PASSWORD))
            connection.execute(made)
        found.create_database(DATABASE, OWNER)
        yield found


@pytest.fixture(scope="module")
def gate(server: TestPostgres, authority: Authority) -> Iterator[Gate]:
    """Return a gate that permits everything, with short deadlines."""
    with gate_before(server, authority, policies={"everything": EVERYTHING}, extra=LIMITS) as found:
        yield found
