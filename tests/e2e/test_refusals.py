"""What policy does not allow is refused in PostgreSQL's own words, on every path, and never reaches the server."""

import asyncio
from uuid import uuid4

import asyncpg
import psycopg
import pytest

from e2e.gates import EVERYTHING, Gate
from e2e.routes import Route

READERS = """
@id("readers-read")
permit (
  principal in Group::"corp/readers",
  action in [Action::"connect", Action::"read", Action::"match"],
  resource
)
unless { resource in Schema::"e2e/hr" };

@id("nobody-drops")
@reason("tables are for keeping")
@hint("ask the owner")
forbid (principal in Group::"corp/readers", action == Action::"define", resource);
"""


@pytest.fixture(scope="module")
def strict(filled, authority):
    """Return a gate where readers read everything but the schema hr."""
    from e2e.gates import gate_before

    with gate_before(filled(17), authority, policies={"everything": EVERYTHING, "readers": READERS}) as gate:
        yield gate


@pytest.fixture
def reader(strict: Gate) -> Route:
    """Return the way through that gate as a reader."""
    return strict.route("rita", "readers")


def _refused(route: Route, statement: str) -> psycopg.errors.Diagnostic:
    with route.connect() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
            connection.execute(statement)
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    return caught.value.diag


def test_a_refusal_names_the_policy_its_reason_and_what_to_do(reader: Route) -> None:
    told = _refused(reader, "DROP TABLE customers")
    assert told.sqlstate == "42501"
    assert "nobody-drops" in f"{told.message_primary} {told.message_detail}"
    assert "tables are for keeping" in told.message_detail
    assert told.message_hint == "ask the owner"


def test_a_refused_statement_never_reaches_the_server(reader: Route, strict: Gate) -> None:
    marker = f"t_{uuid4().hex}"
    _refused(reader, f"CREATE TABLE {marker} (a int)")
    assert marker not in strict.server.log_text


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM hr.payroll",
        "TABLE hr.payroll",
        "WITH p AS (TABLE hr.payroll) SELECT 1",
        "SELECT (SELECT max(gross) FROM hr.payroll)",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM hr.payroll)",
        "SELECT 1 UNION ALL SELECT month FROM hr.payroll",
        "COPY hr.payroll TO STDOUT",
        "COPY (TABLE hr.payroll) TO STDOUT",
        "EXPLAIN ANALYZE SELECT * FROM hr.payroll",
        "PREPARE p AS SELECT * FROM hr.payroll",
        "DECLARE c CURSOR WITH HOLD FOR SELECT * FROM hr.payroll",
        "DO $$ BEGIN PERFORM * FROM hr.payroll; END $$",
        "SELECT query_to_xml('TABLE hr.payroll', true, true, '')",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY customers TO PROGRAM 'cat'",
        "SET ROLE postgres",
        "SELECT set_config('role', 'postgres', false)",
        "SELECT pg_terminate_backend(1)",
        "INSERT INTO customers SELECT * FROM customers",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
        "LOCK TABLE customers IN ACCESS EXCLUSIVE MODE",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "LOAD 'auto_explain'",
        "CREATE EXTENSION dblink",
        "GRANT ALL ON customers TO PUBLIC",
    ],
)
def test_every_way_of_asking_gets_one_answer(reader: Route, statement: str) -> None:
    with reader.connect() as connection:
        for prepare in (False, True):
            with pytest.raises(psycopg.errors.Error) as simple:
                connection.execute(statement, prepare=prepare)
            assert simple.value.sqlstate == "42501", simple.value
        with pytest.raises(psycopg.errors.Error) as extended:
            connection.execute(statement, binary=True)
        assert extended.value.sqlstate == "42501"
        assert connection.execute("SELECT count(*) FROM products").fetchone() == (50,)


def test_a_refusal_inside_a_transaction_fails_it(reader: Route) -> None:
    with reader.connect(autocommit=False) as connection:
        connection.execute("SELECT 1")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM hr.payroll")
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_savepoint_survives_a_refusal(reader: Route) -> None:
    with reader.connect(autocommit=False) as connection:
        connection.execute("SELECT 1")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("SELECT * FROM hr.payroll")
        assert connection.execute("SELECT 2").fetchone() == (2,)


def test_a_refusal_in_a_pipeline_keeps_its_place(reader: Route) -> None:
    with reader.connect() as connection, connection.cursor() as before, connection.cursor() as after:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.pipeline() as pipeline:
            before.execute("SELECT 'before'")
            connection.execute("SELECT * FROM hr.payroll")
            after.execute("SELECT 'after'")
            pipeline.sync()
        assert before.fetchone() == ("before",)
        assert connection.execute("SELECT 3").fetchone() == (3,)


def test_several_statements_in_one_query_are_refused_as_one(reader: Route, strict: Gate) -> None:
    with reader.connect() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT 'first'; SELECT * FROM hr.payroll; SELECT 'last'")
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_asyncpg_is_refused_at_prepare_and_goes_on(reader: Route) -> None:
    async def work() -> int:
        connection = await asyncpg.connect(
            host=reader.host, port=reader.port, user=reader.user, password=reader.password, database="e2e", ssl=False
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM hr.payroll WHERE gross > $1", 1)
        found = await connection.fetchval("SELECT count(*) FROM products WHERE id > $1", 0)
        await connection.close()
        return found

    assert asyncio.run(asyncio.wait_for(work(), 20)) == 50


def test_a_syntax_error_is_the_servers_own(reader: Route, direct: Route) -> None:
    found = []
    for route in (reader, direct):
        with route.connect() as connection, pytest.raises(psycopg.errors.SyntaxError) as caught:
            connection.execute("SELECT 1 FROM WHERE")
        found.append((caught.value.diag.message_primary, caught.value.diag.statement_position))
    assert found[0] == found[1]


def test_somebody_who_may_not_connect_is_told_so(strict: Gate) -> None:
    with pytest.raises(psycopg.OperationalError) as caught:
        strict.route("nobody", "strangers").connect()
    assert "authentication failed" not in str(caught.value)


def test_an_unknown_resource_is_refused(strict: Gate) -> None:
    with pytest.raises(psycopg.OperationalError):
        strict.route(database="elsewhere").connect()
