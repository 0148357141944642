"""Health, readiness and metrics, over a real listener."""

import asyncio
import http.client
import json
import socket
import threading

import pytest

from yett.admin.pages import Standing, admin_pages
from yett.admin.server import AdminServer
from yett.core.errors import ConfigError


@pytest.fixture
def reasons():
    return []


@pytest.fixture
def ask(reasons):
    """Ask a running admin listener: `ask(path, headers)` returns status, headers and body."""
    standing = Standing(lambda: reasons, lambda accept: (f"accepted {accept}".encode(), "text/plain; version=0.0.4"))
    server = AdminServer(admin_pages(standing, ["gate.example.com"]), "127.0.0.1", 0)
    server.bind()
    thread = threading.Thread(target=lambda: asyncio.run(server.run()))
    thread.start()

    def request(path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request(method, path, headers={key.replace("_", "-"): value for key, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    yield request
    server.stop()
    thread.join(10)


def test_healthz_answers_while_the_loop_turns(ask):
    status, headers, body = ask("/healthz")
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert headers["Cache-Control"] == "no-store"


def test_readyz_says_why_not(ask, reasons):
    assert ask("/readyz")[0] == 200
    reasons.append("recording: the disk is full")
    status, _, body = ask("/readyz")
    assert (status, json.loads(body)) == (503, {"ready": False, "reasons": ["recording: the disk is full"]})


def test_metrics_are_encoded_as_the_scraper_accepts(ask):
    status, headers, body = ask("/metrics", Accept="application/openmetrics-text")
    assert (status, body) == (200, b"accepted application/openmetrics-text")
    assert headers["Content-Type"].startswith("text/plain; version")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:80", "127.0.0.1", "[::1]:9", "10.0.0.7:6480", "Gate.example.com"]
)
def test_own_hosts_and_addresses_are_served(ask, host):
    assert ask("/healthz", Host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example.net", "localhost.evil.example", "", "127.0.0.1.evil.example", "[::1"])
def test_a_foreign_host_is_refused(ask, host):
    assert ask("/metrics", Host=host)[0] == 403


@pytest.mark.parametrize("origin", ["https://evil.example.net", "null", "http://localhost.evil.example"])
def test_a_foreign_origin_is_refused(ask, origin):
    assert ask("/metrics", Origin=origin)[0] == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(ask, method):
    assert ask("/healthz", method)[0] == 405


def test_unknown_paths_are_404(ask):
    assert ask("/")[0] == 404


def test_a_port_in_use_is_an_error_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = AdminServer(admin_pages(Standing(list, lambda _: (b"", ""))), "127.0.0.1", taken.getsockname()[1])
        with pytest.raises(ConfigError) as failure:
            server.bind()
    assert failure.value.code == "port_in_use"
