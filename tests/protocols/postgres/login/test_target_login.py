"""The gate logs in to real PostgreSQL servers by every method they have."""

import ssl
import time

import pytest

from protocols.postgres.login.login_wire import converse, dial, read_message
from servers.postgres import PASSWORD
from yett.core.errors import UpstreamFailed
from yett.core.secret import Secret
from yett.protocols.postgres.codec import query
from yett.protocols.postgres.login.packets import cancel_packet
from yett.protocols.postgres.login.scram_keys import ScramKeysCache
from yett.protocols.postgres.login.target_auth import TargetUser, log_in


def enter(server, user="scram_user", *, tls=None, keys=None, **more):
    tls = server.tls if tls is None else tls
    wire, certificate = dial(server.host, server.port, server.ca_path if tls else None)
    with wire:
        given = {"password": Secret(PASSWORD), "database": "postgres", "server_certificate": certificate} | more
        return converse(wire, log_in(TargetUser(user, **given), keys or ScramKeysCache()))


def failure(server, user="scram_user", **more):
    with pytest.raises(UpstreamFailed) as caught:
        enter(server, user, **more)
    assert PASSWORD not in str(caught.value)
    return caught.value.code


def test_every_version_lets_the_gate_in_by_scram(postgres):
    ready = enter(postgres)
    assert ready.parameters["client_encoding"] == "UTF8"
    assert ready.process_id > 0
    assert (ready.protocol_minor, len(ready.secret_key)) == ((2, 32) if postgres.release.version == 18 else (0, 4))


def test_protocol_3_0_can_be_asked_for(postgres18):
    ready = enter(postgres18, protocol_minor=0)
    assert (ready.protocol_minor, len(ready.secret_key)) == (0, 4)


def test_scram_is_bound_to_the_tls_connection(postgres17):
    assert enter(postgres17, channel_binding="require").process_id


def test_channel_binding_can_be_turned_off(postgres17):
    assert enter(postgres17, channel_binding="disable").process_id


def test_another_certificate_than_the_servers_fails_the_binding(postgres17, authority):
    chain, _ = authority.server("elsewhere.test")
    der = ssl.PEM_cert_to_DER_cert(chain.read_text().split("-----END")[0] + "-----END CERTIFICATE-----\n")
    assert failure(postgres17, server_certificate=der) == "upstream_login_refused"


def test_required_channel_binding_refuses_a_server_without_tls(postgres15):
    assert failure(postgres15, tls=False, channel_binding="require") == "upstream_channel_binding"


def test_required_channel_binding_refuses_trust(postgres15):
    assert failure(postgres15, "trust_user", channel_binding="require") == "upstream_channel_binding"


def test_md5_is_answered(postgres15):
    assert enter(postgres15, "md5_user").process_id


def test_a_password_goes_in_the_clear_only_where_that_is_allowed(postgres15):
    assert enter(postgres15, "password_user", cleartext_allowed=True).process_id
    assert failure(postgres15, "password_user") == "upstream_cleartext"


def test_trust_is_accepted_unless_a_method_is_required(postgres15):
    assert enter(postgres15, "trust_user").process_id
    assert enter(postgres15, "trust_user", require_auth=("none",)).process_id
    assert failure(postgres15, "trust_user", require_auth=("scram-sha-256",)) == "upstream_auth_method"


def test_md5_is_refused_where_scram_is_required(postgres15):
    assert failure(postgres15, "md5_user", require_auth=("scram-sha-256",)) == "upstream_auth_method"


def test_a_wrong_password_is_told_apart(postgres):
    assert failure(postgres, password=Secret("not it, not it")) == "upstream_password_wrong"


def test_a_missing_password_is_told_apart(postgres15):
    assert failure(postgres15, password=None) == "upstream_password_missing"


def test_an_unknown_database_is_told_apart(postgres15):
    assert failure(postgres15, database="nowhere") == "upstream_database_unknown"


