"""Fixtures of the end-to-end tests: a filled database, and both ways to it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from psycopg import sql

from e2e.gates import Gate, gate_before
from e2e.routes import DATABASE, OWNER, Route
from servers.authority import Authority
from servers.postgres import PASSWORD, TestPostgres
from yett.app.approvals import open_approvals
from yett.approvals.desk import ApprovalDesk
from yett.config import load_config
from yett.core.clock import SystemClock
from yett.demo.sample import Sizes, sample_script

SMALL = Sizes(customers=200, products=50, orders=500, tickets=100, employees=10, payroll_months=6)

# Which ways are tested: YETT_E2E=direct leaves the gate out, to tell a broken test from a broken gate.
WAYS = os.environ.get("YETT_E2E", "direct,gate").split(",")


@pytest.fixture(scope="session")
def filled(postgres_of: Callable[[int], TestPostgres]) -> Callable[[int], TestPostgres]:
    """Return a function from a version to a server that has the sample in the database `e2e`, owned by its user."""
    done: set[int] = set()

    def fill(version: int) -> TestPostgres:
        server = postgres_of(version)
        if version not in done:
            _fill(server)
            done.add(version)
        return server

    return fill


@pytest.fixture(scope="session")
def gate_of(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Callable[[int], Gate]]:
    """Return a function from a version to a gate in front of that server, where everything is permitted."""
    started: dict[int, Gate] = {}
    with ExitStack() as stack:

        def start(version: int) -> Gate:
            if version not in started:
                resources = {DATABASE: DATABASE, "spare": "spare"}
                gate = gate_before(filled(version), authority, resources=resources)
                started[version] = stack.enter_context(gate)
            return started[version]

        yield start


@pytest.fixture(scope="session")
def route_of(filled: Callable[[int], TestPostgres], gate_of: Callable[[int], Gate]) -> Callable[[str, int], Route]:
    """Return a function from `direct` or `gate`, and a version, to the route."""

    def choose(way: str, version: int = 17) -> Route:
        return direct_route(filled(version)) if way == "direct" else gate_of(version).route()

    return choose


@pytest.fixture(params=WAYS)
def route(request: pytest.FixtureRequest, route_of: Callable[..., Route]) -> Route:
    """Run the test straight to PostgreSQL 17, and through the gate."""
    return route_of(request.param)


@pytest.fixture(params=[f"{way}-pg{version}" for way in WAYS for version in (15, 17, 18)])
def any_route(request: pytest.FixtureRequest, route_of: Callable[..., Route]) -> Route:
    """Run the test both ways on every version of PostgreSQL."""
    way, version = request.param.split("-pg")
    return route_of(way, int(version))


@pytest.fixture
def direct(route_of: Callable[..., Route]) -> Route:
    """Return the way straight to PostgreSQL 17, to compare with."""
    return route_of("direct")


@pytest.fixture
def gate(gate_of: Callable[[int], Gate]) -> Gate:
    """Return the gate in front of PostgreSQL 17 where everything is permitted."""
    return gate_of(17)


@pytest.fixture
def new_gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Callable[..., Gate]]:
    """Return a function that starts a gate of the test's own: `new_gate(policies={...}, extra="[limits] …")`."""
    with ExitStack() as stack:
        yield lambda version=17, **changes: stack.enter_context(gate_before(filled(version), authority, **changes))


@pytest.fixture
def desk(gate: Gate) -> Iterator[ApprovalDesk]:
    """Open the desk beside the gate, as another process would."""
    with open_approvals(load_config(gate.config), SystemClock()) as approvals:
        yield approvals.desk


def direct_route(server: TestPostgres, database: str = DATABASE) -> Route:
    """Return the way straight to the server."""
    sslmode, ca = ("verify-full", str(server.ca_path)) if server.tls else ("disable", "")
    return Route("direct", server, server.host, server.port, OWNER, PASSWORD, database, sslmode, ca)


def _fill(server: TestPostgres) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        role = sql.Identifier(OWNER)
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(PASSWORD)))
    for name in (DATABASE, "spare"):
        server.create_database(name, OWNER)
    command = [str(server.tool("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", server.url(OWNER, DATABASE)]
    subprocess.run(command, input="".join(sample_script(1, SMALL)), text=True, check=True, capture_output=True)
