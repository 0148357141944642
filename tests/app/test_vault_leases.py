"""Users that a real Vault makes on a real PostgreSQL, for sessions and no longer."""

import asyncio
from uuid import uuid4

import psycopg
import pytest

from servers.vault import running_vault
from yett.app.vault_leases import VaultLeases
from yett.core.clock import ManualClock
from yett.core.errors import UpstreamFailed
from yett.core.ids import SessionId
from yett.core.principals import Principal, PrincipalKind
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Resource
from yett.credentials.sources import credential_source, own_credential_source
from yett.credentials.vault_access import VaultAccess
from yett.credentials.vault_settings import ByToken, FromVault

CREATE = "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}';"
# Without it the plugin revokes rights on every table that it finds: also on those that other tests made for themselves.
DROP = 'DROP ROLE IF EXISTS "{{name}}";'


@pytest.fixture(scope="module")
def vault(authority, postgres17):
    postgres17.execute(
        f"CREATE ROLE vault_admin LOGIN CREATEROLE PASSWORD '{postgres17.password.replace(chr(39), chr(39) * 2)}'"
    )
    with running_vault(authority) as vault:
        vault.call("POST", "sys/mounts/database", {"type": "database"})
        url = f"postgresql://{{{{username}}}}:{{{{password}}}}@{postgres17.host}:{postgres17.port}/postgres?sslmode=require"
        config = {
            "plugin_name": "postgresql-database-plugin",
            "allowed_roles": "*",
            "connection_url": url,
            "username": "vault_admin",
            "password": postgres17.password,
        }
        vault.call("POST", "database/config/orders", config)
        statements = {"creation_statements": [CREATE], "revocation_statements": [DROP]}
        role = {"db_name": "orders", **statements, "default_ttl": "60s", "max_ttl": "90s"}
        vault.call("POST", "database/roles/reader", role)
        yield vault
    postgres17.execute("DROP ROLE vault_admin")


class Place:
    def __init__(self, vault, server):
        self.vault, self.server = vault, server
        self.settings = FromVault(
            address=vault.address,
            auth=ByToken(env="T"),
            engine="database",
            path="reader",
            root_cert=str(vault.ca_path),
        )
        self.clock, self.lost = ManualClock(), []
        self.access = VaultAccess(self.settings, self.clock, {"T": vault.token})
        self.leases = VaultLeases("orders", self.access, self.clock, self.lost.extend)

    def session(self, subject):
        principal = Principal(PrincipalKind.AGENT, "corp", subject, subject)
        return Session(SessionId(uuid4().hex), principal, Resource("orders", "postgres"), ClientFacts("10.0.0.1"), 0.0)

    def lets_in(self, login):
        try:
            psycopg.connect(self.server.dsn(login.user, password=login.password.reveal())).close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture
def place(vault, postgres17):
    return Place(vault, postgres17)


def test_a_user_lives_as_long_as_its_principals_sessions(place):
    async def scenario():
        ana, again, bob = place.session("ana"), place.session("ana"), place.session("bob")
        one, two, other = [await place.leases.take(session) for session in (ana, again, bob)]
        assert one.user == two.user != other.user
        assert place.lets_in(one)
        assert not place.leases.give_back(ana.id)
        assert place.leases.give_back(again.id)
        assert not place.leases.is_current
        await place.leases.keep()
        assert (place.lets_in(one), place.lets_in(other)) == (False, True)
        await place.leases.close()
        assert not place.lets_in(other)
        assert place.lost == []

    asyncio.run(scenario())


def test_a_lease_is_renewed_while_it_can_be_and_then_its_sessions_end(place):
    async def scenario():
        session = place.session("ana")
        login = await place.leases.take(session)
        place.clock.advance(31)
        assert not place.leases.is_current
        await place.leases.keep()
        assert place.leases.is_current
        place.vault.call("POST", "sys/leases/revoke", {"lease_id": place.leases._leases[0].user.lease_id})
        place.clock.advance(40)
        await place.leases.keep()
        assert place.lost == []
        assert (await place.leases.take(place.session("ana"))).user == login.user
        place.clock.advance(20)
        await place.leases.keep()
        assert session.id in place.lost
        await place.leases.close()

    asyncio.run(scenario())


def test_a_session_that_goes_while_its_user_is_made_leaves_none(place):
    async def scenario():
        taking = asyncio.create_task(place.leases.take(place.session("ana")))
        await asyncio.sleep(0)
        taking.cancel()
        await asyncio.wait([taking])
        for _ in range(100):
            if not place.leases.is_current:
                break
            await asyncio.sleep(0.05)
        assert not place.leases.is_current
        await place.leases.keep()
        assert place.leases.is_current

    asyncio.run(scenario())
    with place.server.connect() as connection:
        assert connection.execute("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'v-%'").fetchone() == (0,)


def test_sessions_are_never_given_the_gates_own_user(place):
    source = credential_source(place.settings, place.clock, {"T": place.vault.token})
    with pytest.raises(UpstreamFailed):
        asyncio.run(source.fetch())
    own = own_credential_source(place.settings, place.clock, {"T": place.vault.token})

    async def scenario():
        first, second = await own.fetch(), await own.fetch()
        assert first == second
        place.clock.advance(31)
        assert (await own.fetch()).user != first.user

    asyncio.run(scenario())
