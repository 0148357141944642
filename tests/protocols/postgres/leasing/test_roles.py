"""What is said to a target to make, change and remove the roles of leases, on real servers."""

import asyncio
from functools import partial
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from yett.app.targets import talk_to_target
from yett.core.errors import UpstreamFailed
from yett.core.secret import Secret
from yett.core.targets import Effect, Resource
from yett.protocols._wire.reception import Entry, TargetLogin
from yett.protocols.postgres.leasing.catalog import read_catalog
from yett.protocols.postgres.leasing.password import new_password, verifier_of
from yett.protocols.postgres.leasing.privileges import privileges
from yett.protocols.postgres.leasing.roles import RoleTerms, change_role, make_role, renew_roles, sweep
from yett.protocols.postgres.settings import PostgresSettings, PostgresTls

ODD = "Od\"d.t\\able'; DROP ROLE x; -- ßñ漢"


class Place:
    """A database with tables of its own, owned by an ordinary role that may make roles."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.admin = f"admin_{uuid4().hex[:8]}"
        self.prefix = f"yett_t{uuid4().hex[:6]}_"
        self.terms = RoleTerms("g1", self.prefix, 5, 600.0)
        with server.connect(database=database) as connection:
            identifier = sql.Identifier(self.admin)
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(identifier, sql.Literal(server.password))
            )
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database), identifier))
        with server.connect(self.admin, database) as connection:
            connection.execute("CREATE SCHEMA shop")
            connection.execute("CREATE TABLE shop.customers (id serial PRIMARY KEY, name text, email text)")
            connection.execute("CREATE TABLE shop.payroll (who text, cents int)")
            connection.execute("CREATE VIEW shop.names AS SELECT name FROM shop.customers")
            connection.execute(sql.SQL("CREATE TABLE {} (a int, {} text)").format(self.odd, sql.Identifier(ODD)))
            connection.execute("INSERT INTO shop.customers (name, email) VALUES ('ann', 'a@example.com')")
            connection.execute("CREATE FUNCTION shop.secret() RETURNS int LANGUAGE sql AS 'SELECT 42'")
            connection.execute("REVOKE EXECUTE ON FUNCTION shop.secret() FROM PUBLIC")

    odd = sql.Identifier("shop", ODD)

    def say(self, talk, user="", password=None):
        settings = PostgresSettings(database=self.database, tls=PostgresTls(mode="prefer"))
        entry = Entry(Resource("orders", "postgres", ""), self.server.host, self.server.port, settings)
        login = TargetLogin(user or self.admin, password or Secret(self.server.password))
        return asyncio.run(talk_to_target(entry, login, talk, 20))[1]

    def rights(self, could):
        return privileges("orders", self.say(read_catalog), could, lambda *_: "")

    def make(self, could, mark="g1", **terms):
        name, password = f"{self.prefix}{mark}_{uuid4().hex[:6]}", new_password()
        known = RoleTerms(mark, self.prefix, 5, 600.0, **terms)
        self.say(partial(make_role, name, verifier_of(password), known, self.rights(could)))
        return name, password

    def connect(self, role):
        return psycopg.connect(self.server.dsn(role[0], self.database, password=role[1].reveal()), autocommit=True)

    def sweep(self, *in_use):
        return self.say(partial(sweep, self.terms, lambda: in_use))

    def existing(self):
        with self.server.connect() as connection:
            found = connection.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [self.prefix])
            return sorted(row[0] for row in found)


@pytest.fixture
def place(postgres, database):
    place = Place(postgres, database)
    yield place
    place.sweep()
    postgres.drop_database(database)
    with postgres.connect() as connection:
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(place.admin)))


def only(*permitted):
    """Permit (effect, name of the last part) pairs; a table's name permits its columns."""

    def could(effect, target, kind):
        return any(effect == one and name in target.path for one, name in permitted)

    return could


def everything(effect, target, kind):
    return True


def refused(connection, statement):
    with pytest.raises(psycopg.Error) as failure:
        connection.execute(statement)
    return failure.value.sqlstate


