"""Tokens: whom they stand for, and every reason to refuse one."""

import hmac
import json

import pytest

from identity.signing import ISSUER, NOW, Issuer, b64, key_for, provider, providers
from yett.core.errors import AuthenticationFailed
from yett.core.principals import PrincipalKind
from yett.core.secret import Secret


def refused(verifier, raw, now=NOW, nonce=None):
    with pytest.raises(AuthenticationFailed) as failure:
        verifier.verify(raw, now, nonce)
    return failure.value.code


def test_a_good_token_stands_for_its_subject(issuer):
    raw = issuer.token(groups=["dba", "support"], email="ada@example.com", jti="t1", sid="s1")
    principal = providers(provider(issuer)).verify(raw, NOW)
    assert principal.kind is PrincipalKind.USER
    assert principal.key == "corp/123"
    assert principal.name == "ada@example.com"
    assert principal.groups == {"corp/dba", "corp/support"}
    assert principal.token_id == "corp/t1"
    assert principal.session_key == "corp/s1"
    assert principal.expires_at == NOW + 630
    assert principal.method == "oidc"


@pytest.mark.parametrize(
    "algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
)
def test_every_allowed_algorithm_verifies(algorithm):
    issuer = Issuer()
    issuer.add_key("k", algorithm)
    assert provider_of(issuer).verify(issuer.token(kid="k", alg=algorithm), NOW).subject == "123"


def provider_of(issuer, **settings):
    return providers(provider(issuer, **settings))


CLAIM_REFUSALS = {
    "wrong audience": ({"aud": "other"}, "audience_wrong"),
    "wrong audiences": ({"aud": ["a", "b"]}, "audience_wrong"),
    "no audience": ({"aud": ...}, "claim_missing"),
    "empty audience": ({"aud": []}, "claim_missing"),
    "an audience that is no text": ({"aud": {"yett": 1}}, "claim_invalid"),
    "wrong issuer": ({"iss": "https://evil.example"}, "issuer_unknown"),
    "issuer with a slash more": ({"iss": ISSUER + "/"}, "issuer_unknown"),
    "no issuer": ({"iss": ...}, "issuer_unknown"),
    "issuer as a list": ({"iss": [ISSUER]}, "issuer_unknown"),
    "expired": ({"exp": NOW - 30}, "token_expired"),
    "long expired": ({"exp": 1}, "token_expired"),
    "no expiry": ({"exp": ...}, "claim_missing"),
    "expiry as text": ({"exp": "2100"}, "claim_invalid"),
    "expiry as truth": ({"exp": True}, "claim_invalid"),
    "not yet valid": ({"nbf": NOW + 31}, "token_not_yet_valid"),
    "issued in the future": ({"iat": NOW + 31}, "token_not_yet_valid"),
    "no issue time": ({"iat": ...}, "claim_missing"),
    "no subject": ({"sub": ...}, "claim_missing"),
    "empty subject": ({"sub": ""}, "claim_missing"),
    "subject as a number": ({"sub": 7}, "claim_invalid"),
    "subject with a line break": ({"sub": "a\nb"}, "claim_invalid"),
    "subject with a lone surrogate": ({"sub": "\ud800"}, "claim_invalid"),
    "endless subject": ({"sub": "x" * 513}, "claim_invalid"),
    "groups as numbers": ({"groups": [1]}, "claim_invalid"),
    "groups as a table": ({"groups": {"dba": True}}, "claim_invalid"),
    "too many groups": ({"groups": [f"g{n}" for n in range(1001)]}, "groups_incomplete"),
    "groups left out by the provider": ({"_claim_names": {"groups": "src1"}}, "groups_incomplete"),
    "groups left out by Entra": ({"hasgroups": True}, "groups_incomplete"),
    "bound to a key": ({"cnf": {"jkt": "x"}}, "token_bound"),
    "a refresh token": ({"typ": "Refresh"}, "token_type"),
    "an offline token": ({"typ": "Offline"}, "token_type"),
    "a logout token": ({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}, "token_type"),
    "an ID token for others": ({"aud": ["yett", "x"], "azp": "x", "nonce": "n"}, "party_wrong"),
    "a party that is a list": ({"aud": ["yett", "x"], "azp": ["x"], "nonce": "n"}, "party_wrong"),
    "act that is a text": ({"act": "bot"}, "delegation_invalid"),
    "act without a subject": ({"act": {}}, "claim_missing"),
    "act of another issuer": ({"act": {"sub": "bot", "iss": "https://evil.example"}}, "delegation_invalid"),
    "act too deep": (
        {"act": {"sub": "a", "act": {"sub": "b", "act": {"sub": "c", "act": {"sub": "d"}}}}},
        "delegation_too_deep",
    ),
}


@pytest.mark.parametrize("case", CLAIM_REFUSALS)
def test_a_token_is_refused_for_what_it_claims(issuer, case):
    changes, code = CLAIM_REFUSALS[case]
    assert refused(provider_of(issuer, groups_max=1000, bytes_max=64 << 10), issuer.token(**changes)) == code


