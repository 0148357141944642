"""Both dialogues under garbage: they end, and raise nothing but what they promise."""

import ssl
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.postgres.login.login_wire import PEM_END, TestAuthority
from yett.core.errors import AuthenticationFailed, ProtocolError, UpstreamFailed
from yett.core.secret import Secret
from yett.protocols.postgres.codec import backend_key_data, error, parameter_status, ready
from yett.protocols.postgres.login.client_auth import PASSWORD_BYTES_MAX, Channel, Unproven, authenticate
from yett.protocols.postgres.login.packets import authentication, negotiate_version, sasl_mechanisms
from yett.protocols.postgres.login.refused import LoginRefused, TlsRequired
from yett.protocols.postgres.login.scram_keys import ScramKeysCache
from yett.protocols.postgres.login.target_auth import TargetUser, log_in

AUTHORITY = TestAuthority()
LOOPBACK = Channel(tls=False, loopback=True)
WHO = TargetUser("u", "d", Secret("pencil-and-paper"))
PASSWORD = ord("p")


def client(user="ada", channel=LOOPBACK, authority=AUTHORITY):
    return authenticate(user, channel, authority, b"gate")


def said(dialogue, *messages):
    """Feed whole messages of a server or client; return the result, or raise what the dialogue raises."""
    next(dialogue)
    try:
        for raw in messages:
            dialogue.send((raw[0], raw[5:]))
    except StopIteration as end:
        return end.value
    pytest.fail("it waits for more")


def code_of(*messages, who=WHO):
    with pytest.raises(UpstreamFailed) as caught:
        said(log_in(who, ScramKeysCache()), *messages)
    assert "pencil-and-paper" not in str(caught.value)
    return caught.value.code


OK = authentication(0)
KEY = backend_key_data(1, b"1234")


def test_a_target_that_is_ready_is_read_whole():
    target = said(
        log_in(WHO, ScramKeysCache()),
        negotiate_version(0, ()),
        OK,
        parameter_status("TimeZone", "UTC"),
        KEY,
        error("00000", "hello").replace(b"E", b"N", 1),
        ready(b"I"),
    )
    assert (target.parameters, target.process_id, target.secret_key) == ({"TimeZone": "UTC"}, 1, b"1234")
    assert (target.protocol_minor, len(target.notices)) == (0, 1)


