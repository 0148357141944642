"""What was judged is asserted again at execution: changes that matter fail it, everyday life does not."""

from dataclasses import replace

import pytest

from protocols.postgres.catalog.catalog_bench import Bench, function, reads, statement, understood, writes
from yett.core.targets import Effect
from yett.protocols.postgres.sql.facts import StatementFacts

CALLS = statement((Effect.EXECUTE, function("shout", 1)))

CHANGES = [
    (
        "orders replaced by a view",
        reads("orders"),
        "ALTER TABLE orders RENAME TO old; CREATE VIEW orders AS SELECT 1 x",
    ),
    ("orders dropped and made again", reads("orders"), "DROP TABLE orders CASCADE; CREATE TABLE orders (id int)"),
    ("a column added", reads("orders"), "ALTER TABLE orders ADD extra int"),
    ("a rule on a table", reads("customers"), "CREATE RULE r AS ON UPDATE TO customers DO ALSO NOTIFY x"),
    ("policies switched on", reads("customers"), "ALTER TABLE customers ENABLE ROW LEVEL SECURITY"),
    (
        "a view's text",
        reads("big_orders"),
        "CREATE OR REPLACE VIEW big_orders AS SELECT o.id, c.note AS email FROM orders o, customers c",
    ),
    (
        "a view's text below a view",
        reads("deep"),
        "CREATE OR REPLACE VIEW big_orders AS SELECT o.id, c.note AS email FROM orders o, customers c",
    ),
    ("a further policy", reads("guarded"), "CREATE POLICY more ON guarded USING (true)"),
    ("a child of a parent", reads("base"), "CREATE TABLE second (id int) INHERITS (base)"),
    ("a first trigger", writes("orders"), "CREATE TRIGGER t AFTER UPDATE ON orders EXECUTE FUNCTION audit()"),
    ("a second trigger", writes("audited"), "CREATE TRIGGER t AFTER UPDATE ON audited EXECUTE FUNCTION audit()"),
    ("a trigger switched off", writes("audited"), "ALTER TABLE audited DISABLE TRIGGER audits"),
    (
        "a trigger replaced",
        writes("audited"),
        "CREATE OR REPLACE TRIGGER audits AFTER UPDATE ON audited FOR EACH ROW EXECUTE FUNCTION audit()",
    ),
    ("a rule switched off", writes("ruled"), "ALTER TABLE ruled DISABLE RULE copies"),
    ("a policy changed", reads("guarded"), "ALTER POLICY own ON guarded USING (may_see(owner) OR id = 1)"),
    ("a policy dropped", reads("guarded"), "DROP POLICY own ON guarded"),
    ("a view made to read as its caller", reads("big_orders"), "ALTER VIEW big_orders SET (security_invoker = on)"),
    ("a default", writes("orders"), "ALTER TABLE orders ALTER total SET DEFAULT length(shout('x'))"),
    ("a foreign key", writes("orders"), "CREATE TABLE lines (o int REFERENCES orders ON DELETE CASCADE)"),
    ("an index without columns", writes("orders"), "CREATE INDEX ON orders ((is_even(4)))"),
    ("an index on an expression", writes("orders"), "CREATE INDEX ON orders (is_even(id))"),
    (
        "a function replaced",
        CALLS,
        "CREATE OR REPLACE FUNCTION shout(text) RETURNS text LANGUAGE sql AS 'SELECT 1'",
    ),
    (
        "a function of a view replaced",
        reads("loud"),
        "CREATE OR REPLACE FUNCTION shout(text) RETURNS text LANGUAGE sql AS 'SELECT 1'",
    ),
]

EVERYDAY = [
    ("statistics", "ANALYZE orders"),
    ("vacuum", "VACUUM orders"),
    ("rows", "INSERT INTO customers VALUES (7, 'x'); DELETE FROM customers WHERE id = 7"),
    ("a vacuum of the catalog", "VACUUM pg_class"),
    ("another table", "CREATE TABLE unrelated (id int); DROP TABLE unrelated"),
    ("grants", "GRANT SELECT ON customers, orders, big_orders TO public"),
    ("all rows gone", "TRUNCATE orders"),
    ("a table written anew", "CLUSTER orders USING orders_pkey"),
    ("storage parameters", "ALTER TABLE orders SET (fillfactor = 90)"),
]


def _run(bench: Bench, script: str) -> None:
    for one in script.split("; "):
        bench.other.execute(one)  # type: ignore[call-overload]  # psycopg wants literal text


@pytest.mark.parametrize(("facts", "change"), [pytest.param(f, c, id=i) for i, f, c in CHANGES])
def test_a_change_by_another_session_fails_the_assertion(bench: Bench, facts: StatementFacts, change: str) -> None:
    assertion = bench.resolve(facts).assertion
    assert bench.holds(assertion)
    _run(bench, change)
    assert not bench.holds(assertion)


@pytest.mark.parametrize("change", [pytest.param(c, id=i) for i, c in EVERYDAY])
@pytest.mark.parametrize(
    "facts", [reads("orders"), reads("big_orders"), writes("customers")], ids=["table", "view", "write"]
)
def test_everyday_life_does_not_fail_the_assertion(calm: Bench, facts: StatementFacts, change: str) -> None:
    assertion = calm.resolve(facts).assertion
    _run(calm, change)
    assert calm.holds(assertion)


