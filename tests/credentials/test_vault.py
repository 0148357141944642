"""Credentials from a real Vault-compatible server, and what is said where it gives none."""

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from servers.vault import running_vault
from yett.core.clock import ManualClock
from yett.core.durations import Duration
from yett.core.errors import UpstreamFailed
from yett.core.secret import Secret
from yett.credentials.rotation import NotRotatable
from yett.credentials.settings import FromFile
from yett.credentials.sources import credential_source
from yett.credentials.vault import VaultPassword
from yett.credentials.vault_access import VaultAccess
from yett.credentials.vault_settings import ByAppRole, ByKubernetes, ByToken, FromVault

MARKER = "pl4nted-marker"
POLICY = 'path "secret/data/orders" { capabilities = ["read"] }'


@pytest.fixture(scope="module")
def vault(authority):
    with running_vault(authority) as vault:
        vault.call("POST", "secret/data/orders", {"data": {"username": "gate", "password": MARKER, "more": "kept"}})
        vault.call("POST", "sys/mounts/old", {"type": "kv", "options": {"version": "1"}})
        vault.call("POST", "old/deep/orders", {"username": "gate1", "pw": "first"})
        vault.call("POST", "sys/policies/acl/reader", {"policy": POLICY})
        yield vault


def settings(vault, **more):
    given = {"auth": ByToken(env="T"), "path": "orders", "root_cert": str(vault.ca_path), "address": vault.address}
    return FromVault(**{**given, **more})


def fetched(kind, token="", clock=None):
    source = credential_source(kind, clock or ManualClock(), {"T": token})
    found = asyncio.run(source.fetch())
    return found.user, found.password.reveal()


def failing(kind, token=""):
    with pytest.raises(UpstreamFailed) as failure:
        fetched(kind, token)
    assert MARKER not in str(failure.value)
    assert not token or token not in str(failure.value)
    return failure.value.code


def test_a_kept_secret_gives_user_and_password(vault):
    assert fetched(settings(vault), vault.token) == ("gate", MARKER)
    assert fetched(settings(vault, login="other"), vault.token) == ("other", MARKER)
    old = settings(vault, engine="kv1", mount="old", path="deep/orders", password="pw")
    assert fetched(old, vault.token) == ("gate1", "first")


def test_a_token_can_lie_in_a_file_that_something_else_renews(vault, tmp_path):
    file = tmp_path / "token"
    file.write_text("no longer good")
    source = credential_source(settings(vault, auth=ByToken(file=str(file))), ManualClock())
    with pytest.raises(UpstreamFailed) as failure:
        asyncio.run(source.fetch())
    assert failure.value.code == "vault_forbidden"
    file.write_text(vault.token + "\n")
    assert asyncio.run(source.fetch()).user == "gate"


def test_an_approle_signs_in_and_again_when_its_token_was_revoked(vault, tmp_path):
    vault.call("POST", "sys/auth/approle", {"type": "approle"})
    vault.call("POST", "auth/approle/role/gate", {"token_policies": ["reader"], "token_ttl": "1h"})
    role_id = vault.call("GET", "auth/approle/role/gate/role-id")["data"]["role_id"]
    (tmp_path / "secret-id").write_text(vault.call("POST", "auth/approle/role/gate/secret-id")["data"]["secret_id"])
    auth = ByAppRole(role_id=role_id, secret_id_file=str(tmp_path / "secret-id"))
    access = VaultAccess(settings(vault, auth=auth), ManualClock(), {})
    assert access.read()[0]["password"] == MARKER
    first = access._client.token
    vault.call("POST", "auth/token/revoke", {"token": first})
    assert access.read()[0]["password"] == MARKER
    second = access._client.token
    assert first != second == access._client.token
    assert failing(settings(vault, auth=ByAppRole(role_id=role_id, secret_id_env="T")), "wrong").startswith("vault_")


