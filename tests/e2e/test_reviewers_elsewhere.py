"""Reviewers who are not at the gate's machine: HTTPS with the gate's certificate, and a webhook that tells them."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from e2e.gates import Gate, gate_before
from e2e.held import POLICIES
from e2e.test_reviewers import FLOW, Client
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.demo.gate import start_gate
from yett.telemetry.webhook_signing import SIGNATURE, is_signed

SECRET = "a secret that both sides know"


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    """Listen for notifications; return the port and what came, each with its signature."""
    came: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append((self.headers[SIGNATURE], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, came
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="module")
def gate(
    filled: Callable[[int], TestPostgres], authority: Authority, told: tuple[int, list[tuple[str, bytes]]]
) -> Iterator[Gate]:
    """Start a gate whose control plane speaks HTTPS and tells a webhook."""
    with gate_before(filled(17), authority, policies=POLICIES, extra=FLOW) as found:
        (found.folder / "hook").write_text(SECRET)
        hook = f'\n[webhooks.chat]\nurl = "http://127.0.0.1:{told[0]}/"\nsecret = {{ from = "file", path = "hook" }}\n'
        text = found.config.read_text()
        found.terminate()
        found.log_path.unlink()
        found.config.write_text(text.replace("[admin]\n", "[admin]\ntls = true\n") + hook)
        with found.log_path.open("ab") as log:
            found.process = start_gate(found.config, found.admin, output=log.fileno())
        await_https(found)
        yield found


def await_https(gate: Gate) -> None:
    """Wait until the gate says that it is ready."""
    deadline = time.monotonic() + 30
    while '"ready"' not in gate.log_text:
        assert time.monotonic() < deadline, gate.log_text
        time.sleep(0.1)


def yett(gate: Gate, who: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "HOME": str(gate.folder), "YETT_TOKEN": gate.token(who, "dba"), **environment}
    return subprocess.run(
        [sys.executable, "-m", "yett", *arguments], env=given, text=True, capture_output=True, timeout=60, check=False
    )


def test_a_webhook_tells_of_a_ticket_that_is_then_answered_over_https(gate, told):
    client = Client(gate, "UPDATE orders SET note = 'https' WHERE id = 31")
    deadline = time.monotonic() + 20
    while not told[1]:
        assert time.monotonic() < deadline, gate.log_text
        time.sleep(0.05)
    header, body = told[1][0]
    assert is_signed(SECRET.encode(), body, header, time.time())
    said = json.loads(body)
    assert said["event"] == "approval.asked"
    assert b"note" not in body
    ticket = said["ticket"]["id"]
    assert said["ticket"]["url"] == f"https://127.0.0.1:{gate.admin_port}/api/approvals/{ticket}"
    shown = yett(gate, "dora", "approvals", "show", ticket, "--json", YETT_CONFIG=str(gate.config))
    assert shown.returncode == 0, shown.stderr
    digest = json.loads(shown.stdout)["digest"]
    url = f"https://localhost:{gate.admin_port}"
    trusting = {"SSL_CERT_FILE": str(gate.ca_path)}
    given = ("approvals", "approve", ticket, "--yes", "--seen", digest, "--url", url)
    assert yett(gate, "dora", *given).returncode == 5, "an authority that is not trusted is not believed"
    done = yett(gate, "dora", *given, **trusting)
    assert done.returncode == 0, done.stderr
    client.end()
    assert (client.error, client.tag) == (None, "UPDATE 1")
