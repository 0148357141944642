"""Long texts: clients that write values into their statements send them, and pg_dump --inserts does."""

import psycopg
import pytest

from e2e.gates import EVERYTHING
from e2e.routes import Route

ALMOST_EVERYTHING = {
    "almost": EVERYTHING
    + """
@id("not-this-table")
forbid (principal in Group::"corp/everything", action, resource == Table::"e2e/public.kept_away");
"""
}
LONG_VALUE = "SELECT length('" + "x" * (5 << 20) + "')"
MANY_NUMBERS = "SELECT count(*) FROM (VALUES " + ",".join(["(1)"] * 400_000) + ") v"


@pytest.mark.parametrize("text", [LONG_VALUE, MANY_NUMBERS], ids=["long value", "many numbers"])
def test_what_is_long_runs_as_it_does_directly(route: Route, text: str) -> None:
    with route.connect() as connection:
        expected = (5 << 20,) if text is LONG_VALUE else (400_000,)
        assert connection.execute(text).fetchone() == expected
        assert connection.execute(text, binary=True).fetchone() == expected
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_restricted_may_send_long_values_and_no_more_sql_than_the_limit(new_gate) -> None:
    with new_gate(policies=ALMOST_EVERYTHING).route().connect() as connection:
        assert connection.execute(LONG_VALUE).fetchone() == (5 << 20,)
        assert connection.execute(LONG_VALUE, binary=True).fetchone() == (5 << 20,)
        with pytest.raises(psycopg.errors.ProgramLimitExceeded, match="longer than"):
            connection.execute(MANY_NUMBERS)
        assert connection.execute("SELECT 1").fetchone() == (1,)
