"""What PostgreSQL runs only as the first act of its transaction: somebody whom policy restricts may still do it."""

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
STATEMENTS = (
    "VACUUM {table}",
    "CREATE INDEX CONCURRENTLY {table}_index ON {table} (a)",
    "REINDEX TABLE CONCURRENTLY {table}",
    "DROP INDEX CONCURRENTLY {table}_index",
    "VACUUM (ANALYZE) {table}",
    "CREATE INDEX {table}_other ON {table} (a)",
    "CLUSTER {table} USING {table}_other",
    "REINDEX TABLE {table}",
    "DROP INDEX {table}_other",
    "ALTER TABLE {table}_parts DETACH PARTITION {table}_part CONCURRENTLY",
    "ALTER TABLE {table}_parts ATTACH PARTITION {table}_part FOR VALUES IN (1)",
    "DISCARD ALL",
)


@pytest.fixture
def route(new_gate) -> Route:
    """Return the way in of somebody who may do nearly everything, and so is judged statement by statement."""
    return new_gate(policies=ALMOST_EVERYTHING).route()


@pytest.mark.parametrize("how", [{}, {"binary": True}, {"prepare": True}], ids=["simple", "extended", "prepared"])
def test_it_runs_by_every_protocol_again_and_again(route, how) -> None:
    with route.connect() as connection:
        connection.execute("CREATE TABLE by_itself (a int) WITH (autovacuum_enabled = off)")
        connection.execute("CREATE TABLE by_itself_parts (a int) PARTITION BY LIST (a)")
        connection.execute("CREATE TABLE by_itself_part PARTITION OF by_itself_parts FOR VALUES IN (1)")
        try:
            for _ in range(2):
                for statement in STATEMENTS:
                    connection.execute(statement.format(table="by_itself"), **how)
        finally:
            connection.execute("DROP TABLE by_itself, by_itself_parts")


def test_what_others_replaced_is_judged_anew(route) -> None:
    with route.connect() as connection, route.server.connect(database="e2e") as beside:
        try:
            for _ in range(2):
                beside.execute("DROP TABLE IF EXISTS replaced; CREATE TABLE replaced (a int)")
                beside.execute("ALTER TABLE replaced OWNER TO e2e_owner")
                connection.execute("VACUUM replaced")
                connection.execute("CREATE INDEX CONCURRENTLY ON replaced (a)", binary=True)
        finally:
            beside.execute("DROP TABLE IF EXISTS replaced")


def test_in_a_transaction_it_fails_as_it_does_directly(route) -> None:
    with route.connect(autocommit=False) as connection:
        with pytest.raises(psycopg.errors.ActiveSqlTransaction):
            connection.execute("VACUUM customers")
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)
