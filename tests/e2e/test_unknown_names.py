"""A name that means nothing is the server's own error, place included, for somebody whom policy restricts."""

from e2e.gates import EVERYTHING
from e2e.routes import Route

ALMOST_EVERYTHING = {
    "almost": EVERYTHING
    + """
@id("not-this-table")
forbid (principal in Group::"corp/everything", action, resource == Table::"e2e/public.kept_away");
"""
}
TEXTS = (
    "SELECT * FROM nowhere",
    "SELECT 'é', 1 FROM customers c\nJOIN nowhere n ON true",
    "INSERT INTO nowhere VALUES (1)",
    "UPDATE nowhere SET a = 1",
    "DELETE FROM sales.nowhere",
    "EXPLAIN SELECT 1 FROM nowhere",
    "CREATE VIEW v AS SELECT * FROM nowhere",
    "TRUNCATE nowhere",
    "ALTER TABLE nowhere ADD a int",
    "DROP TABLE nowhere",
    "DROP VIEW nowhere",
    "DROP INDEX nowhere",
    "COPY nowhere TO STDOUT",
    "CREATE TABLE t (a nothing)",
    "SELECT 1::nothing",
)


def test_it_is_told_as_the_server_tells_it(new_gate, route_of) -> None:
    script = ";\n".join((*TEXTS, ""))
    restricted: Route = new_gate(policies=ALMOST_EVERYTHING).route()
    assert restricted.psql(script, "-a") == route_of("direct", 17).psql(script, "-a")