HEADER_REFUSALS = {
    "its own key": ({"jwk": {"kty": "EC"}}, "token_header_forbidden"),
    "the address of a key": ({"jku": "https://evil.example/jwks"}, "token_header_forbidden"),
    "the address of a certificate": ({"x5u": "https://evil.example/c"}, "token_header_forbidden"),
    "a certificate": ({"x5c": ["MII"]}, "token_header_forbidden"),
    "something critical": ({"crit": ["exp"], "exp": 1}, "token_header_forbidden"),
    "an unencoded payload": ({"b64": False}, "token_header_forbidden"),
    "a compressed payload": ({"zip": "DEF"}, "token_header_forbidden"),
    "an unknown key": ({"kid": "k2"}, "unknown_key"),
    "a key id that is a number": ({"kid": 7}, "token_malformed"),
    "a path as key id": ({"kid": "../../dev/null"}, "unknown_key"),
    "no algorithm": ({"alg": ...}, "token_algorithm"),
    "no signature": ({"alg": "none"}, "token_algorithm"),
    "no signature, shouted": ({"alg": "NONE"}, "token_algorithm"),
    "a shared key": ({"alg": "HS256"}, "token_algorithm"),
    "an algorithm that is a list": ({"alg": ["ES256"]}, "token_algorithm"),
    "another key family": ({"alg": "RS256"}, "unknown_key"),
    "another curve": ({"alg": "ES384"}, "unknown_key"),
    "a logout type": ({"typ": "logout+jwt"}, "token_type"),
    "a DPoP proof": ({"typ": "dpop+jwt"}, "token_type"),
    "a type that is a number": ({"typ": 1}, "token_type"),
}


@pytest.mark.parametrize("case", HEADER_REFUSALS)
def test_a_token_is_refused_for_its_header(issuer, case):
    header, code = HEADER_REFUSALS[case]
    assert refused(provider_of(issuer), issuer.token(header=header)) == code


def test_a_forged_signature_is_refused(issuer):
    stranger = key_for("ES256", "k1")
    assert refused(provider_of(issuer), issuer.token(key=stranger)) == "token_signature"


def test_a_changed_claim_breaks_the_signature(issuer):
    head, _, signature = issuer.token().reveal().split(".")
    body = b64(json.dumps(issuer.claims(sub="root")).encode())
    assert refused(provider_of(issuer), Secret(f"{head}.{body}.{signature}")) == "token_signature"


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\0" * 63, b"\xff" * 64, b"\0" * 4096])
def test_a_made_up_signature_is_refused(issuer, signature):
    head, body, _ = issuer.token().reveal().split(".")
    code = refused(provider_of(issuer), Secret(f"{head}.{body}.{b64(signature)}"))
    assert code == ("token_signature" if signature else "token_malformed")


def test_the_public_key_is_no_shared_secret(issuer):
    """Key confusion: an HS256 token keyed with the provider's public key (CVE-2024-33663)."""
    text, _, _ = issuer.token(header={"alg": "HS256"}).reveal().rpartition(".")
    for public in (issuer.keys["k1"].as_pem(private=False), issuer.jwks()):
        forged = hmac.digest(public, text.encode(), "sha256")
        assert refused(provider_of(issuer), Secret(f"{text}.{b64(forged)}")) == "token_algorithm"


def unsigned(head: bytes = b"{}", body: bytes = b"{}") -> str:
    return f"{b64(head)}.{b64(body)}.AA"


