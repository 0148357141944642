"""A whole gate whose sessions have roles of their own at the target: what a client meets, and what is left of it."""

import json
import re
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from contextlib import contextmanager
from hashlib import sha256

import psycopg
import pytest
from psycopg import sql

from e2e.gates import gate_before
from e2e.routes import DATABASE, OWNER
from leaks.exploits.tap import tapped
from servers.postgres import PASSWORD
from yett.protocols.postgres.leasing.password import new_password, verifier_of
from yett.protocols.postgres.login.scram import keys_of

PREFIX = "yett_e_"
ADMIN = "lease_admin"
ADMIN_PASSWORD = "p4ssw0rd-0f-the-adm1n"
GIVEN = {"admin.password", "target.password"}
PASSWORDS = re.compile(rb"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
POLICIES = {
    "leases": """
permit (principal in Group::"corp/readers", action == Action::"connect", resource == Resource::"e2e");
permit (principal in Group::"corp/readers", action == Action::"read", resource in Table::"e2e/public.products");
"""
}


@pytest.fixture(scope="module")
def gate(filled, authority):
    """Return a gate that makes a role for each principal."""
    with gate_before(filled(17), authority, policies=dict(POLICIES)) as gate:
        _give_admin(gate.server)
        (gate.folder / "admin.password").write_text(ADMIN_PASSWORD)
        (gate.folder / "admin.password").chmod(0o600)
        admin = f'{{ from = "file", login = "{ADMIN}", password = "admin.password" }}'
        leased = f'credential = {{ from = "ephemeral", admin = {admin} }}'
        gate.config.write_text(re.sub(r"credential = .*", leased, gate.config.read_text()))
        gate.restart()
        yield gate
        gate.terminate()
    gate.server.execute(f"DROP OWNED BY {ADMIN}; DROP ROLE {ADMIN}", database=DATABASE)


def _give_admin(server):
    with server.connect() as connection:
        connection.execute(f"DROP ROLE IF EXISTS {ADMIN}")
        words = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE IN ROLE {} PASSWORD {}")
        connection.execute(words.format(sql.Identifier(ADMIN), sql.Identifier(OWNER), sql.Literal(ADMIN_PASSWORD)))


@contextmanager
def session(gate, *groups):
    with psycopg.connect(gate.route("ana", *(groups or ("readers",))).dsn(), autocommit=True) as connection:
        yield connection


def roles(gate):
    with gate.server.connect() as connection:
        return [
            row[0]
            for row in connection.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [PREFIX])
        ]


def none_left(gate, seconds=10.0):
    end = time.monotonic() + seconds
    while roles(gate) and time.monotonic() < end:
        time.sleep(0.05)
    return roles(gate) == []


def test_a_role_is_there_as_long_as_its_sessions(gate):
    with session(gate) as first, session(gate) as second:
        assert first.execute("SELECT count(*) FROM products").fetchone() == (50,)
        assert second.execute("SELECT count(*) FROM products").fetchone() == (50,)
        assert len(roles(gate)) == 1
    assert none_left(gate)


def test_the_gate_looks_at_its_target_by_the_credential_that_makes_leases(gate):
    assert "resource usable" in gate.log_text
    assert "resource not usable" not in gate.log_text.rpartition("starting")[2]


def test_after_a_kill_the_next_start_leaves_no_role(gate):
    with session(gate), pytest.raises(psycopg.OperationalError), session(gate) as other:
        gate.kill9()
        other.execute("SELECT 1")
    assert len(roles(gate)) == 1
    gate.start()
    assert none_left(gate)


def test_a_gate_that_is_stopped_takes_its_roles_along(gate):
    with session(gate):
        assert len(roles(gate)) == 1
        gate.terminate()
        assert roles(gate) == []
    gate.start()


def test_no_credential_reaches_the_client_or_anything_that_the_gate_writes(gate):
    with tapped(gate.route("ana", "readers")) as (route, seen):
        with route.connect() as connection:
            role = roles(gate)[0]
            verifier = _verifier(gate, role)
            assert connection.execute("SELECT count(*), current_user FROM products").fetchone() == (50, role)
            with pytest.raises(psycopg.Error):
                connection.execute("SELECT rolpassword FROM pg_authid")
        bytes_seen = bytes(seen)
    gate.terminate()
    written = [path for path in gate.folder.rglob("*") if path.is_file() and path.name not in GIVEN]
    gate.start()
    found = b"".join(path.read_bytes() for path in written) + bytes_seen + gate.server.log_text.encode()
    for secret in (ADMIN_PASSWORD, PASSWORD):
        assert secret.encode() not in found.replace(_made_by_tests(secret), b"")
    assert role.encode() in bytes_seen
    guesses = {one for one in PASSWORDS.findall(found) if _opens(verifier, one)}
    assert guesses == set()
    assert verifier.encode() not in bytes_seen + b"".join(path.read_bytes() for path in written)


def test_the_search_would_find_a_password():
    password = new_password()
    assert PASSWORDS.findall(password.reveal().encode()) == [password.reveal().encode()]
    assert _opens(verifier_of(password), password.reveal().encode())


def _made_by_tests(secret):
    """Return how the test itself said a password to the server, which logs all statements."""
    return f"PASSWORD '{secret.replace(chr(39), chr(39) * 2)}'".encode()


def _opens(verifier, password):
    """Say whether a text is the password that a SCRAM verifier was made of."""
    _, rounds_and_salt, keys = verifier.split("$")
    rounds, salt = rounds_and_salt.split(":")
    made = keys_of(password, b64decode(salt), int(rounds))
    return b64encode(sha256(made.client_key).digest()).decode() == keys.partition(":")[0]


def _verifier(gate, role):
    with gate.server.connect() as connection:
        return connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role]).fetchone()[0]


def test_the_check_of_a_gate_that_makes_leases_finds_what_it_needs(gate):
    command = [sys.executable, "-m", "yett", "check", "--config", str(gate.config), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    found = {(one["subject"], one["state"], one["code"]) for one in json.loads(done.stdout)["findings"]}
    assert ("leases e2e", "ok", "") in found
    assert not any(code == "role_too_strong" for _, _, code in found)
