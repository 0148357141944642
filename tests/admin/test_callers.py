"""From where the API may be called: this machine in the clear, others over TLS alone."""

import asyncio
import http.client
import json
import ssl
import threading

import pytest
from starlette.requests import Request

from admin.place import Place
from servers.authority import new_authority
from yett.admin.callers import Reception
from yett.admin.pages import Standing, admin_pages
from yett.admin.problems import ApiProblem
from yett.admin.server import AdminServer
from yett.core.clock import ManualClock
from yett.core.principals import Principal, PrincipalKind


def coming(address, scheme="http", **headers):
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/approvals",
        "scheme": scheme,
        "query_string": b"",
        "server": ("127.0.0.1", 6480),
        "client": (address, 4711),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    return Request(scope)


@pytest.fixture
def reception():
    async def verify(_raw):
        return Principal(PrincipalKind.USER, "corp", "dana", "dana")

    return Reception(verify, lambda _: None, ManualClock(), 900)


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.2", "::2", "", "fe80::1"])
def test_a_credential_in_the_clear_from_elsewhere_is_not_even_looked_at(reception, address):
    with pytest.raises(ApiProblem) as refused:
        asyncio.run(reception.caller(coming(address, authorization="Bearer x")))
    assert refused.value.code == "plaintext_refused"


@pytest.mark.parametrize(("address", "scheme"), [("127.0.0.1", "http"), ("::1", "http"), ("10.0.0.7", "https")])
def test_this_machine_and_tls_are_taken(reception, address, scheme):
    caller = asyncio.run(reception.caller(coming(address, scheme, authorization="Bearer x")))
    assert caller.principal.subject == "dana"
    assert not caller.fresh, "nobody knows when they signed in"


def test_strangers_of_one_address_have_a_limit(reception):
    outcomes = []
    for _ in range(101):
        with pytest.raises(ApiProblem) as refused:
            asyncio.run(reception.caller(coming("127.0.0.1")))
        outcomes.append(refused.value.code)
    assert (outcomes[0], outcomes[-1]) == ("not_signed_in", "too_many_calls")


def test_the_listener_speaks_https_with_the_gates_certificate(tmp_path):
    authority = new_authority(tmp_path)
    certificate, key = authority.server("localhost", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = AdminServer(admin_pages(Standing(list, lambda _: (b"", "text/plain"))), "127.0.0.1", 0, context)
    server.bind()
    thread = threading.Thread(target=lambda: asyncio.run(server.run()))
    thread.start()
    try:
        trust = ssl.create_default_context(cafile=str(authority.ca_path))
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=10, context=trust)
        connection.request("GET", "/healthz")
        assert json.loads(connection.getresponse().read()) == {"status": "ok"}
        connection.close()
    finally:
        server.stop()
        thread.join(10)


def test_a_token_with_many_groups_fits(place: Place):
    token = place.token("dana", "dba", *(f"group-{number:04}" for number in range(700)))
    assert 11_000 < len(token) < 16 << 10
    assert place.call("/api/approvals", token).status == 200