@pytest.mark.parametrize(
    "messages",
    [
        (ready(b"I"),),
        (OK, ready(b"T")),
        (OK, OK),
        (OK, backend_key_data(1, b"123")),
        (OK, backend_key_data(1, bytes(257))),
        (negotiate_version(0, ()), OK, backend_key_data(1, bytes(32))),
        (negotiate_version(3, ()),),
        (negotiate_version(0, ("_pq_.x",)),),
        (negotiate_version(0, ()), negotiate_version(0, ())),
        (authentication(10, b"SCRAM-SHA-256\0\0"), OK),
        (authentication(10, b"SCRAM-SHA-256\0\0"), authentication(12, b"v=AAAA")),
        (authentication(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"),),
        (authentication(5, b"salt"), authentication(3)),
        (authentication(5, b"salts"),),
        (OK, b"D\0\0\0\4"),
        (OK, *[parameter_status("a", "b")] * 1001),
    ],
)
def test_a_target_that_breaks_the_protocol_is_left(messages):
    assert code_of(*messages) == "upstream_protocol"


@pytest.mark.parametrize("code", [2, 7, 8, 9, 11, 12, 99])
def test_methods_that_the_gate_does_not_have_are_named(code):
    assert code_of(authentication(code)) == "upstream_auth_method"


def test_other_sasl_mechanisms_are_refused():
    assert code_of(sasl_mechanisms(["OAUTHBEARER"])) == "upstream_auth_method"


def test_another_encoding_is_refused():
    assert code_of(OK, parameter_status("client_encoding", "LATIN1"), ready(b"I")) == "upstream_encoding"


def test_a_target_that_knows_no_negotiation_is_asked_again_with_3_0():
    assert code_of(error("08P01", "unsupported startup", severity="FATAL")) == "upstream_protocol_version"
    old = TargetUser("u", "d", protocol_minor=0)
    assert code_of(error("08P01", "unsupported startup", severity="FATAL"), who=old) == "upstream_refused"


def test_a_password_that_the_target_repeats_is_left_out():
    assert code_of(error("28P01", "pencil-and-paper is wrong")) == "upstream_password_wrong"


@given(st.lists(st.tuples(st.sampled_from(b"RESKNZvD"), st.binary(max_size=60)), max_size=8))
def test_garbage_from_a_target_raises_upstream_failed_only(messages):
    dialogue = log_in(WHO, ScramKeysCache())
    next(dialogue)
    try:
        for message in messages:
            dialogue.send(message)
    except (UpstreamFailed, StopIteration):
        return


@given(
    st.sampled_from([0, 3, 5, 10, 11, 12]), st.binary(max_size=80), st.sampled_from([0, 11, 12]), st.binary(max_size=80)
)
def test_half_sensible_targets_raise_upstream_failed_only(first, data, second, more):
    dialogue = log_in(WHO, ScramKeysCache())
    next(dialogue)
    try:
        dialogue.send((ord("R"), struct.pack("!I", first) + data))
        dialogue.send((ord("R"), struct.pack("!I", second) + more))
        dialogue.send((ord("Z"), b"I"))
    except (UpstreamFailed, StopIteration):
        return


@given(
    st.sampled_from(["ada", "ada~nobody", f"ada~{AUTHORITY.credential.id}"]),
    st.lists(st.tuples(st.sampled_from(b"pQX"), st.binary(max_size=80)), min_size=1, max_size=3),
)
def test_garbage_from_a_client_proves_nothing(user, messages):
    dialogue = client(user)
    next(dialogue)
    with pytest.raises(LoginRefused):
        for message in [*messages, *messages, *messages]:
            dialogue.send(message)


@pytest.mark.parametrize(
    "body",
    [b"", b"\0", b"no end", b"two\0parts\0", b"\xff\0", b"x" * PASSWORD_BYTES_MAX + b"\0"],
)
def test_a_malformed_password_is_refused_in_general_words(body):
    dialogue = client()
    next(dialogue)
    with pytest.raises(LoginRefused) as caught:
        dialogue.send((PASSWORD, body))
    assert b'password authentication failed for user "ada"' in caught.value.answer


def test_a_certificate_that_is_refused_opens_no_other_door():
    class Revoked(TestAuthority):
        def certificate(self):
            raise AuthenticationFailed("revoked", code="revoked_subject")

    with pytest.raises(LoginRefused) as caught:
        next(client(channel=Channel(tls=True, loopback=True), authority=Revoked()))
    assert caught.value.code == "revoked_subject"
    assert b"revoked" not in caught.value.answer


def test_a_proof_that_no_longer_counts_is_refused():
    class Ended(TestAuthority):
        def password(self, raw):
            raise AuthenticationFailed("the credential has ended", code="credential_expired")

    dialogue = client(authority=Ended())
    next(dialogue)
    with pytest.raises(LoginRefused) as caught:
        dialogue.send((PASSWORD, b"token\0"))
    assert caught.value.code == "credential_expired"


def test_a_token_that_takes_a_look_outside_proves_nothing_yet():
    class Undecided(TestAuthority):
        def password(self, raw):
            return None

    result = said(client(authority=Undecided()), b"p\0\0\0\0token\0")
    assert isinstance(result, Unproven)
    assert "token" not in repr(result)


def test_nothing_is_asked_in_the_clear_from_afar():
    with pytest.raises(TlsRequired):
        next(client(channel=Channel(tls=False, loopback=False)))


def test_a_certificate_without_tls_is_not_even_looked_at():
    class Certified(TestAuthority):
        def certificate(self):
            pytest.fail("there is none without TLS")

    assert next(client(authority=Certified()))[0] == ord("R")


def test_protocol_errors_are_authentication_failures_to_the_driver():
    assert not issubclass(LoginRefused, ProtocolError)
    assert issubclass(LoginRefused, AuthenticationFailed)


@pytest.mark.parametrize(
    ("mode", "tls", "offer", "flag"),
    [
        ("prefer", True, ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"), b"p=tls-server-end-point,,"),
        ("prefer", True, ("SCRAM-SHA-256",), b"y,,"),
        ("prefer", False, ("SCRAM-SHA-256",), b"n,,"),
        ("disable", True, ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"), b"n,,"),
        ("require", True, ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"), b"p=tls-server-end-point,,"),
    ],
)
def test_the_gate_tells_a_target_what_it_could_have_bound(authority, mode, tls, offer, flag):
    chain, _ = authority.server("bound.test")
    der = ssl.PEM_cert_to_DER_cert(chain.read_text().split("-----END")[0] + PEM_END)
    who = replace(WHO, server_certificate=der if tls else None, channel_binding=mode)
    dialogue = log_in(who, ScramKeysCache())
    next(dialogue)
    answer = dialogue.send((ord("R"), sasl_mechanisms(offer)[5:]))
    assert flag in answer


def test_a_target_that_offers_no_binding_is_left_where_it_is_required(authority):
    chain, _ = authority.server("bound.test")
    der = ssl.PEM_cert_to_DER_cert(chain.read_text().split("-----END")[0] + PEM_END)
    who = replace(WHO, server_certificate=der, channel_binding="require")
    assert code_of(sasl_mechanisms(["SCRAM-SHA-256"]), who=who) == "upstream_channel_binding"
