"""The policies that the quick start begins with do what their comments say, with real clients."""

import subprocess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from e2e.gates import Gate
from e2e.routes import Route

SAMPLE = Path(__file__).parents[2] / "policies" / "orders.cedar"
FLOW = """
[approvals.dba]
reviewers = ["corp/dba"]
[access.payroll-reader]
requestable_by = ["corp/support-agents"]
approval = "dba"
max = "1h"
"""
DENY = r"""
[deny.no-sleeping]
pattern = '\bpg_sleep\b'
reason = "sleeping holds a connection"
"""


@pytest.fixture(scope="module")
def sample(filled, authority):
    """Return a gate with the sample policies before the sample data, as the resource `orders`."""
    from e2e.gates import gate_before

    policies = {"orders": SAMPLE.read_text("utf-8").replace('== "prod"', '== "test"')}
    with gate_before(filled(17), authority, policies=policies, resources={"orders": "e2e"}, extra=DENY + FLOW) as gate:
        yield gate


@pytest.fixture
def ana(sample: Gate) -> Route:
    return sample.route("ana", "support-agents", database="orders")


def refusal(route: Route, statement: str) -> psycopg.errors.Diagnostic:
    with route.connect() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
            connection.execute(statement)
        assert connection.execute("SELECT 1").fetchone() == (1,)
    return caught.value.diag


def test_support_reads_and_corrects_the_order_system(ana):
    with ana.connect() as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (200,)
        changed = connection.execute("UPDATE orders SET note = 'called' WHERE id = 1")
        assert changed.rowcount == 1
        total = connection.execute("SELECT customer_value(customer_id) FROM orders WHERE id = 1").fetchone()
        assert total is not None
        connection.execute("UPDATE support_tickets SET open = false WHERE id = 1")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE customers SET name = 'x'", "no policy permits write on orders/public.customers"),
        ("SELECT * FROM hr.employees", "no policy permits read on orders/hr.employees"),
        ("SELECT c.id FROM customers c JOIN hr.employees e USING (email)", "read on orders/hr.employees"),
        ("SELECT query FROM pg_stat_activity", "other people's statements"),
        ("SELECT * FROM pg_stats", "the contents of columns"),
        ("SET session_replication_role = replica", "no policy permits administer on orders/session_replication_role"),
        ("DROP TABLE customers", "schema changes go through migrations"),
        ("CREATE TABLE mine (id int)", "schema changes go through migrations"),
    ],
)
def test_what_support_may_not_do_is_refused_with_its_reason(ana, statement, said):
    told = refusal(ana, statement)
    assert said in f"{told.message_primary} {told.message_detail}"
    assert told.message_hint


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(0)", "SELECT /* pg_sleep */ 1", "SELECT 'pg_sleep'"])
def test_a_text_on_a_deny_list_is_refused_for_administrators_too(sample, statement):
    dana = sample.route("dana", "dba", database="orders")
    with dana.connect() as connection:
        connection.execute("SELECT 'a text of the same structure'")
    told = refusal(dana, statement)
    assert "sleeping holds a connection" in f"{told.message_primary} {told.message_detail}"


def test_psql_shows_what_there_is(sample, ana):
    command = [str(sample.server.tool("psql")), "-X", "-c", r"\d customers", "-c", r"\dt", "-c", r"\df", "-c", r"\l"]
    done = subprocess.run(command, env=ana.environment(), capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "national_id" in done.stdout


def test_sqlalchemy_connects_and_reads(ana):
    engine = create_engine("postgresql+psycopg://", creator=ana.connect)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM products")).scalar() == 50
    engine.dispose()


def test_somebody_without_a_group_does_not_even_connect(sample):
    with pytest.raises(psycopg.OperationalError):
        sample.route("eve", "nothing", database="orders").connect()