MALFORMED = {
    "nothing": "",
    "a word": "secret",
    "two parts": "eyJh.eyJh",
    "four parts": "eyJh.eyJh.eyJh.eyJh",
    "encrypted": "eyJh.eyJh.eyJh.eyJh.eyJh",
    "padding": "eyJhbGciOiJFUzI1NiJ9=.e30.AA",
    "ordinary base64": "eyJh+/.e30.AA",
    "a space": "eyJhbGciOiJFUzI1NiJ9 .e30.AA",
    "a line break": "eyJhbGciOiJFUzI1NiJ9.e30.AA\n",
    "loose bits": "e31.e30.AA",
    "a list": unsigned(b"[]"),
    "no JSON": unsigned(b"{"),
    "not UTF-8": unsigned(bytes([0xFF, 0xFE, 0x7B])),
    "deep JSON": unsigned(b"[" * 5000),
    "not a number": unsigned(body=b'{"exp":NaN}'),
    "infinity": unsigned(body=b'{"exp":Infinity}'),
    "a number of 5000 digits": unsigned(body=b'{"exp":' + b"9" * 5000 + b"}"),
    "a header key twice": unsigned(b'{"alg":"ES256","alg":"none"}'),
    "a claim twice": unsigned(body=b'{"sub":"a","sub":"b"}'),
    "a nested key twice": unsigned(body=b'{"act":{"sub":"a","sub":"b"}}'),
    "not ASCII": "eyJh\u00e9.e30.AA",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_text_that_two_readers_could_read_differently_is_refused(issuer, case):
    assert refused(provider_of(issuer), Secret(MALFORMED[case])) == "token_malformed"


def test_a_signed_duplicate_is_refused_although_its_signature_fits(issuer):
    body = json.dumps(issuer.claims())[:-1].encode() + b', "sub": "root"}'
    assert refused(provider_of(issuer), issuer.sign(body)) == "token_malformed"


def test_a_huge_token_is_refused_before_it_is_read(issuer):
    assert refused(provider_of(issuer), issuer.token(x="x" * (16 << 10))) == "token_too_large"
    assert refused(provider_of(issuer), Secret("e" * (100 << 20))) == "token_too_large"


def test_an_exponent_beyond_all_numbers_is_refused(issuer):
    body = json.dumps(issuer.claims(exp=...))[:-1].encode() + b', "exp": 1e999}'
    assert refused(provider_of(issuer), issuer.sign(body)) == "claim_invalid"


def test_the_clock_may_be_a_little_off(issuer):
    verifier = provider_of(issuer)
    assert verifier.verify(issuer.token(exp=int(NOW) - 29, iat=int(NOW) - 99), NOW).expires_at == NOW + 1
    assert verifier.verify(issuer.token(nbf=int(NOW) + 30, iat=int(NOW) + 30), NOW)


def test_a_nonce_is_checked_where_one_was_sent(issuer):
    raw = issuer.token(nonce="n1")
    assert provider_of(issuer).verify(raw, NOW, nonce="n1")
    assert refused(provider_of(issuer), raw, nonce="n2") == "token_nonce"
    assert refused(provider_of(issuer), issuer.token(), nonce="n1") == "token_nonce"


def test_a_narrower_list_of_algorithms_holds(issuer):
    assert refused(provider_of(issuer, algorithms=("RS256",)), issuer.token()) == "token_algorithm"


def test_only_access_tokens_can_be_asked_for(issuer):
    only_access = provider_of(issuer, accepted_uses=("access",))
    assert refused(only_access, issuer.token()) == "token_type"
    assert refused(only_access, issuer.token(nonce="n")) == "token_type"
    assert only_access.verify(issuer.token(header={"typ": "at+jwt"}), NOW)
    assert only_access.verify(issuer.token(header={"typ": "application/AT+JWT"}), NOW)
    assert only_access.verify(issuer.token(scope="db"), NOW)
    assert refused(provider_of(issuer, accepted_uses=("id",)), issuer.token(header={"typ": "at+jwt"})) == "token_type"


def test_only_listed_parties_may_have_been_given_the_token(issuer):
    listed = provider_of(issuer, authorized_parties=("cli",))
    assert listed.verify(issuer.token(azp="cli"), NOW)
    assert listed.verify(issuer.token(client_id="cli"), NOW)
    assert refused(listed, issuer.token(azp="web")) == "party_wrong"
    assert refused(listed, issuer.token()) == "party_wrong"


def test_required_claims_are_required(issuer):
    assert refused(provider_of(issuer, required_claims=("email",)), issuer.token()) == "claim_missing"
    assert provider_of(issuer, required_claims=("email",)).verify(issuer.token(email="a@b.c"), NOW)


def test_several_issuers_keep_apart(issuer):
    other = Issuer("https://ci.example.com")
    other.add_key("k1", "RS256")
    both = providers(provider(issuer), provider(other, name="ci"))
    assert both.verify(issuer.token(groups=["dba"]), NOW).groups == {"corp/dba"}
    assert both.verify(other.token(alg="RS256", groups=["dba"]), NOW).groups == {"ci/dba"}
    crossed = other.sign(issuer.claims(), alg="RS256")
    assert refused(both, crossed) == "unknown_key"
    signed_by_other = issuer.sign(issuer.claims(), key=key_for("ES256", "k1"))
    assert refused(both, signed_by_other) == "token_signature"


def test_without_providers_no_token_is_taken(issuer):
    assert refused(providers(), issuer.token()) == "issuer_unknown"


def test_without_a_key_id_only_the_single_fitting_key_is_tried(issuer):
    assert provider_of(issuer).verify(issuer.token(kid=None, key=issuer.keys["k1"]), NOW)
    issuer.add_key("k2", "ES256")
    assert refused(provider_of(issuer), issuer.token(kid=None, key=issuer.keys["k1"])) == "unknown_key"


def test_a_token_without_an_id_is_named_by_what_was_signed(issuer):
    raw = issuer.token()
    first = provider_of(issuer).verify(raw, NOW).token_id
    assert first.startswith("corp/sha256-")
    assert provider_of(issuer).verify(raw, NOW).token_id == first


def test_a_token_is_never_printed(issuer):
    _, token = provider_of(issuer).choose(issuer.token())
    assert repr(token) == "UnverifiedToken(***)"
