"""Providers' keys: what is kept, what is thrown away, and when they are asked for again."""

import json

import pytest

from identity.signing import NOW, Issuer, key_for
from yett.core.errors import AuthenticationFailed
from yett.identity.jwks import read_key_set
from yett.identity.keys import CachedKeys, KeyCache


def cache(**settings):
    return KeyCache("corp", "https://a", **{"refresh": 3600.0, "refresh_min": 30.0, "max_age": 86400.0, **settings})


def code_of(call, *arguments):
    with pytest.raises(AuthenticationFailed) as failure:
        call(*arguments)
    return failure.value.code


def jwks(*entries) -> bytes:
    return json.dumps({"keys": entries}).encode()


def public(algorithm="ES256", **changes):
    return {**key_for(algorithm, "k").as_dict(private=False), "kid": "k", **changes}


def test_without_keys_a_fetch_is_wanted_at_once():
    keys = cache()
    assert keys.wants_refresh(NOW)
    assert code_of(keys.find, "k", "ES256", NOW) == "unknown_key"


def test_fresh_keys_are_left_alone_until_their_time(issuer):
    keys = cache()
    keys.trying(NOW)
    keys.learn(issuer.jwks(), NOW)
    assert not keys.wants_refresh(NOW + 3599)
    assert keys.wants_refresh(NOW + 3600)


def test_an_unknown_key_wants_a_fetch_but_not_more_often_than_allowed(issuer):
    keys = cache()
    keys.trying(NOW)
    keys.learn(issuer.jwks(), NOW)
    for _ in range(100):
        assert code_of(keys.find, "k2", "ES256", NOW + 1) == "unknown_key"
    assert not keys.wants_refresh(NOW + 29)
    assert keys.wants_refresh(NOW + 30)


def test_a_rotation_brings_the_new_key_and_drops_the_old(issuer):
    keys = cache()
    keys.learn(issuer.jwks(), NOW)
    rotated = Issuer()
    rotated.add_key("k2")
    keys.learn(rotated.jwks(), NOW + 40)
    assert keys.find("k2", "ES256", NOW + 40).kid == "k2"
    assert code_of(keys.find, "k1", "ES256", NOW + 40) == "unknown_key"


def test_known_keys_stay_in_use_while_the_provider_is_away(issuer):
    keys = cache()
    keys.learn(issuer.jwks(), NOW)
    keys.failed("away")
    assert keys.find("k1", "ES256", NOW + 86400)
    assert code_of(keys.find, "k1", "ES256", NOW + 86401) == "keys_stale"


def test_failures_wait_longer_each_time_up_to_minutes():
    keys = cache()
    waits = []
    for _ in range(6):
        keys.trying(NOW)
        keys.failed("away")
        waits.append(next(seconds for seconds in range(1000) if keys.wants_refresh(NOW + seconds)))
    assert waits == [30, 60, 120, 240, 240, 240]


def test_a_key_set_that_cannot_be_used_leaves_the_one_before(issuer):
    keys = cache()
    keys.learn(issuer.jwks(), NOW)
    with pytest.raises(ValueError, match="no key"):
        keys.learn(jwks(), NOW + 1)
    assert keys.find("k1", "ES256", NOW + 1)


def test_a_restart_uses_what_was_kept(issuer):
    kept = cache().learn(issuer.jwks(), NOW)
    keys = cache()
    keys.recall(kept)
    assert keys.find("k1", "ES256", NOW + 100)
    assert keys.wants_refresh(NOW + 3600)


def test_kept_keys_that_are_damaged_are_fetched_anew():
    keys = cache()
    keys.recall(CachedKeys("corp", "https://a", b"{", NOW))
    assert keys.problem
    assert keys.wants_refresh(NOW)


def test_keys_kept_for_another_issuer_are_not_used(issuer):
    kept = cache().learn(issuer.jwks(), NOW)
    keys = KeyCache("corp", "https://b", refresh=1, refresh_min=1, max_age=1e9)
    keys.recall(kept)
    assert code_of(keys.find, "k1", "ES256", NOW) == "unknown_key"


def test_a_clock_set_back_fetches_rather_than_waits_for_years(issuer):
    keys = cache()
    keys.trying(NOW)
    keys.learn(issuer.jwks(), NOW)
    assert keys.wants_refresh(NOW - 1000)


UNUSABLE = {
    "not JSON": b"{",
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "no list": b'{"keys": {}}',
    "empty": jwks(),
    "a shared key": jwks({"kty": "oct", "k": "c2VjcmV0", "kid": "k"}),
    "an encryption key": jwks(public(use="enc")),
    "a key that may only sign": jwks(public(key_ops=["sign"])),
    "another curve": jwks({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "k"}),
    "a point off its curve": jwks(public(x="AA")),
    "a key of an agreement": jwks({"kty": "OKP", "crv": "X25519", "x": "A" * 43, "kid": "k"}),
    "an algorithm of another family": jwks(public(alg="RS256")),
    "a short RSA key": jwks({"kty": "RSA", "n": "x" * 171, "e": "AQAB", "kid": "k"}),
    "an endless RSA key": jwks({"kty": "RSA", "n": "x" * 40_000, "e": "AQAB", "kid": "k"}),
    "a key id that is a number": jwks(public(kid=1)),
    "numbers": jwks(1, 2),
    "a curve that is a list": jwks({"kty": "EC", "crv": ["P-256"]}),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_key_set_without_a_usable_key_is_refused(case):
    with pytest.raises(ValueError, match="the answer"):
        read_key_set(UNUSABLE[case])


def test_a_published_private_key_is_refused():
    with pytest.raises(ValueError, match="private"):
        read_key_set(jwks(key_for("ES256", "k").as_dict(private=True)))


def test_unknown_keys_beside_good_ones_are_passed_over():
    found = read_key_set(jwks({"kty": "AKP", "alg": "ML-DSA-44"}, {"kty": "oct", "k": "AA"}, public()))
    assert [one.kid for one in found.keys] == ["k"]


def test_a_key_is_tried_only_with_its_own_algorithms():
    found = read_key_set(jwks(public("RS256", alg="PS256")))
    assert found.find("k", "PS256")
    assert found.find("k", "RS256") is None
    assert found.find("k", "ES256") is None


def test_two_keys_of_one_name_are_told_apart_by_family():
    found = read_key_set(jwks(public("ES256"), public("RS256")))
    assert found.find("k", "ES256").key.key_type == "EC"
    assert found.find("k", "RS256").key.key_type == "RSA"