class Kubernetes(BaseHTTPRequestHandler):
    """The one call of a Kubernetes API server that a Vault makes: is this token good, and whose is it."""

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        user = {"username": "system:serviceaccount:ns:gate", "uid": "u1", "groups": []}
        good = {"authenticated": True, "user": user, "audiences": review["spec"].get("audiences", [])}
        body = json.dumps({**review, "status": good}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_service_account_signs_in_by_its_token(vault, tmp_path):
    from joserfc import jwt
    from joserfc.jwk import ECKey

    server = HTTPServer(("127.0.0.1", 0), Kubernetes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        vault.call("POST", "sys/auth/kubernetes", {"type": "kubernetes"})
        host = f"http://127.0.0.1:{server.server_port}"
        config = {"kubernetes_host": host, "kubernetes_ca_cert": vault.ca_path.read_text(), "token_reviewer_jwt": "t"}
        vault.call("POST", "auth/kubernetes/config", {**config, "disable_local_ca_jwt": True})
        role = {
            "bound_service_account_names": ["gate"],
            "bound_service_account_namespaces": ["ns"],
            "token_policies": ["reader"],
            "audience": "vault",
        }
        vault.call("POST", "auth/kubernetes/role/gate", role)
        now = int(time.time()) - 10
        account = {"namespace": "ns", "serviceaccount": {"name": "gate", "uid": "u1"}}
        claims = {"kubernetes.io": account, "aud": ["vault"], "iat": now, "nbf": now, "exp": now + 600}
        key = ECKey.generate_key("P-256")
        (tmp_path / "jwt").write_text(jwt.encode({"alg": "ES256"}, claims, key))
        auth = ByKubernetes(role="gate", jwt_file=str(tmp_path / "jwt"))
        assert fetched(settings(vault, auth=auth))[0] == "gate"
    finally:
        server.shutdown()
        server.server_close()


def test_each_way_of_giving_nothing_has_its_code(vault, authority, tmp_path):
    assert failing(settings(vault), "wrong") == "vault_forbidden"
    assert failing(settings(vault, path="nothing"), vault.token) == "vault_not_found"
    assert failing(settings(vault, mount="nowhere"), vault.token) in {"vault_not_found", "vault_forbidden"}
    assert failing(settings(vault, password="absent"), vault.token) == "vault_not_found"
    assert failing(settings(vault, root_cert=""), vault.token) == "vault_tls"
    assert failing(settings(vault, address="https://localhost:1"), vault.token) == "vault_unreachable"
    assert failing(settings(vault), "") == "credential_unavailable"
    assert failing(settings(vault, auth=ByToken(file=str(tmp_path / "none")))) == "credential_unavailable"


def test_a_sealed_vault_is_said_to_be_sealed(authority):
    with running_vault(authority) as vault:
        vault.call("POST", "sys/seal")
        assert failing(settings(vault), vault.token) == "vault_sealed"


def test_a_vault_that_is_slow_costs_no_more_than_its_time(vault):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        kind = settings(vault, address=address, timeout=Duration(0.3))
        assert failing(kind, vault.token) == "vault_unreachable"


def test_an_answer_that_is_none_of_a_vaults_is_an_error(vault):
    server = HTTPServer(("127.0.0.1", 0), _Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for kind in ("kv1", "kv2"):
            address = f"http://127.0.0.1:{server.server_port}"
            assert failing(settings(vault, address=address, engine=kind), vault.token) == "vault_failed"
    finally:
        server.shutdown()
        server.server_close()


class _Odd(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"data": ["' + MARKER.encode() + b'"]}')

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    "more",
    [
        {"address": "http://vault.example.com:8200"},
        {"address": "https://user:word@vault.example.com"},
        {"address": "vault:8200"},
        {"path": "a/../../sys/seal"},
    ],
)
def test_what_could_be_read_on_the_way_or_leads_elsewhere_is_refused(more):
    given = {"auth": ByToken(env="T"), "path": "orders", "address": "https://vault.example.com"}
    with pytest.raises(ValueError):
        FromVault(**{**given, **more})


def test_a_token_comes_from_one_place():
    with pytest.raises(ValueError, match="either"):
        ByToken(env="A", file="b")
    with pytest.raises(ValueError, match="either"):
        ByAppRole(role_id="x")


@pytest.mark.parametrize("engine", ["kv2", "kv1"])
def test_a_kept_password_is_replaced_beside_what_else_the_secret_holds(vault, engine):
    path = f"rotated-{engine}"
    secret = {"username": "gate", "password": "old", "more": "kept"}
    mount = "secret" if engine == "kv2" else "old"
    vault.call(
        "POST",
        f"secret/data/{path}" if engine == "kv2" else f"old/{path}",
        {"data": secret} if engine == "kv2" else secret,
    )
    access = VaultAccess(settings(vault, path=path, engine=engine, mount=mount), ManualClock(), {"T": vault.token})
    kept = VaultPassword(access)
    assert kept.pending() is None
    kept.stage(Secret("new"))
    assert kept.pending().reveal() == "new"
    assert access.read()[0]["password"] == "old"
    kept.abandon()
    assert (kept.pending(), access.read()[0]) == (None, secret)
    kept.stage(Secret("newer"))
    kept.take_over(Secret("newer"))
    kept.take_over(Secret("newer"))
    assert access.read()[0] == {**secret, "password": "newer"}


def test_a_gate_that_may_only_read_is_told_that_it_cannot_rotate(vault):
    created = vault.call("POST", "auth/token/create", {"policies": ["reader"]})["auth"]["client_token"]
    kept = VaultPassword(VaultAccess(settings(vault), ManualClock(), {"T": created}))
    with pytest.raises(NotRotatable):
        kept.stage(Secret("new"))
    assert FromFile(login="x", password="y")