def test_the_target_itself_refuses_what_policy_could_never_allow(place):
    role = place.make(only((Effect.READ, "customers")))
    with place.connect(role) as connection:
        assert connection.execute("SELECT name FROM shop.customers").fetchall() == [("ann",)]
        assert refused(connection, "SELECT * FROM shop.payroll") == "42501"
        assert refused(connection, "SELECT * FROM shop.names") == "42501"
        assert refused(connection, "SELECT shop.secret()") == "42501"
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
        assert refused(connection, "UPDATE shop.customers SET name = 'x'") == "25006"
        connection.execute("SET default_transaction_read_only = off")
        assert refused(connection, "UPDATE shop.customers SET name = 'x'") == "42501"
        assert refused(connection, "CREATE TABLE shop.mine (a int)") == "42501"
        assert refused(connection, f'SET ROLE "{place.admin}"') == "42501"


def test_rights_are_of_columns_where_policy_speaks_of_columns(place):
    role = place.make(only((Effect.READ, "name"), (Effect.READ, "id"), (Effect.WRITE, "name")))
    with place.connect(role) as connection:
        assert connection.execute("SELECT id, name FROM shop.customers").fetchall() == [(1, "ann")]
        assert refused(connection, "SELECT email FROM shop.customers") == "42501"
        assert refused(connection, "SELECT * FROM shop.customers") == "42501"
        connection.execute("UPDATE shop.customers SET name = 'bob'")
        assert refused(connection, "UPDATE shop.customers SET email = 'x'") == "42501"
        assert refused(connection, "DELETE FROM shop.customers") == "42501"


def test_who_may_insert_may_draw_from_the_sequence_behind_the_column(place):
    role = place.make(only((Effect.READ, "customers"), (Effect.WRITE, "customers")))
    with place.connect(role) as connection:
        connection.execute("INSERT INTO shop.customers (name) VALUES ('new')")
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("off",)
        assert refused(connection, "SELECT setval('shop.customers_id_seq', 1)") == "42501"


def test_no_name_can_say_more_than_a_name(place):
    role = place.make(only((Effect.READ, ODD)))
    with place.connect(role) as connection:
        assert connection.execute(sql.SQL("SELECT {} FROM {}").format(sql.Identifier(ODD), place.odd)).fetchall() == []
        assert refused(connection, "SELECT 1 FROM shop.customers") == "42501"


def test_a_role_is_brought_to_other_rights_while_its_sessions_are_open(place):
    could = only((Effect.READ, "customers"))
    before, after = place.rights(could), place.rights(only((Effect.READ, "name"), (Effect.WRITE, "payroll")))
    role = place.make(could)
    with place.connect(role) as connection:
        place.say(partial(change_role, role[0], before, after))
        assert refused(connection, "SELECT email FROM shop.customers") == "42501"
        assert connection.execute("SELECT name FROM shop.customers").fetchall() == [("ann",)]
        place.say(partial(change_role, role[0], after, before))
        assert connection.execute("SELECT count(*) FROM shop.customers").fetchone() == (1,)


def test_only_unused_roles_of_this_gate_are_swept_with_what_is_left_of_their_sessions(place):
    used, unused, others = place.make(everything), place.make(everything), place.make(everything, mark="g2")
    left = place.connect(unused)
    left.execute("CREATE TEMP TABLE mine (a int)")
    swept = place.sweep(used[0])
    assert (swept.dropped, swept.left) == ([unused[0]], {})
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()
    assert place.existing() == sorted([used[0], others[0]])
    place.server.execute(f"ALTER ROLE \"{others[0]}\" VALID UNTIL '2020-01-01'")
    assert place.sweep(used[0]).dropped == [others[0]]


def test_a_role_of_a_like_name_that_no_gate_made_is_never_swept(place):
    place.server.execute(f'CREATE ROLE "{place.prefix}g1_person"')
    assert place.sweep().dropped == []
    place.server.execute(f'DROP ROLE "{place.prefix}g1_person"')


