"""The stand-in provider's tokens are what a real provider's are, and its files are private."""

import json
import time
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from yett.demo.provider import AUDIENCE, ISSUER, Provider


@pytest.fixture
def provider(tmp_path: Path) -> Provider:
    made = Provider(tmp_path / "provider")
    made.make_keys()
    return made


def _claims(provider: Provider, text: str) -> dict:
    keys = KeySet.import_key_set(json.loads(provider.jwks_file.read_text()))
    return jwt.decode(text, keys, algorithms=["RS256"]).claims


def test_a_token_is_signed_with_a_published_key(provider: Provider) -> None:
    claims = _claims(provider, provider.token("ana", ["support-agents"]).reveal())
    assert (claims["iss"], claims["sub"], claims["aud"]) == (ISSUER, "ana", AUDIENCE)
    assert claims["groups"] == ["support-agents"]
    assert claims["exp"] > time.time() > claims["iat"] - 1


def test_a_negative_lifetime_gives_a_token_that_has_ended(provider: Provider) -> None:
    claims = _claims(provider, provider.token("ana", lifetime_seconds=-60).reveal())
    assert claims["iat"] < claims["exp"] < time.time()


def test_another_key_does_not_sign_for_it(provider: Provider, tmp_path: Path) -> None:
    other = Provider(tmp_path / "other")
    other.make_keys()
    with pytest.raises(BadSignatureError):
        _claims(provider, other.token("ana").reveal())


def test_the_published_keys_hold_nothing_private(provider: Provider) -> None:
    (key,) = json.loads(provider.jwks_file.read_text())["keys"]
    assert set(key) <= {"kty", "kid", "use", "alg", "n", "e"}


def test_the_signing_key_is_readable_by_its_owner_alone(provider: Provider) -> None:
    assert (provider.folder / "signing.json").stat().st_mode & 0o077 == 0
    provider.make_keys()
