"""Leases of a whole gate's making: by real policies, at a real target."""

import asyncio
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest

from yett.app.lease_checks import lease_findings
from yett.app.lease_rights import LeaseRights
from yett.app.leases import Leases
from yett.app.leasing import lease_mark
from yett.app.policies import declarations
from yett.app.role_leases import LeasedTarget, RoleLeases
from yett.config import load_config
from yett.core.clock import SystemClock
from yett.core.errors import UpstreamFailed
from yett.core.ids import SessionId
from yett.core.principals import Principal, PrincipalKind
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Resource
from yett.credentials.settings import FromEnv
from yett.credentials.sources import EnvSource
from yett.interceptors.authorize import PolicyInForce
from yett.policy.loading import load_policies
from yett.policy.names import KnownNames
from yett.policy.schema import build_schema
from yett.protocols._wire.reception import Entry
from yett.protocols.postgres.catalog.target_kinds import TARGET_KINDS
from yett.protocols.postgres.leasing.catalog import Catalog, Column, Table
from yett.protocols.postgres.leasing.roles import RoleTerms
from yett.protocols.postgres.settings import PostgresSettings, PostgresTls

READERS = """
permit (principal in Group::"corp/readers", action in [Action::"connect", Action::"read"],
  resource in Table::"orders/public.customers");
"""
WRITERS = """
permit (principal in Group::"corp/writers", action in [Action::"read", Action::"write"],
  resource in Resource::"orders");
@id("reviewed") @approval("dba") @reason("a DBA looks at it")
forbid (principal, action == Action::"write", resource in Table::"orders/public.payroll")
unless { context.approvals.contains("dba") };
forbid (principal, action == Action::"write", resource in Table::"orders/public.customers")
when { context.operation.kind == "DELETE" };
"""
BUT_MAIL = """
permit (principal, action == Action::"read", resource)
when { resource is Column && resource.label != "email" };
"""


def engine(*policies):
    _, facts = declarations("postgres")
    files = {f"p{number}.cedar": text for number, text in enumerate(policies)}
    return load_policies(files, build_schema(TARGET_KINDS, facts, {}), known=KnownNames(), clock=SystemClock())


def label_of(schema, table, column, type_name, comment):
    return "email" if column == "email" else ""


