"""Names that mean another thing than they seem to: shadows, overloads, operators, casts, temporary objects."""

from dataclasses import replace

import pytest

from protocols.postgres.catalog.catalog_bench import Bench, understood


def _make(bench: Bench, *statements: str) -> None:
    for statement in statements:
        bench.other.execute(statement)  # type: ignore[call-overload]  # psycopg wants literal text


def test_builtin_names_are_nothing_more_than_computing(calm: Bench) -> None:
    text = "SELECT lower(email), count(*), id + 1 FROM customers WHERE id = 3 AND note LIKE 'x%' GROUP BY 1, 3"
    assert calm.sql(text) == {"read Table public.customers"}


def test_a_function_that_shares_a_builtin_name_counts(bench17: Bench) -> None:
    _make(bench17, "CREATE FUNCTION lower(int) RETURNS text LANGUAGE sql AS 'SELECT 1'")
    assert bench17.sql("SELECT lower(email) FROM customers") == {
        "read Table public.customers",
        "execute Function public.lower",
    }
    assert bench17.sql("SELECT pg_catalog.lower(email) FROM customers") == {"read Table public.customers"}


def test_a_function_that_postgresqls_own_always_hides_does_not_count(bench17: Bench) -> None:
    _make(
        bench17,
        "CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION sneaky(int, int) RETURNS bool LANGUAGE sql AS 'SELECT true'",
        "CREATE OPERATOR = (LEFTARG = int, RIGHTARG = int, FUNCTION = sneaky)",
    )
    text = "SELECT lower(email) FROM customers WHERE id = 3"
    assert bench17.sql(text) == {"read Table public.customers"}
    bench17.client.execute("SET search_path = public, pg_catalog")
    assert bench17.sql(text) == {
        "read Table public.customers",
        "execute Function public.lower",
        "execute Function public.sneaky",
    }


def test_a_function_that_only_named_arguments_reach_counts(bench17: Bench) -> None:
    _make(bench17, "CREATE FUNCTION lower(x text) RETURNS text LANGUAGE sql AS 'SELECT 1'")
    assert bench17.sql("SELECT lower(x => 'A')") == {"execute Function public.lower"}


def test_overloads_of_an_extension_count_where_its_types_can_occur(bench17: Bench) -> None:
    if not bench17.has_extension("citext"):
        pytest.skip("this build of PostgreSQL has no citext")
    _make(bench17, "CREATE EXTENSION citext", "CREATE TABLE people (name citext)")
    assert bench17.sql("SELECT 1 FROM customers WHERE email = 'x' AND split_part(email, '@', 1) = 'y'") == {
        "read Table public.customers"
    }
    assert "execute Function public.citext_eq" in bench17.sql("SELECT 1 FROM people WHERE name = 'x'")
    assert "execute Function public.citext_eq" in bench17.sql("SELECT 1 WHERE 'x'::citext = 'x'")
    declared = bench17.other.execute("SELECT 'citext'::regtype::oid").fetchone()
    assert declared is not None
    assert "execute Function public.citext_eq" in bench17.sql(
        "SELECT 1 WHERE $1 = $2", parameter_types=(declared[0], 0)
    )


def test_a_function_outside_the_path_does_not_count(bench17: Bench) -> None:
    _make(bench17, "CREATE FUNCTION other.lower(int) RETURNS text LANGUAGE sql AS 'SELECT 1'")
    assert bench17.sql("SELECT lower(email) FROM customers") == {"read Table public.customers"}
    bench17.client.execute("SET search_path = other, public")
    assert "execute Function other.lower" in bench17.sql("SELECT lower(email) FROM customers")


