"""Who gets through the gate with a real client, and how fast they are out again when they should be."""

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from e2e.gates import EVERYTHING, Gate, gate_before
from e2e.routes import DATABASE
from servers.authority import Authority

POLICIES = """
permit (principal in Group::"local/crew", action, resource);
permit (principal in Group::"mtls/crew", action, resource);
"""
SECONDS = 3.0


@pytest.fixture(scope="module")
def gate(filled: Callable, authority: Authority) -> Iterator[Gate]:
    mtls = f"""
[identity.mtls]
ca = {json.dumps(str(authority.ca_path))}

[[identity.mtls.map]]
field = "cn"
match = "crew *"
kind = "Agent"
name = "{{1}}"
groups = ["crew"]
"""
    with gate_before(filled(17), authority, policies={"all": EVERYTHING + POLICIES}, extra=mtls) as started:
        yett(started, "user", "add", "ada", "--group", "crew")
        yett(started, "agent", "add", "bot", "--group", "crew")
        yield started


def yett(gate: Gate, *arguments: str) -> Any:
    command = [sys.executable, "-m", "yett", *arguments, "--config", str(gate.config), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def connect(gate: Gate, user: str, password: str | None, **more: Any) -> psycopg.Connection:
    values = {"host": "localhost", "port": gate.port, "dbname": DATABASE, "connect_timeout": 10, **more}
    if "sslmode" not in values:
        values |= {"sslmode": "verify-full", "sslrootcert": str(gate.ca_path)}
    return psycopg.connect(user=user, password=password, autocommit=True, **values)


def issued(gate: Gate, name: str = "ada", *options: str) -> dict[str, Any]:
    return yett(gate, "token", "issue", name, *options)


def signed_in(gate: Gate, credential: dict[str, Any], **more: Any) -> psycopg.Connection:
    """Connect with a credential; the running gate may take a moment to see one that was just issued."""
    began = time.monotonic()
    while True:
        try:
            return connect(gate, credential["user"], credential["credential"], **more)
        except psycopg.OperationalError:
            if time.monotonic() - began > SECONDS:
                raise
            time.sleep(0.05)


def works(connection: psycopg.Connection) -> bool:
    return connection.execute("SELECT 1").fetchone() == (1,)


def ends(connection: psycopg.Connection) -> float:
    """Return how long an open session still answers."""
    began = time.monotonic()
    while time.monotonic() - began < SECONDS + 5:
        try:
            works(connection)
        except psycopg.OperationalError:
            return time.monotonic() - began
        time.sleep(0.02)
    pytest.fail("the session goes on")


def refused(gate: Gate, user: str, password: str) -> str:
    with pytest.raises(psycopg.OperationalError) as failure:
        connect(gate, user, password)
    return str(failure.value)


@pytest.mark.parametrize("sslmode", ["disable", "verify-full"])
@pytest.mark.parametrize("name", ["ada", "bot"])
def test_a_credential_is_proven_by_scram(gate: Gate, sslmode: str, name: str) -> None:
    more = {"sslmode": sslmode, "sslrootcert": str(gate.ca_path), "require_auth": "scram-sha-256"}
    with signed_in(gate, issued(gate, name), **more) as connection:
        assert works(connection)


def test_strangers_are_told_nothing_of_why(gate: Gate) -> None:
    credential = issued(gate)
    with signed_in(gate, credential):
        pass
    secret = credential["credential"]
    wrong = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    told = {
        refused(gate, credential["user"], wrong).replace(credential["user"], "USER"),
        refused(gate, f"ada~{'0' * 26}", wrong).replace(f"ada~{'0' * 26}", "USER"),
    }
    assert len(told) == 1
    for token in (gate.token("eve", audience="other"), gate.token("eve", lifetime_seconds=-100)):
        text = refused(gate, "eve", token)
        assert "audience" not in text
        assert "expired" not in text
        assert token not in text


def test_a_revoked_credential_ends_its_open_session(gate: Gate) -> None:
    credential = issued(gate)
    with signed_in(gate, credential) as connection:
        assert works(connection)
        yett(gate, "token", "revoke", credential["id"])
        assert ends(connection) < SECONDS
    refused(gate, credential["user"], credential["credential"])


def test_an_idle_session_ends_without_asking_anything(gate: Gate) -> None:
    credential = issued(gate)
    with signed_in(gate, credential) as connection:
        yett(gate, "revoke", "--session", credential["session"])
        readable, _, _ = select.select([connection.fileno()], [], [], SECONDS)
        assert readable
        with pytest.raises(psycopg.errors.AdminShutdown):
            works(connection)


def test_a_revoked_subject_is_out_and_stays_out_until_it_is_lifted(gate: Gate) -> None:
    token = gate.token("mallory")
    with connect(gate, "mallory", token) as connection, connect(gate, "other", gate.token("other")) as bystander:
        assert works(connection)
        yett(gate, "revoke", "--subject", "corp/mallory")
        assert ends(connection) < SECONDS
        assert works(bystander)
    refused(gate, "mallory", token)
    yett(gate, "revoke", "--subject", "corp/mallory", "--lift")
    time.sleep(0.5)
    with connect(gate, "mallory", token) as connection:
        assert works(connection)


def test_who_leaves_a_group_loses_what_stands_on_it(gate: Gate) -> None:
    yett(gate, "user", "add", "guest", "--group", "crew")
    with signed_in(gate, issued(gate, "guest")) as connection:
        assert works(connection)
        yett(gate, "user", "leave", "guest", "crew")
        assert ends(connection) < SECONDS


def test_an_agent_is_out_when_the_one_it_acts_for_is_disabled(gate: Gate) -> None:
    yett(gate, "user", "add", "boss", "--group", "crew")
    with signed_in(gate, issued(gate, "bot", "--on-behalf-of", "boss")) as connection:
        assert works(connection)
        yett(gate, "user", "disable", "boss")
        assert ends(connection) < SECONDS


def test_a_session_ends_with_its_credential(gate: Gate) -> None:
    with signed_in(gate, issued(gate, "bot", "--for", "3s")) as connection:
        assert works(connection)
        assert ends(connection) < 3 + SECONDS


def test_a_client_certificate_is_enough(gate: Gate, authority: Authority) -> None:
    chain, key = authority.client("crew planner")
    with connect(gate, "anything", None, sslcert=str(chain), sslkey=str(key)) as connection:
        assert works(connection)


def test_a_certificate_that_no_rule_names_is_not(gate: Gate, authority: Authority) -> None:
    chain, key = authority.client("stranger")
    with pytest.raises(psycopg.OperationalError):
        connect(gate, "anything", "", sslcert=str(chain), sslkey=str(key))
