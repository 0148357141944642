"""Fetching keys from a real HTTPS server, good and bad, and what a sign-in does while it happens."""

import asyncio
import http.server
import json
import ssl
import threading
import time

import pytest
import trustme

from identity.signing import Issuer
from yett.core.clock import SystemClock
from yett.core.durations import Duration
from yett.core.errors import AuthenticationFailed
from yett.identity.fetch import FetchFailed, fetch_keys
from yett.identity.identity import Identity
from yett.identity.settings import IdentitySettings, OidcSettings
from yett.identity.store import MemoryIdentityStore

DISCOVERY = "/.well-known/openid-configuration"


class Provider:
    """A real HTTPS server whose every answer a test can change."""

    def __init__(self, folder):
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self.answers = {}
        self.asked = []
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.asked.append(self.path)
                answer = provider.answers.get(self.path, (404, {}, b""))
                answer(self) if callable(answer) else provider.send(self, *answer)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = False

            def handle_error(self, *_):
                pass

        self.server = Server(("localhost", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.issuer = Issuer(self.url)
        self.issuer.add_key("k1")
        self.discover()
        self.publish()

    @staticmethod
    def send(handler, status, headers, body):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def discover(self, **changes):
        found = {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", **changes}
        self.answers[DISCOVERY] = (200, {}, json.dumps(found).encode())

    def publish(self):
        self.answers["/jwks"] = (200, {}, self.issuer.jwks())

    def settings(self, **changes):
        values = {"issuer": self.url, "audience": "yett", "ca": str(self.ca), "fetch_timeout": Duration(2), **changes}
        return OidcSettings(**values)

    def token(self, **changes):
        now = int(time.time())
        return self.issuer.token(**{"iat": now, "exp": now + 600, **changes})

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def provider(tmp_path):
    made = Provider(tmp_path)
    yield made
    made.close()


def refused(settings):
    with pytest.raises(FetchFailed) as failure:
        fetch_keys(settings)
    return failure.value.message


def test_keys_are_discovered_and_fetched(provider):
    assert fetch_keys(provider.settings()) == provider.issuer.jwks()
    assert provider.asked == [DISCOVERY, "/jwks"]


def test_a_set_address_needs_no_discovery(provider):
    assert fetch_keys(provider.settings(jwks_uri=f"{provider.url}/jwks"))
    assert provider.asked == ["/jwks"]


def test_a_file_needs_no_network(tmp_path, provider):
    file = tmp_path / "jwks.json"
    file.write_bytes(b"{}")
    assert fetch_keys(provider.settings(jwks_file=str(file))) == b"{}"
    assert "cannot be read" in refused(provider.settings(jwks_file=str(tmp_path / "none")))


def test_an_unknown_authority_is_refused(provider):
    assert "cannot be reached: SSL" in refused(provider.settings(ca=""))


def test_a_name_that_the_certificate_lacks_is_refused(provider):
    address = provider.url.replace("localhost", "127.0.0.1")
    assert "SSL" in refused(provider.settings(jwks_uri=f"{address}/jwks"))


def test_discovery_of_another_issuer_is_refused(provider):
    provider.discover(issuer="https://evil.example")
    assert "another issuer" in refused(provider.settings())


@pytest.mark.parametrize("jwks_uri", ["http://keys.example/jwks", "file:///etc/passwd", 7, None, "ftp://x"])
def test_discovery_may_only_name_an_https_address(provider, jwks_uri):
    provider.discover(jwks_uri=jwks_uri)
    assert "no https address" in refused(provider.settings())


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/"])
def test_a_redirect_to_another_scheme_is_not_followed(provider, target):
    provider.answers["/jwks"] = (302, {"Location": target}, b"")
    assert "redirects" in refused(provider.settings()) or "302" in refused(provider.settings())


def test_a_redirect_that_stays_on_https_is_followed(provider):
    provider.answers["/old"] = (302, {"Location": f"{provider.url}/jwks"}, b"")
    assert fetch_keys(provider.settings(jwks_uri=f"{provider.url}/old")) == provider.issuer.jwks()


def test_endless_redirects_end(provider):
    provider.answers["/jwks"] = (302, {"Location": f"{provider.url}/jwks"}, b"")
    assert refused(provider.settings())
    assert len(provider.asked) < 8


def test_a_huge_answer_is_cut_off(provider):
    provider.answers["/jwks"] = (200, {}, b" " * (600 << 10))
    assert "more than" in refused(provider.settings())


def test_an_error_is_told_by_its_number(provider):
    provider.answers["/jwks"] = (503, {}, b"")
    assert "answered 503" in refused(provider.settings())


def test_a_provider_that_drips_is_given_up(provider):
    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(40):
            handler.wfile.write(b" ")
            time.sleep(0.05)

    provider.answers["/jwks"] = drip
    began = time.monotonic()
    assert "too long" in refused(provider.settings(fetch_timeout=Duration(0.4)))
    assert time.monotonic() - began < 3


def identity(provider, store=None, **changes):
    settings = IdentitySettings(oidc={"corp": provider.settings(**changes)})
    made = Identity(settings, store or MemoryIdentityStore(), SystemClock())
    made.load()
    return made


async def sign_in(made, raw, deadline=5.0):
    return await made.verify_with_refresh(raw, time.time(), deadline)


def code_of(call):
    with pytest.raises(AuthenticationFailed) as failure:
        asyncio.run(call)
    return failure.value.code


def test_the_first_sign_in_fetches_the_keys(provider):
    made = identity(provider)
    assert asyncio.run(sign_in(made, provider.token())).key == "corp/123"


def test_a_restart_needs_no_network(provider):
    store = MemoryIdentityStore()
    asyncio.run(identity(provider, store).refresh_keys())
    provider.answers.clear()
    assert identity(provider, store).verify(provider.token(), time.time()).key == "corp/123"


def test_a_rotated_key_is_fetched_by_the_sign_in_that_needs_it(provider):
    made = identity(provider, keys_refresh_min=Duration(0))
    asyncio.run(made.refresh_keys())
    provider.issuer.keys.clear()
    provider.issuer.add_key("k2")
    provider.publish()
    assert asyncio.run(sign_in(made, provider.token(kid="k2"))).key == "corp/123"


def test_strangers_tokens_do_not_make_the_gate_call_its_provider(provider):
    made = identity(provider)
    asyncio.run(made.refresh_keys())
    provider.issuer.add_key("k9")
    for _ in range(20):
        assert code_of(sign_in(made, provider.token(kid="k9"))) == "unknown_key"
    assert provider.asked.count("/jwks") == 1


def test_many_sign_ins_share_one_fetch(provider):
    made = identity(provider)

    async def many():
        return await asyncio.gather(*(sign_in(made, provider.token()) for _ in range(20)))

    async def with_background():
        background = asyncio.create_task(made.keep_keys_fresh())
        try:
            return await many()
        finally:
            background.cancel()

    assert len(asyncio.run(with_background())) == 20
    assert provider.asked.count("/jwks") == 1


def test_a_provider_that_is_away_refuses_the_sign_in_in_time(provider):
    release = threading.Event()
    provider.answers["/jwks"] = lambda _: release.wait(5)
    made = identity(provider)

    async def impatient():
        background = asyncio.create_task(made.keep_keys_fresh())
        try:
            await sign_in(made, provider.token(), deadline=0.3)
        finally:
            release.set()
            background.cancel()

    began = time.monotonic()
    assert code_of(impatient()) == "unknown_key"
    assert time.monotonic() - began < 4


def test_a_failed_fetch_is_known_and_named(provider):
    provider.answers["/jwks"] = (500, {}, b"")
    made = identity(provider)
    asyncio.run(made.refresh_keys())
    assert "answered 500" in made.key_problems()["corp"]


def test_the_background_task_fetches_without_being_asked(provider):
    made = identity(provider)

    async def wait():
        background = asyncio.create_task(made.keep_keys_fresh(0.05))
        try:
            async with asyncio.timeout(5):
                while True:
                    try:
                        return made.verify(provider.token(), time.time())
                    except AuthenticationFailed:
                        await asyncio.sleep(0.02)
        finally:
            background.cancel()

    assert asyncio.run(wait()).key == "corp/123"