def test_an_overload_that_takes_another_number_of_arguments_does_not_count(bench17: Bench) -> None:
    _make(bench17, "CREATE FUNCTION lower(text, int) RETURNS text LANGUAGE sql AS 'SELECT 1'")
    assert bench17.sql("SELECT lower(email) FROM customers") == {"read Table public.customers"}
    _make(bench17, "CREATE FUNCTION lower(text, int, int DEFAULT 1) RETURNS text LANGUAGE sql AS 'SELECT 1'")
    bench17.cache.forget()
    assert bench17.sql("SELECT lower(email, 1) FROM customers") >= {"execute Function public.lower"}


def test_an_operator_that_anybody_made_counts(bench17: Bench) -> None:
    _make(
        bench17,
        "CREATE FUNCTION sneaky(text, int) RETURNS bool LANGUAGE sql AS 'SELECT true'",
        "CREATE OPERATOR = (LEFTARG = text, RIGHTARG = int, FUNCTION = sneaky)",
    )
    assert bench17.sql("SELECT 1 FROM customers WHERE email = 1") == {
        "read Table public.customers",
        "execute Function public.sneaky",
    }
    assert bench17.sql("SELECT 1 FROM customers WHERE email OPERATOR(pg_catalog.=) 'x'") == {
        "read Table public.customers"
    }


def test_a_cast_between_builtin_types_that_somebody_made_counts(bench17: Bench) -> None:
    _make(
        bench17,
        "CREATE FUNCTION counted(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE CAST (text AS int) WITH FUNCTION counted(text) AS IMPLICIT",
    )
    assert "execute Function public.counted" in bench17.sql("SELECT id FROM customers WHERE id = email")


def test_attribute_notation_is_a_call(bench17: Bench) -> None:
    _make(bench17, "CREATE FUNCTION secret(customers) RETURNS text LANGUAGE sql AS 'SELECT $1.email'")
    assert bench17.sql("SELECT c.secret FROM customers c") == {
        "read Table public.customers",
        "execute Function public.secret",
    }
    assert "administer Resource " in bench17.sql("SELECT ('/etc/passwd'::text).pg_read_file")
    assert bench17.sql("SELECT c.email, c.id FROM customers c") == {"read Table public.customers"}


def test_a_user_function_is_executed(calm: Bench) -> None:
    assert calm.sql("SELECT shout('x')") == {"execute Function public.shout"}
    assert calm.sql("SELECT public.shout('x')") == {"execute Function public.shout"}


def test_types_bring_their_code(calm: Bench) -> None:
    assert calm.sql("SELECT 'good'::mood") == set()
    assert calm.sql("SELECT 2::even") == {"execute Function public.is_even"}
    assert calm.sql("SELECT ARRAY[2]::even[]") == {"execute Function public.is_even"}