def test_data_that_a_role_came_to_own_is_kept(place):
    role = place.make(everything)
    place.server.execute("GRANT CREATE ON SCHEMA shop TO PUBLIC", database=place.database)
    with place.connect(role) as connection:
        connection.execute("CREATE TABLE shop.kept AS SELECT 1 AS one")
    assert place.sweep().dropped == [role[0]]
    with place.server.connect(place.admin, place.database) as connection:
        assert connection.execute("SELECT one FROM shop.kept").fetchall() == [(1,)]


def test_a_role_has_an_end_a_limit_and_terms_of_its_own(place):
    role = place.make(everything, statement_seconds=1.5)
    with place.connect(role) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1500ms",)
        words = "SELECT rolconnlimit, rolvaliduntil - now() < interval '601 s', rolinherit OR rolcreatedb OR rolsuper"
        found = connection.execute(words + " FROM pg_roles WHERE rolname = current_user").fetchone()
        assert found == (5, True, False)
        place.say(partial(renew_roles, [role[0]], RoleTerms("g1", place.prefix, 5, 9000.0)))
        left = "SELECT rolvaliduntil - now() > interval '8000 s' FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(left).fetchone() == (True,)


def test_the_password_is_nowhere_in_the_servers_log(place):
    role = place.make(everything)
    place.connect(role).close()
    assert role[0] in place.server.log_text
    assert role[1].reveal() not in place.server.log_text


def test_an_admin_that_may_make_no_roles_is_told_what_it_lacks(place):
    with pytest.raises(UpstreamFailed, match="42501") as failure:
        place.say(partial(make_role, place.prefix, "x", place.terms, place.rights(everything)), "scram_user")
    assert (failure.value.code, "CREATEROLE" in failure.value.hint) == ("lease_refused", True)
    assert place.existing() == []


def test_rights_that_stand_in_several_names_go_with_the_role_and_one_by_one(place):
    owner, maker = f"owner_{uuid4().hex[:8]}", place.admin
    with place.server.connect(database=place.database) as connection:
        for statement in (
            "CREATE ROLE {owner}",
            "ALTER DATABASE {database} OWNER TO {owner}",
            "REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC",
            "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {maker} WITH GRANT OPTION",
            "GRANT {owner} TO {maker}",
            "ALTER TABLE shop.payroll OWNER TO {owner}",
            "ALTER FUNCTION shop.secret() OWNER TO {owner}",
            "GRANT SELECT ON shop.payroll TO {maker} WITH GRANT OPTION",
            "GRANT UPDATE (who) ON shop.payroll TO {maker} WITH GRANT OPTION",
            "GRANT EXECUTE ON FUNCTION shop.secret() TO {maker} WITH GRANT OPTION",
        ):
            names = {"owner": owner, "maker": maker, "database": place.database}
            connection.execute(sql.SQL(statement).format(**{one: sql.Identifier(to) for one, to in names.items()}))
    role = place.make(everything)
    with place.connect(role) as connection:
        assert connection.execute("SELECT shop.secret(), count(*) FROM shop.payroll").fetchone() == (42, 0)
        reader = place.rights(only((Effect.READ, "payroll"), (Effect.EXECUTE, "secret")))
        place.say(partial(change_role, role[0], place.rights(everything), reader))
        assert refused(connection, "UPDATE shop.payroll SET who = 'x'") in {"25006", "42501"}
        connection.execute("SET default_transaction_read_only = off")
        assert refused(connection, "UPDATE shop.payroll SET who = 'x'") == "42501"
        assert refused(connection, "UPDATE shop.payroll SET cents = 1") == "42501"
        place.say(partial(change_role, role[0], reader, place.rights(only())))
        assert refused(connection, "SELECT shop.secret()") == "42501"
        place.say(partial(change_role, role[0], place.rights(only()), place.rights(everything)))
    assert place.sweep().left == {}
    assert place.existing() == []