@pytest.mark.parametrize("facts", [reads("orders"), writes("orders")], ids=["plain", "full"])
@pytest.mark.parametrize(
    "change",
    [
        "SET search_path = other, public",
        "SET ROLE pg_monitor",
        "CREATE TEMP TABLE orders (id int)",
        "CREATE TEMP TABLE anything (id int)",
        "CREATE TABLE other.orders (id int); SET search_path = other, public",
    ],
)
def test_a_change_in_the_session_fails_the_assertion(bench: Bench, facts: StatementFacts, change: str) -> None:
    assertion = bench.resolve(facts).assertion
    assert bench.holds(assertion)
    for one in change.split("; "):
        bench.client.execute(one)  # type: ignore[call-overload]  # psycopg wants literal text
    assert not bench.holds(assertion)


def test_a_table_made_in_an_earlier_schema_of_the_path_fails_the_assertion(bench: Bench) -> None:
    bench.client.execute("SET search_path = other, public")
    assertion = bench.resolve(reads("orders")).assertion
    assert bench.holds(assertion)
    bench.other.execute("CREATE TABLE other.orders (id int)")
    assert not bench.holds(assertion)


def test_an_ordinary_read_has_the_cheap_assertion(bench: Bench) -> None:
    assert bench.resolve(reads("orders", "customers")).assertion.statement == "yett_assert_plain_2"
    assert bench.resolve(reads("deep")).assertion.statement == "yett_assert_full"


def test_look_ups_and_assertions_are_immune_to_a_hostile_path(bench: Bench) -> None:
    for hostile in (
        "CREATE FUNCTION other.to_regclass(text) RETURNS regclass LANGUAGE sql AS 'SELECT NULL::regclass'",
        "CREATE FUNCTION other.current_schemas(bool) RETURNS name[] LANGUAGE sql AS 'SELECT NULL::name[]'",
        "CREATE FUNCTION other.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT NULL::text'",
        "CREATE FUNCTION other.concat(VARIADIC \"any\") RETURNS text LANGUAGE internal AS 'text_concat'",
        "CREATE FUNCTION other.always(oid, oid) RETURNS bool LANGUAGE sql AS 'SELECT true'",
        "CREATE OPERATOR other.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = other.always)",
        "CREATE OPERATOR other.<> (LEFTARG = oid, RIGHTARG = oid, FUNCTION = other.always)",
        "CREATE TABLE other.pg_class (oid oid)",
        "CREATE TABLE other.pg_proc (oid oid)",
        "CREATE DOMAIN other.text AS int",
        "CREATE DOMAIN other.oid AS int",
        "CREATE DOMAIN other.name AS int",
    ):
        bench.other.execute(hostile)  # type: ignore[call-overload]  # psycopg wants literal text
    bench.client.execute("SET search_path = other, pg_catalog, public")
    view = replace(bench.view(), dirty=True)
    for facts in (reads("orders"), writes("orders"), reads("deep"), CALLS):
        found = bench.resolve(facts, view)
        assert found.refusal is None
        assert all(query.in_session for query in bench.asked)
        assert bench.holds(found.assertion)
    assertion = bench.resolve(reads("orders"), view).assertion
    bench.other.execute("CREATE TABLE other.orders (id int)")
    assert not bench.holds(assertion)


def test_a_repeatable_read_transaction_notices_a_replaced_table(bench: Bench) -> None:
    assertion = bench.resolve(reads("orders")).assertion
    bench.client.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    bench.client.execute("SELECT 1")
    bench.other.execute("ALTER TABLE orders RENAME TO old")
    bench.other.execute("CREATE VIEW orders AS SELECT * FROM old")
    assert not bench.holds(assertion)


def test_an_ordinary_role_can_ask_and_assert(bench: Bench) -> None:
    bench.other.execute("GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO trust_user")
    bench.gate.execute("SET ROLE trust_user")
    bench.client.execute("SET ROLE trust_user")
    for facts in (reads("orders"), writes("audited"), reads("deep"), CALLS):
        found = bench.resolve(facts)
        assert found.refusal is None
        assert bench.holds(found.assertion)


def test_an_absent_table_that_appears_fails_the_assertion(bench: Bench) -> None:
    assertion = bench.resolve(understood("DROP TABLE IF EXISTS nowhere")).assertion
    assert bench.holds(assertion)
    bench.other.execute("CREATE TABLE nowhere (id int)")
    assert not bench.holds(assertion)


def test_a_prepared_statement_keeps_its_first_meaning_and_the_ids_tell(bench: Bench) -> None:
    # The server plans nothing anew when a name is shadowed in a schema that was in the path already. So the relay must
    # judge a prepared statement by what it meant when it was parsed as well as by what it means now.
    bench.other.execute("INSERT INTO customers VALUES (1, 'marked')")
    bench.client.execute("CREATE TEMP TABLE warm (id int)")
    facts = reads("customers")
    at_parse = bench.resolve(facts).assertion
    bench.client.execute("PREPARE p AS SELECT email FROM customers")
    bench.client.execute("CREATE TEMP TABLE customers (email text)")
    now = bench.resolve(facts).assertion
    assert bench.holds(now)
    assert bench.client.execute("EXECUTE p").fetchall() == [("marked",)]
    assert at_parse.oids != now.oids
    assert not bench.holds(at_parse)