@pytest.mark.parametrize("name", ['a"b', "a\\b", "{a,b}", "NULL", "a.b", "Größe", "a'b", "x" * 63, " ", "--", "$1"])
def test_any_name_that_postgresql_takes_is_found_and_asserted(bench17: Bench, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    _make(bench17, f"CREATE TABLE {quoted} (id int)", f"CREATE TABLE other.{quoted} (id int)")
    for text, schema in ((f"SELECT 1 FROM {quoted}", "public"), (f"SELECT 1 FROM other.{quoted}", "other")):
        found = bench17.resolve(understood(text))
        assert [access.target.path for access in found.accesses[1:]] == [(schema, name)]
        assert bench17.holds(found.assertion)


def test_the_system_catalog_is_first_unless_the_path_says_otherwise(bench17: Bench) -> None:
    _make(bench17, "CREATE TABLE pg_class (id int)", "CREATE TABLE pg_stat_activity (id int)")
    assert bench17.sql("SELECT 1 FROM pg_class") == {"read Table pg_catalog.pg_class"}
    assert bench17.sql("SELECT 1 FROM pg_stat_activity") == {"administer Table pg_catalog.pg_stat_activity"}
    bench17.client.execute("SET search_path = public, pg_catalog")
    assert bench17.sql("SELECT 1 FROM pg_class") == {"read Table public.pg_class"}


def test_the_path_of_a_view_without_pg_catalog_is_completed(bench17: Bench) -> None:
    view = replace(bench17.view(), search_path=("public",))
    assert view.effective_path == ("pg_catalog", "public")
    assert replace(view, temp_schema="pg_temp_3").effective_path == ("pg_temp_3", "pg_catalog", "public")


def test_a_temporary_table_shadows_and_is_the_sessions_own(bench17: Bench) -> None:
    bench17.client.execute("CREATE TEMP TABLE orders (id int)")
    view = bench17.view()
    assert view.dirty
    assert bench17.sql("SELECT 1 FROM orders", view) == {"read Table pg_temp.orders"}
    assert all(query.in_session for query in bench17.asked)
    assert bench17.sql("SELECT 1 FROM pg_temp.orders", view) == {"read Table pg_temp.orders"}
    assert bench17.sql("SELECT 1 FROM public.orders", view) == {"read Table public.orders"}
    assert bench17.holds(bench17.resolve(understood("SELECT 1 FROM orders"), view).assertion)
    assert bench17.cache.resolution is not None
    assert bench17.sql(
        "SELECT 1 FROM orders", replace(view, dirty=False, temp_schema=None, search_path=("public",))
    ) == {"read Table public.orders"}


def test_uncommitted_definitions_are_seen_by_their_own_session_only(bench17: Bench) -> None:
    bench17.client.execute("BEGIN")
    bench17.client.execute("CREATE TABLE fresh (id int)")
    assert bench17.refused("SELECT 1 FROM fresh") == ("name_unresolved", "42P01")
    view = replace(bench17.view(), dirty=True)
    assert bench17.sql("SELECT 1 FROM fresh", view) == {"read Table public.fresh"}
    assert bench17.refused("SELECT 1 FROM fresh") == ("name_unresolved", "42P01")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT 1 FROM nowhere", "42P01"),
        ("SELECT 1 FROM other.orders", "42P01"),
        ("SELECT nowhere(1)", "42883"),
        ("SELECT 1::nothing", "42704"),
        ("SELECT 1 FROM elsewhere.public.orders", "0A000"),
    ],
)
def test_what_does_not_exist_is_refused_with_the_servers_own_code(calm: Bench, text: str, code: str) -> None:
    assert calm.refused(text) == ("name_unresolved", code)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CREATE TABLE made (id int)", "define Table public.made"),
        ("CREATE TABLE other.made (id int)", "define Table other.made"),
        ("CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree)", "define Table public.tree"),
        (
            "CREATE SCHEMA s CREATE TABLE t (id int) CREATE VIEW v AS SELECT id FROM t",
            "define Schema s, define Table s.t, define Table s.v, read Table s.t",
        ),
        ("DROP TABLE orders", "define Table public.orders"),
        ("DROP TABLE IF EXISTS nowhere", "define Table public.nowhere"),
        ("ALTER TABLE orders ADD note text", "define Table public.orders"),
        ("TRUNCATE customers CASCADE", "write Table public.customers, write Table public.orders"),
        ("CREATE VIEW v AS SELECT 1 FROM orders", "define Table public.v, read Table public.orders"),
        ("REFRESH MATERIALIZED VIEW totals", "write Table public.totals, read Table public.orders"),
        ("SELECT nextval('counter')", "write Table public.counter"),
        ("DROP INDEX orders_pkey", "define Table public.orders_pkey, define Table public.orders"),
        ("CREATE SCHEMA fresh", "define Schema fresh"),
        ("SET application_name = 'x'", ""),
        ("SET search_path = other, public", ""),
        ("SET search_path = other, pg_catalog", "administer Setting search_path"),
        ("SET session_replication_role = replica", "administer Setting session_replication_role"),
        ("SET app.tenant = '3'", "write Setting app.tenant"),
        ("SET work_mem = '64MB'", ""),
        ("SET work_mem = '64GB'", "administer Setting work_mem"),
        ("SET client_encoding = 'utf-8'", ""),
        ("SET ROLE pg_monitor", "administer Role pg_monitor"),
        ("RESET ALL", ""),
        ("RESET ROLE", ""),
        ("SHOW search_path", ""),
        ("SHOW hba_file", "read Setting hba_file"),
        ("SELECT set_config('search_path', '', false)", ""),
        ("LISTEN news", "read Channel news"),
    ],
)
def test_statements_touch(calm: Bench, text: str, expected: str) -> None:
    assert calm.sql(text) == (set(expected.split(", ")) if expected else set())


