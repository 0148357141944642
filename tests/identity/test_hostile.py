"""Whatever bytes a stranger sends, the answer is a refusal with a known code, soon."""

import json
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from identity.signing import NOW, Issuer, b64, provider, providers
from yett.core.errors import AuthenticationFailed
from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.identity.certificates import Certificates
from yett.identity.jwks import read_key_set
from yett.identity.refusals import REFUSALS
from yett.identity.settings import CertificateRule, MtlsSettings

ISSUER = Issuer()
ISSUER.add_key("k1")
VERIFIER = providers(provider(ISSUER, claims={"x": "x.y", "z": "z"}, run_claim="run"))
CERTIFICATES = Certificates(MtlsSettings(ca="x", map=(CertificateRule(field="cn", match="a*"),)))

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
names = st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "groups", "act", "cnf", "azp", "typ", "sid", "jti"])
more_names = st.sampled_from(["x", "z", "run", "email", "preferred_username", "_claim_names", "hasgroups", "nonce"])
header_names = st.sampled_from(["alg", "kid", "typ", "jwk", "jku", "crit", "cty", "x"])


def outcome(raw: Secret) -> None:
    try:
        found = VERIFIER.verify(raw, NOW)
    except AuthenticationFailed as failure:
        assert failure.code in REFUSALS  # noqa: PT017  either end is a right one
    else:
        assert isinstance(found, Principal)


@given(st.text())
def test_any_text(text):
    outcome(Secret(text))


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=80))
def test_any_bytes_in_the_form_of_a_token(head, body, signature):
    outcome(Secret(f"{b64(head)}.{b64(body)}.{b64(signature)}"))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(names | more_names, values, max_size=6))
def test_any_claims_that_the_provider_itself_signed(changes):
    outcome(ISSUER.sign({**ISSUER.claims(), **changes}))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(header_names, values, max_size=4))
def test_any_header(changes):
    outcome(ISSUER.token(header=changes))


@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "key_ops"]), values))
def test_any_key_set(entry):
    for document in (json.dumps({"keys": [entry]}), json.dumps(entry)):
        try:
            read_key_set(document.encode())
        except ValueError:
            continue


@given(st.binary(max_size=400))
def test_any_certificate(der):
    try:
        CERTIFICATES.principal(der, NOW)
    except AuthenticationFailed as failure:
        assert failure.code in REFUSALS  # noqa: PT017  either end is a right one


def test_the_largest_token_is_refused_in_milliseconds():
    deep = b64(b'{"a":' * 2000 + b"1" + b"}" * 2000)
    wide = b64(json.dumps({str(n): n for n in range(900)}).encode())
    for body in (deep, wide):
        began = time.perf_counter()
        outcome(Secret(f"{b64(b'{}')}.{body}.AA"))
        assert time.perf_counter() - began < 0.2
