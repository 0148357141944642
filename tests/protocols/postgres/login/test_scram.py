"""SCRAM by the RFCs' own words, and everything that must not get through."""

import hashlib
from base64 import b64decode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scramp import ScramClient, ScramMechanism

from yett.core.errors import ProtocolError
from yett.core.secret import Secret
from yett.protocols.postgres.login.saslprep import prepared
from yett.protocols.postgres.login.scram import (
    ClientExchange,
    MockVerifier,
    ServerExchange,
    keys_of,
    mock_verifier,
)
from yett.protocols.postgres.login.scram_keys import ScramKeysCache

# RFC 7677 §3: user "user", password "pencil".
SALT = b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
CLIENT_FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
CLIENT_FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def verifier(password=b"pencil", salt=SALT):
    keys = keys_of(password, salt, 4096)
    return MockVerifier(4096, salt, hashlib.sha256(keys.client_key).digest(), keys.server_key)


def server(**more):
    return ServerExchange(verifier(), nonce=SERVER_NONCE, **more)


def test_the_server_says_what_rfc_7677_says():
    exchange = server()
    assert exchange.first(CLIENT_FIRST) == SERVER_FIRST
    assert exchange.final(CLIENT_FINAL) == SERVER_FINAL


def test_the_client_says_what_rfc_7677_says():
    exchange = ClientExchange(user="user", nonce=CLIENT_NONCE)
    assert exchange.first() == CLIENT_FIRST
    exchange.challenged(SERVER_FIRST)
    assert exchange.final(keys_of(b"pencil", exchange.salt, exchange.iterations)) == CLIENT_FINAL
    assert exchange.is_mutual(SERVER_FINAL)


def test_a_server_that_does_not_know_the_password_is_noticed():
    exchange = ClientExchange(user="user", nonce=CLIENT_NONCE)
    exchange.challenged(SERVER_FIRST)
    exchange.final(keys_of(b"pencil", SALT, 4096))
    assert not exchange.is_mutual(b"v=" + b"A" * 43 + b"=")
    assert not exchange.is_mutual(b"e=other-error")
    assert not exchange.is_mutual(b"")


def test_a_signature_before_the_proof_is_not_mutual():
    assert not ClientExchange().is_mutual(b"v=AAAA")


def test_a_wrong_proof_is_no_proof():
    exchange = server()
    exchange.first(CLIENT_FIRST)
    assert exchange.final(CLIENT_FINAL.replace(b"p=dHzb", b"p=dHzc")) is None
    assert exchange.final(CLIENT_FINAL.partition(b"p=")[0] + b"p=AAAA") is None


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"n,,",
        b"n,a=admin,n=user,r=abc",
        b"n,,m=ext,n=user,r=abc",
        b"n,,n=user,r=abc,x=1",
        b"n,,n=user,r=",
        b"p=tls-server-end-point,,n=user,r=abc",
        b"x,,n=user,r=abc",
        b"n,,n=\xff,r=abc",
        b"n,,n=user,r=a\0c",
        b"n,,n=user,r=" + b"a" * 9000,
    ],
)
def test_a_malformed_beginning_is_refused(first):
    with pytest.raises(ProtocolError):
        server().first(first)


def test_another_nonce_is_refused():
    exchange = server()
    exchange.first(CLIENT_FIRST)
    with pytest.raises(ProtocolError):
        exchange.final(CLIENT_FINAL.replace(b"%hvY", b"%hvX"))


def test_a_stripped_offer_of_channel_binding_is_noticed():
    with pytest.raises(ProtocolError, match="negotiation"):
        server(offers_plus=True).first(b"y,,n=,r=abc")


def test_channel_binding_cannot_be_left_out_once_chosen():
    with pytest.raises(ProtocolError):
        server(end_point=b"x" * 32, offers_plus=True).first(CLIENT_FIRST)
    with pytest.raises(ProtocolError, match="type"):
        server(end_point=b"x" * 32, offers_plus=True).first(b"p=tls-unique,,n=,r=abc")


