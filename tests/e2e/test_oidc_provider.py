"""Tokens of a certified OpenID provider (npm oidc-provider): discovered, fetched, verified, mapped, refused."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from yett.core.clock import SystemClock
from yett.core.durations import Duration
from yett.core.errors import AuthenticationFailed
from yett.core.principals import Principal, PrincipalKind
from yett.core.secret import Secret
from yett.identity.identity import Identity
from yett.identity.settings import IdentitySettings, OidcSettings
from yett.identity.store import MemoryIdentityStore

HERE = Path(__file__).parent / "oidc"
MODULES = HERE.parents[2] / "build" / "oidc"
BASIC = "Basic " + b64encode(b"nightly:nightly-secret").decode()


class Provider:
    """The provider's process, and what its clients ask of it."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"

    def ask(self, path: str, headers: dict[str, str] | None = None, **form: str) -> Any:
        body = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(self.issuer + path, body, {"Authorization": BASIC, **(headers or {})})
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.startswith("{") else text

    def program_token(self, audience: str = "yett") -> Secret:
        answer = self.ask("/token", grant_type="client_credentials", resource=f"urn:{audience}", scope="db")
        return Secret(answer["access_token"])

    def person(self) -> dict[str, Secret]:
        form = {"grant_type": "password", "username": "ada", "password": "open sesame", "resource": "urn:yett"}
        answer = self.ask("/token", **form)
        return {name: Secret(answer[name]) for name in ("access_token", "id_token")}


def _install() -> None:
    wanted = (HERE / "package-lock.json").read_bytes()
    marker = MODULES / ".installed"
    if marker.exists() and marker.read_bytes() == wanted:
        return
    MODULES.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, MODULES)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=MODULES, check=True, timeout=50)
    marker.write_bytes(wanted)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    _install()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PORT": str(port), "YETT_NODE_MODULES": str(MODULES)}
    command = ["node", str(HERE / "provider.js")]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as node:
        try:
            assert node.stdout is not None
            assert node.stdout.readline() == "ready\n"
            yield Provider(port)
        finally:
            node.kill()


def gate(provider: Provider, **settings: Any) -> Identity:
    values = {
        "issuer": provider.issuer,
        "audience": ("yett", "nightly"),
        "claims": {"department": "org.department"},
        "keys_refresh_min": Duration(0),
        **settings,
    }
    made = Identity(IdentitySettings(oidc={"corp": OidcSettings(**values)}), MemoryIdentityStore(), SystemClock())
    made.load()
    return made


def sign_in(identity: Identity, raw: Secret, now: float | None = None) -> Principal:
    return asyncio.run(identity.verify_with_refresh(raw, now or time.time()))


def refused(identity: Identity, raw: Secret, now: float | None = None) -> str:
    with pytest.raises(AuthenticationFailed) as failure:
        sign_in(identity, raw, now)
    return failure.value.code


def test_a_programs_access_token(provider: Provider) -> None:
    principal = sign_in(gate(provider), provider.program_token())
    assert (principal.kind, principal.key) == (PrincipalKind.SERVICE, "corp/nightly")
    assert principal.groups == {"corp/exporters"}
    assert principal.claims == {"department": "support"}
    assert principal.token_id.startswith("corp/")


def test_a_persons_access_token_and_id_token(provider: Provider) -> None:
    identity, tokens = gate(provider), provider.person()
    for raw in tokens.values():
        principal = sign_in(identity, raw)
        assert (principal.kind, principal.key) == (PrincipalKind.USER, "corp/ada")
        assert principal.groups == {"corp/support-agents"}


def test_an_id_token_is_no_access_token(provider: Provider) -> None:
    identity, tokens = gate(provider, accepted_uses=("access",)), provider.person()
    assert refused(identity, tokens["id_token"]) == "token_type"
    assert sign_in(identity, tokens["access_token"]).subject == "ada"


def test_a_token_for_somebody_else(provider: Provider) -> None:
    assert refused(gate(provider), provider.program_token("billing")) == "audience_wrong"


def test_a_token_that_has_ended(provider: Provider) -> None:
    raw = provider.program_token()
    assert sign_in(gate(provider), raw)
    assert refused(gate(provider), raw, time.time() + 631) == "token_expired"


def test_a_token_bound_to_a_key_is_no_password(provider: Provider) -> None:
    key = ECKey.generate_key("P-256")
    claims = {"htm": "POST", "htu": f"{provider.issuer}/token", "iat": int(time.time()), "jti": "one"}
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}
    answer = provider.ask(
        "/token",
        {"DPoP": jwt.encode(header, claims, key)},
        grant_type="client_credentials",
        resource="urn:yett",
        scope="db",
    )
    assert refused(gate(provider), Secret(answer["access_token"])) == "token_bound"


def test_the_provider_rotates_its_keys(provider: Provider) -> None:
    identity, before = gate(provider), provider.program_token()
    assert sign_in(identity, before)
    provider.ask("/rotate")
    assert sign_in(identity, provider.program_token()).subject == "nightly"
    assert refused(identity, before) == "unknown_key"
