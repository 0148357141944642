"""The quick start's sample is the same each time, and loads into a real server."""

from hashlib import sha256

import psycopg
import pytest

from servers.postgres import TestPostgres
from yett.demo.sample import Sizes, copy_line, sample_script

SMALL = Sizes(customers=50, products=20, orders=100, tickets=40, employees=5, payroll_months=3)


def _digest(seed: int) -> str:
    return sha256("".join(sample_script(seed, SMALL)).encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert _digest(1) == _digest(1)
    assert _digest(1) != _digest(2)


def test_copy_text_escapes_what_would_end_a_field_or_a_line() -> None:
    assert copy_line(("a\tb\nc\\d", None, 7)) == "a\\tb\\nc\\\\d\t\\N\t7\n"


@pytest.fixture
def filled(postgres17: TestPostgres):
    name = postgres17.create_database("sample_small")
    tool = postgres17.tool("psql")
    import subprocess

    script = "".join(sample_script(1, SMALL))
    command = [str(tool), "-X", "-q", "-v", "ON_ERROR_STOP=1", postgres17.url(database=name)]
    subprocess.run(command, input=script, text=True, check=True, capture_output=True)
    yield name
    postgres17.drop_database(name)


def test_the_script_loads_and_its_tables_agree(postgres17: TestPostgres, filled: str) -> None:
    with psycopg.connect(postgres17.dsn(database=filled)) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (50,)
        wrong = connection.execute(
            "SELECT count(*) FROM orders o WHERE total <> "
            "(SELECT sum(price * quantity) FROM order_items WHERE order_id = o.id)"
        ).fetchone()
        assert wrong == (0,)
        secret = "SELECT count(*) FROM support_tickets WHERE body ~ '(AKIA|ghp_|sk_live_|xoxb-|sk-proj-)'"
        assert connection.execute(secret).fetchone()[0] > 0


def test_a_change_of_an_order_is_dated_by_the_trigger(postgres17: TestPostgres, filled: str) -> None:
    with psycopg.connect(postgres17.dsn(database=filled)) as connection:
        changed = connection.execute("UPDATE orders SET note = 'x' WHERE id = 1 RETURNING changed_at > placed_at")
        assert changed.fetchone() == (True,)