def test_what_would_change_how_text_is_read_is_refused(calm: Bench) -> None:
    for text in ("SET client_encoding = LATIN1", "SET standard_conforming_strings = off", "SET NAMES 'SJIS'"):
        assert calm.refused(text) == ("setting_refused", "")


def test_inserting_rows_cascades_nowhere(calm: Bench) -> None:
    assert calm.sql("INSERT INTO customers VALUES (1)") == {"write Table public.customers"}
    both = "WITH gone AS (DELETE FROM customers) INSERT INTO customers VALUES (1)"
    assert calm.sql(both) == {"write Table public.customers", "write Table public.orders"}


def test_copying_rows_in_cascades_nowhere(calm: Bench) -> None:
    assert calm.sql("COPY customers FROM STDIN") == {"write Table public.customers"}


def test_event_triggers_run_at_definitions(bench17: Bench) -> None:
    _make(
        bench17,
        "CREATE FUNCTION watches() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watches()",
    )
    assert bench17.sql("CREATE TABLE made (id int)") == {"define Table public.made", "execute Function public.watches"}
    assert bench17.sql("SELECT 1 FROM orders") == {"read Table public.orders"}


def test_views_that_call_each_other_through_rules_end(bench17: Bench) -> None:
    _make(
        bench17,
        "CREATE TABLE ping (id int)",
        "CREATE TABLE pong (id int)",
        "CREATE RULE a AS ON INSERT TO ping DO ALSO INSERT INTO pong VALUES (1)",
        "CREATE RULE b AS ON INSERT TO pong DO ALSO INSERT INTO ping VALUES (1)",
    )
    assert bench17.sql("INSERT INTO ping VALUES (1)") == {
        "write Table public.ping",
        "write Table public.pong",
        "execute Function public.a on ping",
        "execute Function public.b on pong",
    }


@pytest.mark.parametrize(
    "change",
    [
        "CREATE FUNCTION lower(int) RETURNS text LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION shout(text) RENAME TO lower",
        "ALTER FUNCTION shout(text) SET SCHEMA other",
        "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
        "CREATE CAST (customers AS text) WITH FUNCTION described(customers)",
        "ALTER DOMAIN even ADD CHECK (VALUE > 0)",
        "ALTER SCHEMA other RENAME TO another",
    ],
)
def test_the_epoch_moves_with_what_no_assertion_sees(bench17: Bench, change: str) -> None:
    _make(bench17, "CREATE FUNCTION described(customers) RETURNS text LANGUAGE sql AS 'SELECT 1'")
    bench17.observe_epoch()
    before = bench17.cache.generation
    bench17.observe_epoch()
    assert bench17.cache.generation == before
    _make(bench17, change)
    bench17.observe_epoch()
    assert bench17.cache.generation != before


def test_the_epoch_stands_still_while_tables_come_and_go(bench17: Bench) -> None:
    bench17.observe_epoch()
    before = bench17.cache.generation
    _make(
        bench17,
        "CREATE TABLE one (id int)",
        "INSERT INTO one VALUES (1)",
        "DROP TABLE one",
        "ANALYZE",
        "VACUUM pg_proc",
    )
    bench17.observe_epoch()
    assert bench17.cache.generation == before
