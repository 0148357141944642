"""What is said of PostgreSQL's own functions holds on real servers of every version."""

import pytest

from protocols.postgres.sql.sql_words import touched
from yett.protocols.postgres.sql.functions import (
    HARMLESS_VOLATILE,
    builtin_acts,
    is_builtin_operator,
    is_builtin_type,
    known_extension_function,
    literals_never_name,
)
from yett.protocols.postgres.sql.relations import SENSITIVE_RELATIONS, is_sensitive

# Functions that a statement can call: none of their arguments or results is a type that SQL has no values of.
_CALLABLE = """
SELECT DISTINCT proname, provolatile = 'v' FROM pg_proc p
WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind <> 'p'
  AND NOT EXISTS (SELECT 1 FROM unnest(p.proargtypes || p.prorettype) AS used (type) JOIN pg_type t ON t.oid = used.type
                  WHERE t.typname ~ '^(internal|_?cstring|trigger|event_trigger|.*_handler)$')
  AND proname !~ '^binary_upgrade_|^(fmgr|plpgsql|postgresql_fdw).*_validator$'
"""


def test_every_volatile_function_of_the_server_is_classified(postgres):
    with postgres.connect() as connection:
        rows = connection.execute(_CALLABLE).fetchall()
    assert len(rows) > 1900
    unclassified = {
        name for name, volatile in rows if volatile and not builtin_acts(name) and name not in HARMLESS_VOLATILE
    }
    assert unclassified == set()


def test_every_callable_function_of_the_server_is_known(postgres):
    with postgres.connect() as connection:
        names = {name for name, _ in connection.execute(_CALLABLE)}
    assert {name for name in names if builtin_acts(name) is None} == set()


def test_no_volatile_or_name_taking_function_may_have_its_literals_taken_out(postgres):
    suspicious = """
    SELECT DISTINCT proname FROM pg_proc p JOIN LATERAL unnest(proargtypes) AS used (type) ON true
    JOIN pg_type t ON t.oid = used.type
    WHERE pronamespace = 'pg_catalog'::regnamespace AND (t.typname ~ '^_?reg' OR t.typname IN ('name', 'refcursor'))
    """
    with postgres.connect() as connection:
        names = {name for (name,) in connection.execute(suspicious)}
        volatile = {name for name, is_volatile in connection.execute(_CALLABLE) if is_volatile}
    takes_configuration = {"get_current_ts_config"}
    assert {name for name in names - takes_configuration if literals_never_name(name)} == set()
    assert {name for name in volatile if literals_never_name(name)} <= {"random"}


def test_every_type_and_operator_of_the_server_is_known(postgres):
    types = "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')"
    operators = "SELECT DISTINCT oprname FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace"
    catalogs = "SELECT '_' || relname FROM pg_class UNION SELECT typname FROM pg_type WHERE typtype = 'p'"
    with postgres.connect() as connection:
        row_types = {name for (name,) in connection.execute(catalogs)}
        unknown = {name for (name,) in connection.execute(types) if not is_builtin_type(name)} - row_types
        assert {name for (name,) in connection.execute(operators) if not is_builtin_operator(name)} == set()
    assert unknown == set()


def test_every_sensitive_relation_exists_somewhere(postgres_of):
    seen: set[str] = set()
    for version in (15, 17, 18):
        with postgres_of(version).connect() as connection:
            seen |= {name for (name,) in connection.execute("SELECT relname FROM pg_class")}
    assert {name for name in SENSITIVE_RELATIONS - seen if not name.startswith("pg_stat_statements")} == set()


@pytest.mark.parametrize(
    ("schema", "name", "sensitive"),
    [
        ("pg_catalog", "pg_stat_activity", True),
        ("pg_catalog", "pg_authid", True),
        ("information_schema", "user_mapping_options", True),
        ("public", "pg_stat_statements", True),
        ("pg_catalog", "pg_class", False),
        ("public", "pg_authid", False),
    ],
)
def test_a_relation_is_sensitive_by_the_schema_it_was_found_in(schema, name, sensitive):
    assert is_sensitive(schema, name) is sensitive


@pytest.mark.parametrize("name", ["dblink", "dblink_exec", "postgres_fdw_get_connections", "pg_stat_statements_reset"])
def test_extensions_that_reach_out_are_known_by_name(name):
    assert known_extension_function(name)
    assert "administer everything" in touched(f"SELECT {name}()")


@pytest.mark.parametrize("call", ["pg_read_file(x)", "pg_ls_waldir()", "pg_cancel_backend(x)", "pg_reload_conf()"])
def test_what_reaches_beyond_the_data_is_administering_even_if_its_argument_is_not_known(call):
    assert touched(f"SELECT {call} FROM t") == {"read t", "administer everything"}


@pytest.mark.parametrize(
    "call",
    [
        "nextval(seqname => 's')",
        "nextval(VARIADIC x)",
        "nextval('not a . name!')",
        "nextval('')",
        "nextval(12345::regclass)",
    ],
)
def test_a_sequence_that_is_not_plainly_named_is_any_sequence(call):
    assert "write everything" in touched(f"SELECT {call} FROM t")
