"""libpq's words for TLS, and the value that ties a login to a certificate."""

import datetime as dt
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from yett.core.errors import ConfigError
from yett.protocols.postgres.login.channel_binding import server_end_point
from yett.protocols.postgres.login.tls_modes import Way, plan


def certificate(algorithm, key=None):
    if key is None:
        key = ec.generate_private_key(ec.SECP256R1()) if algorithm else ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "db.test")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=1))
    return built.sign(key, algorithm).public_bytes(Encoding.DER)


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_the_hash_is_that_of_the_signature(algorithm):
    der = certificate(algorithm)
    assert server_end_point(der) == hashlib.new(algorithm.name, der).digest()


@pytest.mark.parametrize("weak", ["04", "05"], ids=["md5", "sha1"])
def test_weak_hashes_count_as_sha_256(weak):
    # sha256WithRSAEncryption becomes md5WithRSA… or sha1WithRSA…: nobody signs so any more, and only the name is read.
    der = certificate(hashes.SHA256(), rsa.generate_private_key(65537, 2048))
    old = der.replace(bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d0101" + weak))
    assert old != der
    assert server_end_point(old) == hashlib.sha256(old).digest()


def test_a_signature_without_a_hash_allows_no_binding():
    assert server_end_point(certificate(None)) is None


def test_what_is_no_certificate_allows_no_binding():
    assert server_end_point(b"nonsense") is None


@pytest.mark.parametrize(
    ("mode", "ways"),
    [
        ("disable", (Way(tls=False),)),
        ("allow", (Way(tls=False), Way(tls=True))),
        ("prefer", (Way(tls=True, falls_back=True), Way(tls=False))),
        ("require", (Way(tls=True),)),
        ("verify-ca", (Way(tls=True),)),
        ("verify-full", (Way(tls=True),)),
    ],
)
def test_each_mode_tries_what_libpq_tries(mode, ways):
    assert plan(mode).ways == ways


def test_only_the_verifying_modes_verify():
    assert [plan(mode).verifies_chain for mode in ("prefer", "require", "verify-ca", "verify-full")] == [
        False,
        False,
        True,
        True,
    ]
    assert plan("verify-full").verifies_name
    assert not plan("verify-ca").verifies_name


def test_require_with_a_root_certificate_verifies_the_chain():
    assert plan("require", root_cert="ca.pem").verifies_chain


def test_the_systems_roots_want_verify_full():
    assert plan("verify-full", root_cert="system").system_roots
    with pytest.raises(ConfigError):
        plan("require", root_cert="system")


def test_direct_tls_wants_a_mode_that_insists():
    assert plan("require", direct=True).ways[0].direct
    with pytest.raises(ConfigError):
        plan("prefer", direct=True)
