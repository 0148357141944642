"""Real clients log in to the gate's side of the dialogue: libpq through psycopg and psql, and asyncpg."""

import asyncio
import os
import ssl
import subprocess

import asyncpg
import psycopg
import pytest

from protocols.postgres.login.login_wire import ADA, TOKEN, TestAuthority, TestGate, serving

PSQL = "/usr/lib/postgresql/15/bin/psql"


@pytest.fixture
def gate():
    with serving(TestGate(TestAuthority())) as plain:
        yield plain


@pytest.fixture
def tls_gate(authority):
    chain, key = authority.server("localhost", "127.0.0.1")
    with serving(TestGate(TestAuthority(), chain, key, loopback=False)) as secured:
        yield secured


def connect(gate, *, user="", password="", **more):
    known = gate.authority.credential
    given = {
        "host": "127.0.0.1",
        "port": gate.port,
        "dbname": "orders",
        "sslmode": "require" if gate.chain else "disable",
    }
    given |= {"user": user or f"ada~{known.id}", "password": password or known.text.reveal()}
    with psycopg.connect(**(given | more)) as connection:
        return connection.pgconn.used_password, connection.info.backend_pid


def refused(gate, **more):
    with pytest.raises(psycopg.OperationalError) as caught:
        connect(gate, **more)
    return str(caught.value)


def test_a_credential_is_proven_by_scram(gate):
    connect(gate)
    assert (gate.results[0].principal, gate.results[0].method) == (ADA, "scram-sha-256")
    assert gate.startups[0].database == "orders"


def test_libpq_binds_scram_to_tls_by_itself(tls_gate):
    connect(tls_gate)
    assert tls_gate.results[0].method == "scram-sha-256-plus"


def test_a_client_may_require_channel_binding(tls_gate, authority):
    connect(tls_gate, channel_binding="require", sslmode="verify-full", sslrootcert=str(authority.ca_path))
    assert tls_gate.results[0].method == "scram-sha-256-plus"


def test_a_client_may_do_without_channel_binding(tls_gate):
    connect(tls_gate, channel_binding="disable")
    assert tls_gate.results[0].method == "scram-sha-256"


@pytest.mark.parametrize("user", ["", "ada~nobody", "ada~"])
def test_a_wrong_secret_and_an_unknown_credential_look_alike(gate, user):
    name = user or f"ada~{gate.authority.credential.id}"
    assert f'password authentication failed for user "{name}"' in refused(gate, user=user, password="yett_wrong")
    assert gate.failures[0].code == ("credential_unknown" if user else "credential_wrong")
    assert "yett_wrong" not in str(gate.failures[0])


def test_a_token_is_taken_over_tls(tls_gate):
    connect(tls_gate, user="ada", password=TOKEN)
    assert tls_gate.results[0].method == "password"


def test_a_token_is_taken_on_loopback(gate):
    connect(gate, user="ada", password=TOKEN)
    assert gate.results[0].method == "password"


def test_a_wrong_token_is_refused_in_general_words(tls_gate):
    text = refused(tls_gate, user="ada", password="not.a.token")
    assert 'password authentication failed for user "ada"' in text
    assert "does not fit" not in text
    assert tls_gate.failures[0].code == "credential_wrong"


def test_a_token_is_not_taken_in_the_clear(gate):
    gate.loopback = False
    assert "sslmode=require" in refused(gate, user="ada", password=TOKEN)
    assert gate.failures[0].code == "tls_required"


def test_a_bound_listener_asks_nothing(gate):
    gate.authority.bound_to = ADA
    assert connect(gate, user="whoever")[0] is False
    assert gate.results[0].method == "bound"


def test_a_bound_listener_counts_on_loopback_only(gate):
    gate.authority.bound_to, gate.loopback = ADA, False
    refused(gate, user="whoever")


def test_a_certificate_asks_nothing_more(tls_gate):
    tls_gate.authority.certified = ADA
    connect(tls_gate, user="whoever")
    assert tls_gate.results[0].method == "mtls"


@pytest.mark.parametrize(("asked", "minor"), [("3.0", 0), ("3.2", 2), ("latest", 2)])
def test_a_new_client_gets_the_protocol_it_asks_for(gate, asked, minor):
    connect(gate, max_protocol_version=asked)
    assert gate.startups[0].protocol_minor == minor


def test_a_client_may_insist_on_protocol_3_2(gate):
    connect(gate, min_protocol_version="3.2", max_protocol_version="3.2")
    assert gate.startups[0].protocol_minor == 2


def test_a_long_cancel_key_comes_back_whole(gate):
    known = gate.authority.credential
    words = f"host=127.0.0.1 port={gate.port} user=ada~{known.id} password={known.text.reveal()} sslmode=disable"
    with psycopg.connect(words, max_protocol_version="3.2") as connection:
        connection.cancel_safe()
    assert (gate.cancels[0].process_id, gate.cancels[0].key) == (77, bytes(range(32)))


def test_settings_come_along_and_the_encoding_does_not(gate):
    connect(gate, options="-c statement_timeout=5s -c DateStyle=ISO", application_name="tests", client_encoding="UTF8")
    assert gate.startups[0].parameters == {
        "statement_timeout": "5s",
        "datestyle": "ISO",
        "application_name": "tests",
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"options": "-c user=admin"}, 'unrecognized configuration parameter "user"'),
        ({"options": "-P"}, "only -c name=value"),
        ({"client_encoding": "LATIN1"}, "only UTF8"),
        ({"replication": "database"}, "replication connections are not offered"),
        ({"replication": "true"}, "replication connections are not offered"),
    ],
)
def test_what_is_not_offered_is_refused_when_connecting(gate, more, said):
    assert said in refused(gate, **more)


def psql(gate, *, user, password, **environment):
    words = f"host=127.0.0.1 port={gate.port} dbname=orders user={user}"
    known = {"PATH": os.environ["PATH"], "PGPASSWORD": password, **environment}
    return subprocess.run(
        [PSQL, words, "-Xc", "--"], env=known, capture_output=True, text=True, timeout=20, check=False
    )


def test_psql_15_logs_in(gate):
    known = gate.authority.credential
    done = psql(gate, user=f"ada~{known.id}", password=known.text.reveal())
    assert (done.returncode, done.stderr) == (0, "")
    assert gate.startups[0].program == "psql"


def test_psql_requires_scram_and_channel_binding(tls_gate):
    known = tls_gate.authority.credential
    done = psql(
        tls_gate, user=f"ada~{known.id}", password=known.text.reveal(), PGCHANNELBINDING="require", PGSSLMODE="require"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_psql_reports_a_wrong_password(gate):
    done = psql(gate, user="ada", password="wrong")
    assert done.returncode == 2
    assert 'FATAL:  password authentication failed for user "ada"' in done.stderr


@pytest.mark.parametrize("secret", [None, "wrong"])
def test_asyncpg_logs_in_or_is_told(tls_gate, authority, secret):
    known = tls_gate.authority.credential
    context = ssl.create_default_context(cafile=str(authority.ca_path))

    async def visit():
        password = secret or known.text.reveal()
        found = await asyncpg.connect(
            host="127.0.0.1",
            port=tls_gate.port,
            user=f"ada~{known.id}",
            password=password,
            database="orders",
            ssl=context,
        )
        await found.close()

    if secret is None:
        asyncio.run(visit())
        assert tls_gate.results[0].principal == ADA
    else:
        with pytest.raises(asyncpg.InvalidPasswordError):
            asyncio.run(visit())