def test_a_user_whom_pg_hba_rejects_is_told_apart(postgres15):
    assert failure(postgres15, "reject_user") == "upstream_hba"


def test_a_user_who_may_not_log_in_is_told_apart(postgres15):
    postgres15.execute("DROP ROLE IF EXISTS idle_role", "CREATE ROLE idle_role NOLOGIN PASSWORD 'its own'")
    assert failure(postgres15, "idle_role", password=Secret("its own")) == "upstream_login_refused"


def test_a_user_who_may_not_connect_to_a_database_is_told_apart(postgres15):
    name = postgres15.create_database("closed_house")
    try:
        postgres15.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
        assert failure(postgres15, database=name) == "upstream_login_refused"
    finally:
        postgres15.drop_database(name)


def test_a_client_certificate_speaks_for_the_gate(postgres15):
    pair = (postgres15.client_cert, postgres15.client_key)
    wire, certificate = dial(postgres15.host, postgres15.port, postgres15.ca_path, pair)
    with wire:
        who = TargetUser("cert_user", "postgres", server_certificate=certificate, require_auth=("none",))
        assert converse(wire, log_in(who, ScramKeysCache())).process_id


def test_a_setting_that_the_target_refuses_is_its_own_error(postgres15):
    assert failure(postgres15, parameters={"TimeZone": "Nowhere/Never"}) == "upstream_refused"


def test_a_full_server_is_told_apart(new_postgres):
    server = new_postgres(17, max_connections="4", superuser_reserved_connections="3", max_wal_senders="0")
    wires = []
    try:
        wire, certificate = dial(server.host, server.port, server.ca_path)
        wires.append(wire)
        who = TargetUser("scram_user", "postgres", Secret(PASSWORD), server_certificate=certificate)
        converse(wire, log_in(who, ScramKeysCache()))
        assert failure(server) == "upstream_too_many_connections"
    finally:
        for wire in wires:
            wire.close()


def test_settings_of_the_client_are_passed_on(postgres):
    ready = enter(postgres, parameters={"application_name": "yett test", "DateStyle": "German"})
    assert ready.parameters["application_name"] == "yett test"
    assert ready.parameters["DateStyle"].startswith("German")


def test_a_client_cannot_choose_another_encoding(postgres15):
    ready = enter(postgres15, parameters={"client_encoding": "LATIN1"})
    assert ready.parameters["client_encoding"] == "UTF8"


def test_the_keys_of_a_password_are_made_once(postgres15):
    keys = ScramKeysCache()
    enter(postgres15, keys=keys)
    enter(postgres15, keys=keys)
    assert keys.size == 1


def test_a_password_that_saslprep_changes_lets_the_gate_in(postgres17):
    password = "Pä\u00a0ss\u00adwort ﬁ"
    postgres17.execute("DROP ROLE IF EXISTS prep", f"CREATE ROLE prep LOGIN PASSWORD '{password}'")
    assert enter(postgres17, "prep", password=Secret(password)).process_id
    assert enter(postgres17, "prep", password=Secret("Pä sswort fi")).process_id


def test_the_key_that_the_target_gives_cancels_its_statement(postgres):
    wire, certificate = dial(postgres.host, postgres.port, postgres.ca_path if postgres.tls else None)
    with wire:
        who = TargetUser("scram_user", "postgres", Secret(PASSWORD), server_certificate=certificate)
        ready = converse(wire, log_in(who, ScramKeysCache()))
        wire.sendall(query("SELECT pg_sleep(20)"))
        # A request that comes before the statement does cancels nothing.
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
        with postgres.connect() as watcher:
            while watcher.execute(asleep, [ready.process_id]).fetchone() != (1,):
                time.sleep(0.01)
        other, _ = dial(postgres.host, postgres.port)
        with other:
            other.sendall(cancel_packet(ready.process_id, ready.secret_key))
            assert other.recv(1) == b""
        kinds = {}
        while "Z" not in kinds:
            kind, body = read_message(wire)
            kinds[chr(kind)] = body
        assert b"57014" in kinds["E"]
