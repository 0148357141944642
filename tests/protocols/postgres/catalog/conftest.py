"""A real catalog to resolve against: a database with views, triggers, rules, partitions and code that is not ours."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from protocols.postgres.catalog.catalog_bench import Bench

SCHEMA = (
    "CREATE TABLE customers (id int PRIMARY KEY, email text, note text DEFAULT 'none')",
    "CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers ON DELETE CASCADE, total numeric)",
    "CREATE VIEW big_orders AS SELECT o.id, email FROM orders o JOIN customers c ON c.id = customer WHERE total > 9",
    "CREATE VIEW deep AS SELECT email FROM big_orders",
    "CREATE MATERIALIZED VIEW totals AS SELECT sum(total) AS total FROM orders",
    "CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql AS 'SELECT upper($1)'",
    "CREATE VIEW loud AS SELECT shout(email) AS email FROM customers",
    "CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TABLE audited (id int)",
    "CREATE TRIGGER audits BEFORE INSERT ON audited FOR EACH ROW EXECUTE FUNCTION audit()",
    "CREATE TABLE ruled (id int)",
    "CREATE RULE copies AS ON INSERT TO ruled DO ALSO INSERT INTO audited VALUES (NEW.id)",
    "CREATE TABLE events (id int, day date) PARTITION BY RANGE (day)",
    "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    "CREATE TABLE base (id int)",
    "CREATE TABLE derived (more int) INHERITS (base)",
    "CREATE TABLE guarded (id int, owner name)",
    "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY",
    "CREATE FUNCTION may_see(name) RETURNS bool LANGUAGE sql AS 'SELECT true'",
    "CREATE POLICY own ON guarded USING (may_see(owner))",
    "CREATE FUNCTION is_even(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 2 = 0'",
    "CREATE DOMAIN even AS int CHECK (is_even(VALUE))",
    "CREATE TYPE mood AS ENUM ('good', 'bad')",
    "CREATE TABLE typed (n even, m mood)",
    "CREATE VIEW spies AS SELECT pid, query FROM pg_stat_activity",
    "CREATE VIEW passwords AS SELECT rolname, rolpassword FROM pg_authid",
    "CREATE VIEW files AS SELECT pg_read_file('PG_VERSION') AS content",
    "CREATE SCHEMA other",
    "CREATE SEQUENCE counter",
)


@pytest.fixture
def bench(postgres: object, database: str) -> Iterator[Bench]:
    """Return a bench on an empty database filled with SCHEMA."""
    postgres.execute(*SCHEMA, database=database)  # type: ignore[attr-defined]

    def connect() -> psycopg.Connection:
        return postgres.connect(database=database)  # type: ignore[attr-defined, no-any-return]

    with Bench(connect) as found:
        yield found


Connect = Callable[[], psycopg.Connection]
