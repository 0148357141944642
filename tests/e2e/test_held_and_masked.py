"""A yes lets a statement run; what it shows of labelled columns is masked as it would be without a reviewer."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from e2e.conftest import direct_route
from e2e.gates import Gate, gate_before
from e2e.held import DBA, FLOW, POLICIES, asked
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.approvals.desk import ApprovalDesk

SECRET = "zqxvkwjpzz"
LABELS = '\n[data.e2e]\n"public.guarded.code" = "secret"\nunlabelled = "open"\n'


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate that holds every write, before a table with a labelled column."""
    server = filled(17)
    with direct_route(server).connect() as connection:
        connection.execute("DROP TABLE IF EXISTS guarded")
        connection.execute("CREATE TABLE guarded (id int PRIMARY KEY, name text, code text)")
        connection.execute(f"INSERT INTO guarded SELECT i, 'n', '{SECRET}' || i FROM generate_series(1, 9) i")
    with gate_before(server, authority, policies=POLICIES, extra=FLOW + LABELS) as found:
        yield found


@pytest.mark.parametrize("prepare", [None, True], ids=["unnamed", "named"])
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("returned", ["code", "guarded", "upper(code) || name", "to_jsonb(guarded)"])
def test_what_a_held_write_returns_is_masked(
    gate: Gate, desk: ApprovalDesk, returned: str, *, binary: bool, prepare: bool | None
) -> None:
    text = f"UPDATE guarded SET name = %s WHERE id = %s RETURNING {returned}"

    def run(connection: psycopg.Connection[tuple[object, ...]]) -> psycopg.Cursor[tuple[object, ...]]:
        return connection.cursor(binary=binary).execute(text, ("x", 3), prepare=prepare)  # type: ignore[arg-type]  # psycopg wants literal text

    (row,) = approved(gate, desk, run)
    assert SECRET not in repr(row).lower()


def test_an_executed_statement_that_waits_is_masked_too(gate: Gate, desk: ApprovalDesk) -> None:
    def run(connection: psycopg.Connection[tuple[object, ...]]) -> psycopg.Cursor[tuple[object, ...]]:
        connection.execute("PREPARE change AS UPDATE guarded SET name = 'y' WHERE id = 4 RETURNING code, name")
        return connection.execute("EXECUTE change")

    ((code, name),) = approved(gate, desk, run)
    assert (name, SECRET in str(code)) == ("y", False)


def approved(
    gate: Gate,
    desk: ApprovalDesk,
    run: Callable[[psycopg.Connection[tuple[object, ...]]], psycopg.Cursor[tuple[object, ...]]],
) -> list[tuple[object, ...]]:
    """Return what a statement answers that waits until somebody says yes."""
    with gate.route("wil", "writers").connect() as connection, ThreadPoolExecutor(1) as pool:
        work = pool.submit(lambda: run(connection).fetchall())
        desk.decide(asked(desk).id, DBA, True)
        return work.result(20)