def test_another_connections_binding_is_refused():
    client = ClientExchange("p=tls-server-end-point", b"evil" * 8)
    gate = server(end_point=b"good" * 8, offers_plus=True)
    client.challenged(gate.first(client.first()))
    with pytest.raises(ProtocolError, match="channel binding"):
        gate.final(client.final(keys_of(b"pencil", client.salt, client.iterations)))


@pytest.mark.parametrize("bound", [False, True])
def test_an_independent_client_agrees_with_the_server(bound):
    end_point = hashlib.sha256(b"certificate").digest() if bound else None
    gate = server(end_point=end_point, offers_plus=bound)
    binding = ("tls-server-end-point", end_point) if bound else None
    mechanism = "SCRAM-SHA-256-PLUS" if bound else "SCRAM-SHA-256"
    client = ScramClient([mechanism], "u", "pencil", channel_binding=binding)
    client.set_server_first(gate.first(client.get_client_first().encode()).decode())
    signature = gate.final(client.get_client_final().encode())
    assert signature is not None
    client.set_server_final(signature.decode())


def test_an_independent_server_agrees_with_the_client():
    known = ScramMechanism().make_auth_info("pencil")
    gate = ScramMechanism().make_server(lambda _name: known)
    client = ClientExchange(user="u")
    gate.set_client_first(client.first().decode())
    client.challenged(gate.get_server_first().encode())
    gate.set_client_final(client.final(keys_of(b"pencil", client.salt, client.iterations)).decode())
    assert client.is_mutual(gate.get_server_final().encode())


@pytest.mark.parametrize(
    "challenge",
    [
        b"r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        SERVER_FIRST.replace(b"i=4096", b"i=0"),
        SERVER_FIRST.replace(b"i=4096", b"i=1000001"),
        SERVER_FIRST.replace(b"i=4096", b"i=99999999999"),
        SERVER_FIRST.replace(b"s=W22Z", b"s=****"),
        SERVER_FIRST + b",x=1",
    ],
)
def test_a_challenge_of_another_exchange_or_without_end_is_refused(challenge):
    with pytest.raises(ProtocolError):
        ClientExchange(user="user", nonce=CLIENT_NONCE).challenged(challenge)


def test_an_unknown_name_is_shown_the_same_salt_each_time():
    one, two = (mock_verifier(b"secret", "nobody", 4096) for _ in range(2))
    assert one.salt == two.salt
    assert len(one.salt) == 16
    assert mock_verifier(b"secret", "somebody", 4096).salt != one.salt
    assert mock_verifier(b"other", "nobody", 4096).salt != one.salt


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_garbage_is_refused_by_the_server(first, final):
    exchange = server()
    try:
        exchange.first(first)
        assert exchange.final(final) is None
    except ProtocolError:
        return


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_garbage_is_refused_by_the_client(challenge, signature):
    exchange = ClientExchange()
    with suppress(ProtocolError):
        assert not exchange.is_mutual(signature)
    with pytest.raises(ProtocolError):
        exchange.challenged(challenge)


# RFC 4013 §3, with PostgreSQL's rule that what is forbidden is used as it is.
@pytest.mark.parametrize(
    ("password", "wanted"),
    [
        ("I\u00adX", b"IX"),
        ("user", b"user"),
        ("\u00aa", b"a"),
        ("\u2168", b"IX"),
        ("\u0007", b"\x07"),
        ("\u0627\u0031", "\u0627\u0031".encode()),
        ("a\u00a0b", b"a b"),
    ],
)
def test_passwords_are_prepared_as_postgresql_does(password, wanted):
    assert prepared(password) == wanted


def test_the_cache_forgets_what_is_used_least():
    cache = ScramKeysCache(2)
    for salt in (b"one", b"two", b"one", b"three"):
        cache.keys(Secret("pencil"), salt, 1)
    assert cache.size == 2
    assert cache.keys(Secret("pencil"), b"one", 1) == keys_of(b"pencil", b"one", 1)


def test_keys_are_not_shown():
    keys = keys_of(b"pencil", SALT, 1)
    assert "client_key" not in repr(keys)
