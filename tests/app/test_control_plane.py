"""The control plane of a whole gate's rooms: store, recordings and identity are the real ones, on disk."""

import asyncio
import contextlib
import http.client
import json
import threading

import pytest

from admin.place import asked
from identity.signing import Issuer
from yett.admin.pages import Standing
from yett.app.approvals import open_approvals
from yett.app.control_plane import control_plane
from yett.app.notifying import notifications
from yett.app.reviewing import reviewing_routes
from yett.config import load_config
from yett.core.clock import SystemClock
from yett.identity.identity import Identity
from yett.recording.vault import Vault
from yett.storage.database import open_database
from yett.storage.identity_store import SqlIdentityStore

MARKER = "planted4711"
CONFIG = """
[gate]
data = "data"
[admin]
listen = "127.0.0.1:0"
[identity.oidc.corp]
issuer = "https://login.example.com"
audience = "yett"
jwks_file = "jwks.json"
[approvals.dba]
reviewers = ["corp/dba"]
webhooks = ["chat"]
[approvals.any]
reviewers = ["corp/dba"]
[webhooks.chat]
url = "http://127.0.0.1:9/"
secret = { from = "env", name = "CHAT_SECRET" }
[webhooks.pager]
url = "http://127.0.0.1:9/"
secret = { from = "env", name = "CHAT_SECRET" }
[resources.orders]
protocol = "postgres"
address = "127.0.0.1:1"
credential = { from = "env", login = "gate", password = "ORDERS_PASSWORD" }
"""


class Gate:
    """The rooms that the control plane stands on, and its listener."""

    def __init__(self, folder, stack):
        self.issuer, self.clock = Issuer(), SystemClock()
        self.issuer.add_key("k1")
        (folder / "jwks.json").write_bytes(self.issuer.jwks())
        (folder / "yett.toml").write_text(CONFIG)
        self.config = load_config(folder / "yett.toml")
        self.approvals = stack.enter_context(open_approvals(self.config, self.clock))
        self.approvals.load()
        database = stack.enter_context(open_database(self.config.data))
        identity = Identity(self.config.settings.identity, SqlIdentityStore(database), self.clock)
        identity.load()
        asyncio.run(identity.refresh_keys())
        self.vault = Vault(self.config.data, self.config.settings.recording)
        stack.callback(self.vault.close)
        standing = Standing(list, lambda _: (b"", "text/plain"))
        api = reviewing_routes(self.config, self.approvals, identity, self.vault, self.clock)
        self.server = control_plane(self.config, standing, api)
        self.server.bind()
        thread = threading.Thread(target=lambda: asyncio.run(self.server.run()))
        thread.start()
        stack.callback(thread.join, 10)
        stack.callback(self.server.stop)

    def token(self, name, *groups):
        now = int(self.clock.now())
        return self.issuer.token(sub=name, groups=list(groups), iat=now, exp=now + 600).reveal()

    def call(self, path, token, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        raw = json.dumps(body).encode() if body is not None else None
        connection.request("POST" if raw else "GET", path, raw, headers)
        answer = connection.getresponse()
        found = answer.status, json.loads(answer.read())
        connection.close()
        return found


@pytest.fixture
def gate(tmp_path):
    with contextlib.ExitStack() as stack:
        yield Gate(tmp_path, stack)


def planted():
    return asked(
        statement=f"UPDATE t SET a = '{MARKER}'".encode(), parameters=((0, 25, MARKER.encode()), (1, 23, b"\0\0\0\7"))
    )


def test_a_reviewer_sees_and_approves_what_the_store_keeps_sealed(gate):
    ticket = gate.approvals.desk.ask(planted())
    dana = gate.token("dana", "dba")
    status, found = gate.call(f"/api/approvals/{ticket.id}", dana)
    assert (status, found["statement"]) == (200, f"UPDATE t SET a = '{MARKER}'")
    assert [one["text"] for one in found["parameters"]] == [MARKER, "7"], "binary values read as PostgreSQL writes them"
    status, found = gate.call(f"/api/approvals/{ticket.id}/approve", dana, {"seen": found["digest"][:16]})
    assert (status, found["state"]) == (200, "approved")
    assert gate.approvals.desk.consume(ticket.id, ticket.asked.digest)


def test_calls_are_in_the_audit_trail_and_nothing_is_on_disk_in_the_clear(gate, tmp_path):
    ticket = gate.approvals.desk.ask(planted())
    dana = gate.token("dana", "dba")
    gate.call(f"/api/approvals/{ticket.id}", dana)
    gate.call(f"/api/approvals/{ticket.id}", "nonsense")
    gate.vault.tick()
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert any(path.suffix == ".yettrec" or "recordings" in path.parts for path in files)
    for path in files:
        raw = path.read_bytes()
        assert MARKER.encode() not in raw, path
        assert dana.encode() not in raw, path


def test_flows_choose_their_webhooks_and_otherwise_all_are_told(gate):
    desk = gate.approvals.desk
    hooks = notifications(desk, gate.config.settings.webhooks, "http://gate")
    told = []
    hooks.tell = lambda names, kind, ticket, *_: told.append((tuple(names), kind, ticket.asked.flows))
    desk.ask(asked(1))
    desk.ask(asked(2, flows=("any",)))
    desk.changed()
    assert told == [(("chat",), "asked", ("dba",)), (("chat", "pager"), "asked", ("any",))]
