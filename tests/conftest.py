"""Fixtures that every room's tests may use: real servers, one of each version per test session."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from servers.authority import Authority, new_authority
from servers.postgres import Release, TestPostgres, releases, running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return the test session's certificate authority."""
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def postgres_of(authority: Authority) -> Iterator[Callable[[int], TestPostgres]]:
    """Return a function from a version (15, 17, 18) to a running server, started when first asked for."""
    started: dict[int, TestPostgres] = {}
    with ExitStack() as stack:

        def start(version: int) -> TestPostgres:
            if version not in started:
                started[version] = stack.enter_context(running(_release(version), authority))
            return started[version]

        yield start


@pytest.fixture(scope="session")
def postgres15(postgres_of: Callable[[int], TestPostgres]) -> TestPostgres:
    """Return Debian's PostgreSQL 15, with TLS."""
    return postgres_of(15)


@pytest.fixture(scope="session")
def postgres17(postgres_of: Callable[[int], TestPostgres]) -> TestPostgres:
    """Return PostgreSQL 17 from a wheel, with TLS."""
    return postgres_of(17)


@pytest.fixture(scope="session")
def postgres18(postgres_of: Callable[[int], TestPostgres]) -> TestPostgres:
    """Return PostgreSQL 18 from a wheel, which was built without TLS."""
    return postgres_of(18)


@pytest.fixture(scope="session", params=[15, 17, 18], ids=lambda version: f"pg{version}")
def postgres(request: pytest.FixtureRequest, postgres_of: Callable[[int], TestPostgres]) -> TestPostgres:
    """Run the test once for each version of PostgreSQL."""
    return postgres_of(request.param)


@pytest.fixture
def new_postgres(authority: Authority) -> Iterator[Callable[..., TestPostgres]]:
    """Return a function that starts a server of the test's own: `new_postgres(17, work_mem="1MB")`.

    For tests that kill it, or need settings; it costs about a second.
    """
    with ExitStack() as stack:
        yield lambda version, **settings: stack.enter_context(running(_release(version), authority, settings))


@pytest.fixture
def database(postgres: TestPostgres) -> Iterator[str]:
    """Return the name of an empty database on `postgres`, dropped after the test."""
    name = postgres.create_database(f"t_{uuid4().hex[:12]}")
    yield name
    postgres.drop_database(name)


@pytest.fixture
def closed_folder(tmp_path: Path) -> Path:
    """Return a folder that only its owner can enter."""
    tmp_path.chmod(0o700)
    return tmp_path


def _release(version: int) -> Release:
    found = releases()[version]
    if not found.binaries.tool("postgres").exists():
        pytest.fail(f"PostgreSQL {version} is not installed: run tools/setup-system")
    return found
