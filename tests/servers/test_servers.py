"""The test servers are what other tests believe them to be."""

import psycopg
import pytest

from servers.postgres import TestPostgres


def test_every_version_answers_with_its_own_number(postgres: TestPostgres) -> None:
    with postgres.connect() as connection:
        number = connection.execute("SHOW server_version_num").fetchone()[0]
    assert int(number) // 10_000 == postgres.version


@pytest.mark.parametrize("user", ["scram_user", "md5_user", "password_user", "trust_user"])
def test_each_role_signs_in_by_its_own_method(postgres: TestPostgres, user: str) -> None:
    with postgres.connect(user) as connection:
        assert connection.execute("SELECT current_user").fetchone()[0] == user


def test_a_client_certificate_signs_in_where_the_build_has_tls(postgres: TestPostgres) -> None:
    if not postgres.tls:
        pytest.skip("this build has no TLS")
    with postgres.connect("cert_user") as connection:
        assert connection.pgconn.ssl_in_use
        assert not connection.pgconn.used_password


def test_the_rejected_role_is_refused(postgres: TestPostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects"):
        postgres.connect("reject_user")


def test_a_killed_server_comes_back_on_its_port_with_its_data(new_postgres) -> None:
    server = new_postgres(17)
    port = server.port
    server.execute("CREATE TABLE kept AS SELECT 1 AS one", "CHECKPOINT")
    server.kill9()
    with pytest.raises(psycopg.OperationalError):
        server.connect()
    server.start()
    assert server.port == port
    with server.connect() as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_a_database_of_its_own_is_empty(postgres: TestPostgres, database: str) -> None:
    with psycopg.connect(postgres.url(database=database)) as connection:
        count = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert count == (0,)
