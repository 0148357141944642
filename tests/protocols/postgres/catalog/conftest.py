"""A real catalog to resolve against: a database with views, triggers, rules, partitions and code that is not ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from protocols.postgres.catalog.catalog_bench import Bench
from servers.postgres import TestPostgres

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


@pytest.fixture(scope="module")
def database(postgres: TestPostgres) -> Iterator[str]:
    """Return the name of a database that a module shares."""
    with _database(postgres) as name:
        yield name


@pytest.fixture(scope="module")
def database17(postgres17: TestPostgres) -> Iterator[str]:
    """Return the name of one on PostgreSQL 17."""
    with _database(postgres17) as name:
        yield name


@pytest.fixture
def bench(postgres: TestPostgres, database: str) -> Iterator[Bench]:
    """Return a bench on a catalog of the test's own: SCHEMA and nothing else."""
    with _refilled(postgres, database) as found:
        yield found


@pytest.fixture
def bench17(postgres17: TestPostgres, database17: str) -> Iterator[Bench]:
    """Return the same on PostgreSQL 17 alone, for what is the gate's own reasoning and no version's."""
    with _refilled(postgres17, database17) as found:
        yield found


@pytest.fixture(scope="module")
def calm(postgres: TestPostgres) -> Iterator[Bench]:
    """Return a bench that a whole module shares, for tests that change nothing."""
    with _database(postgres) as name, _refilled(postgres, name) as found:
        yield found


@contextmanager
def _database(postgres: TestPostgres) -> Iterator[str]:
    name = postgres.create_database(f"t_{uuid4().hex[:12]}")
    try:
        yield name
    finally:
        postgres.drop_database(name)


@contextmanager
def _refilled(postgres: TestPostgres, name: str) -> Iterator[Bench]:
    # Making a database anew for each test would take ten times as long.
    with postgres.connect(database=name) as connection:
        connection.execute("; ".join(_EMPTIED + SCHEMA))
    with Bench(lambda: postgres.connect(database=name)) as found:
        yield found


_EMPTIED = (
    "SET client_min_messages = error",
    "DROP EVENT TRIGGER IF EXISTS watching",
    "DROP EXTENSION IF EXISTS citext CASCADE",
    "DROP SCHEMA IF EXISTS public, other, another CASCADE",
    "CREATE SCHEMA public",
    "GRANT USAGE ON SCHEMA public TO public",
    "RESET client_min_messages",
)