class Place:
    """A target with two tables, an admin role, and leases by policies that can be replaced."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.prefix = f"yett_l{uuid4().hex[:6]}_"
        settings = PostgresSettings(database=database, tls=PostgresTls(mode="prefer"))
        self.entry = Entry(Resource("orders", "postgres", ""), server.host, server.port, settings)
        self.lost = []
        self.policy = PolicyInForce(engine(READERS, WRITERS))
        server.execute(
            "CREATE TABLE customers (id int, email text)",
            "CREATE TABLE payroll (who text)",
            "INSERT INTO customers VALUES (1, 'a@example.com')",
            database=database,
        )

    def lessor(self, mark="gate1", password="", user=""):
        source = EnvSource(
            FromEnv(login=user or self.server.superuser, password="P"), {"P": password or self.server.password}
        )
        target = LeasedTarget(self.entry, source, RoleTerms(mark, self.prefix, 50, 600.0), label_of)
        return RoleLeases(target, self.policy, SystemClock(), self.lost.extend)

    def session(self, subject="ana", *groups, session=""):
        principal = Principal(PrincipalKind.USER, "corp", subject, subject, frozenset(groups))
        return Session(SessionId(session or uuid4().hex), principal, self.entry.resource, ClientFacts("10.0.0.1"), 0.0)

    @contextmanager
    def connected(self, login):
        dsn = self.server.dsn(login.user, self.database, password=login.password.reveal())
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield connection

    def existing(self):
        with self.server.connect() as connection:
            found = connection.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [self.prefix])
            return {row[0] for row in found}


@pytest.fixture
def place(postgres, database):
    return Place(postgres, database)


def refused(connection, statement):
    with pytest.raises(psycopg.Error) as failure:
        connection.execute(statement)
    return failure.value.sqlstate


def test_a_principals_sessions_share_a_role_that_goes_with_the_last_of_them(place):
    async def scenario():
        lessor = place.lessor()
        leases = Leases({}, {"orders": lessor})
        one, two = (place.session("ana", "corp/readers") for _ in range(2))
        other = place.session("bob", "corp/readers")
        logins = await asyncio.gather(*(leases.take(session, place.entry) for session in (one, two, other)))
        assert len({login.user for login in logins}) == 2 == len(place.existing())
        leases.give_back(one)
        leases.give_back(one)
        await lessor.keep()
        assert place.existing() == {logins[1].user, logins[2].user}
        leases.give_back(two)
        await lessor.keep()
        assert place.existing() == {logins[2].user}
        await leases.close()
        assert place.existing() == set()

    asyncio.run(scenario())


def test_other_groups_make_another_role(place):
    async def scenario():
        lessor = place.lessor()
        reader = await lessor.take(place.session("ana", "corp/readers"))
        writer = await lessor.take(place.session("ana", "corp/writers"))
        with place.connected(reader) as connection:
            assert refused(connection, "SELECT * FROM payroll") == "42501"
        with place.connected(writer) as connection:
            # What a person could say yes to is possible; what nobody could is not, to the kind of statement.
            connection.execute("INSERT INTO payroll VALUES ('ana')")
            connection.execute("UPDATE customers SET id = 2")
            assert refused(connection, "DELETE FROM customers") == "42501"
        await lessor.close()

    asyncio.run(scenario())


def test_labels_are_known_to_what_policy_says_of_columns(place):
    async def scenario():
        place.policy.swap(engine(WRITERS, BUT_MAIL))
        lessor = place.lessor()
        login = await lessor.take(place.session("eve"))
        with place.connected(login) as connection:
            assert connection.execute("SELECT id FROM customers").fetchall() == [(1,)]
            assert refused(connection, "SELECT email FROM customers") == "42501"
        await lessor.close()

    asyncio.run(scenario())


def test_new_policies_count_at_once_in_open_sessions(place):
    async def scenario():
        lessor = place.lessor()
        leases = Leases({}, {"orders": lessor})
        following = asyncio.create_task(leases.follow())
        login = await lessor.take(place.session("ana", "corp/readers"))
        with place.connected(login) as connection:
            assert connection.execute("SELECT count(*) FROM customers").fetchone() == (1,)
            place.policy.swap(engine(WRITERS))
            leases.wake()
            for _ in range(100):
                await asyncio.sleep(0.05)
                if not await asyncio.to_thread(_can_read, connection):
                    break
            assert refused(connection, "SELECT count(*) FROM customers") == "42501"
        following.cancel()
        await asyncio.wait([following])
        await leases.close()

    asyncio.run(scenario())


def _can_read(connection):
    try:
        connection.execute("SELECT count(*) FROM customers")
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def test_a_table_that_appears_later_can_be_reached(place):
    async def scenario():
        lessor = place.lessor()
        login = await lessor.take(place.session("ana", "corp/writers"))
        place.server.execute("CREATE TABLE later (a int)", database=place.database)
        await lessor.keep()
        with place.connected(login) as connection:
            assert connection.execute("SELECT * FROM later").fetchall() == []
        await lessor.close()

    asyncio.run(scenario())


def test_groups_that_changed_narrow_an_open_sessions_role(place):
    async def scenario():
        lessor = place.lessor()
        login = await lessor.take(place.session("ana", "corp/writers", session="s1"))
        with place.connected(login) as connection:
            assert lessor.changed(place.session("ana", "corp/readers", session="s1"))
            await lessor.keep()
            assert refused(connection, "SELECT * FROM payroll") == "42501"
            assert len(connection.execute("SELECT * FROM customers").fetchall()) == 1
        await lessor.close()

    asyncio.run(scenario())


def test_after_a_crash_the_next_start_sweeps_its_own_roles_and_no_other_gates(place):
    async def scenario():
        crashed, other = place.lessor(), place.lessor("gate2")
        lost = await crashed.take(place.session("ana", "corp/readers"))
        kept = await other.take(place.session("bob", "corp/readers"))
        again = place.lessor()
        await again.keep()
        assert place.existing() == {kept.user} != {lost.user}
        await other.close()

    asyncio.run(scenario())


def test_a_role_that_cannot_be_brought_up_to_date_is_lost_with_its_sessions(place):
    async def scenario():
        lessor = place.lessor()
        session = place.session("ana", "corp/readers")
        login = await lessor.take(session)
        place.server.execute(f'DROP OWNED BY "{login.user}"; DROP ROLE "{login.user}"', database=place.database)
        place.policy.swap(engine(WRITERS))
        await lessor.keep()
        assert place.lost == [session.id]
        assert lessor.roles == frozenset()

    asyncio.run(scenario())


def test_without_its_own_credential_the_gate_makes_nothing_and_says_so(place):
    async def scenario():
        lessor = place.lessor(password="wrong")
        with pytest.raises(UpstreamFailed) as failure:
            await lessor.take(place.session("ana", "corp/readers"))
        assert failure.value.code == "upstream_password_wrong"
        assert lessor.roles == frozenset()

    asyncio.run(scenario())


def test_many_sessions_at_once_get_their_roles(place):
    async def scenario():
        lessor = place.lessor()
        sessions = [place.session(f"agent{number}", "corp/writers") for number in range(12)]
        logins = await asyncio.gather(*(lessor.take(session) for session in sessions))
        assert place.existing() == {login.user for login in logins}
        assert len(logins) == len(place.existing()) == 12
        await lessor.close()
        assert place.existing() == set()

    asyncio.run(scenario())


def test_who_may_do_everything_is_not_asked_about_table_by_table(place):
    rights = LeaseRights(engine("permit (principal, action, resource);"), SystemClock())
    assert rights._could(place.session())("anything", None, "SELECT")


def test_what_the_target_says_of_the_gates_own_access_is_not_for_clients(place):
    async def scenario():
        leases = Leases({}, {"orders": place.lessor(user="scram_user")})
        with pytest.raises(UpstreamFailed) as failure:
            await leases.take(place.session("ana", "corp/readers"), place.entry)
        assert failure.value.code == "lease_refused"
        assert "CREATEROLE" not in str(failure.value)
        assert "permission" not in str(failure.value)

    asyncio.run(scenario())


def test_resources_and_gates_are_known_by_marks_of_their_own(tmp_path):
    (tmp_path / "yett.toml").write_text('[gate]\ndata = "data"\n')
    (tmp_path / "other.toml").write_text('[gate]\ndata = "other"\n')
    one, other = load_config(tmp_path / "yett.toml"), load_config(tmp_path / "other.toml")
    marks = [lease_mark(one, "a"), lease_mark(one, "b"), lease_mark(other, "a")]
    assert len(set(marks)) == 3
    assert marks[0] == lease_mark(one, "a")


def test_a_check_says_what_stands_in_the_way_of_leases(place):
    async def found(user):
        source = EnvSource(FromEnv(login=user, password="P"), {"P": place.server.password})
        return {(one.state, one.code): one.message async for one in lease_findings(place.entry, source)}

    assert ("fail", "lease_refused") in asyncio.run(found("scram_user"))
    place.server.execute(
        "GRANT SELECT ON customers TO PUBLIC", "GRANT CREATE ON SCHEMA public TO PUBLIC", database=place.database
    )
    as_superuser = asyncio.run(found(place.server.superuser))
    assert {code for _, code in as_superuser} == {"lease_public", ""}
    maker = f"maker_{uuid4().hex[:8]}"
    password = place.server.password.replace("'", "''")
    place.server.execute(f"CREATE ROLE {maker} LOGIN CREATEROLE PASSWORD '{password}'")
    assert "public.payroll" in asyncio.run(found(maker))["warn", "lease_gap"]
    place.server.execute(f"DROP ROLE {maker}")


@pytest.mark.parametrize("steps", [1, 20, 60, 200])
def test_a_session_that_goes_while_its_role_is_made_leaves_none(place, steps):
    async def scenario():
        lessor = place.lessor()
        taking = asyncio.create_task(lessor.take(place.session("ana", "corp/writers")))
        for _ in range(steps):
            await asyncio.sleep(0.0005)
        taking.cancel()
        await asyncio.wait([taking])
        if not taking.cancelled():
            lessor.give_back(next(iter(lessor._held)))
        await lessor.keep()
        assert (lessor.roles, place.existing()) == (frozenset(), set())

    asyncio.run(scenario())


def test_a_policy_that_names_a_column_is_heard_among_its_neighbours(place):
    forbid = 'forbid (principal, action == Action::"read", resource == Column::"orders/public.customers.email");'
    columns = (Column("id", "integer", ""), Column("email", "text", ""), Column("name", "text", ""))
    table = Table("public", "customers", columns, frozenset({"SELECT"}))
    catalog = Catalog("db", 17, frozenset({"public"}), (table,), (), ())
    rights = LeaseRights(engine(READERS, forbid), SystemClock())
    session = place.session("ana", "corp/readers")
    found = rights.needed([session], catalog, lambda *_: "").granted
    assert {one.column for one in found if one.right == "SELECT"} == {"id", "name"}
    whole = LeaseRights(engine(READERS), SystemClock()).needed([session], catalog, lambda *_: "").granted
    assert {one.column for one in whole if one.right == "SELECT"} == {""}
