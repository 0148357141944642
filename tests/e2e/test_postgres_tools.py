"""pg_dump, pg_restore and pgbench work through the gate as they do without."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.conftest import direct_route
from e2e.gates import Gate
from e2e.routes import Route

# pg_dump writes a new random word into each dump from 17.6 on.
_RESTRICT = re.compile(r"^\\(un)?restrict .*$", re.MULTILINE)


def _dump(route: Route, *options: str, seconds: float = 40) -> str:
    result = route.run([route.server.tool("pg_dump"), *options], seconds=seconds)
    assert result.returncode == 0, result.stderr
    return _RESTRICT.sub("", result.stdout)


def test_a_dump_is_the_same_byte_for_byte(any_route: Route, route_of: Callable[..., Route]) -> None:
    direct = route_of("direct", any_route.server.version)
    text = _dump(any_route)
    assert text == _dump(direct)
    assert "COPY public.customers" in text


@pytest.mark.parametrize("option", ["--inserts", "--schema-only", "--data-only", "--section=post-data"])
def test_dumps_of_each_form_are_the_same(route: Route, direct: Route, option: str) -> None:
    assert _dump(route, option) == _dump(direct, option)


def test_several_connections_dump_one_snapshot(route: Route, tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    _dump(route, "--format=directory", "--jobs=3", f"--file={folder}")
    listed = route.run([route.server.tool("pg_restore"), "--list", folder])
    assert "TABLE DATA public customers" in listed.stdout


@pytest.fixture
def spare(route: Route, gate_of: Callable[[int], Gate]) -> Iterator[Route]:
    """Return the same way to an empty database."""
    server = route.server
    yield direct_route(server, "spare") if not route.through_gate else gate_of(17).route(database="spare")
    server.drop_database("spare")
    server.create_database("spare", "e2e_owner")


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_restored_database_dumps_the_same_again(route: Route, spare: Route, tmp_path: Path, jobs: int) -> None:
    file = tmp_path / "dump.custom"
    _dump(route, "--format=custom", f"--file={file}")
    restore = [spare.server.tool("pg_restore"), "--exit-on-error", f"--jobs={jobs}", "--dbname=spare", file]
    result = spare.run(restore)
    assert result.returncode == 0, result.stderr
    assert _dump(spare) == _dump(route)


@pytest.fixture
def accounts(spare: Route) -> Route:
    """Return a way to a database that pgbench has filled."""
    result = spare.run([spare.server.tool("pgbench"), "--initialize", "--scale=1", "--quiet"])
    assert result.returncode == 0, result.stderr
    return spare


@pytest.mark.parametrize("protocol", ["simple", "extended", "prepared"])
def test_pgbench_runs_in_every_protocol_without_a_failure(accounts: Route, protocol: str) -> None:
    command = [accounts.server.tool("pgbench"), f"--protocol={protocol}", "--client=4", "--transactions=50", "-n"]
    result = accounts.run(command)
    assert result.returncode == 0, result.stderr
    assert "number of transactions actually processed: 200/200" in result.stdout
    assert "number of failed transactions: 0" in result.stdout
    with accounts.server.connect(database="spare") as connection:
        assert connection.execute("SELECT count(*) FROM pgbench_history").fetchone() == (200,)


@pytest.mark.parametrize("protocol", ["extended", "prepared"])
def test_pgbench_runs_a_pipeline(accounts: Route, tmp_path: Path, protocol: str) -> None:
    script = tmp_path / "pipeline.sql"
    script.write_text(
        "\\set aid random(1, 100000)\n\\startpipeline\n"
        "SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n"
        "UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;\n"
        "SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n\\endpipeline\n"
    )
    command = [
        accounts.server.tool("pgbench"),
        f"--protocol={protocol}",
        f"--file={script}",
        "-c",
        "2",
        "-t",
        "50",
        "-n",
    ]
    result = accounts.run(command)
    assert result.returncode == 0, result.stderr
    assert "number of transactions actually processed: 100/100" in result.stdout
