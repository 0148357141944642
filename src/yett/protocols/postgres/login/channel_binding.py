"""The value that ties a login to the TLS connection it happens on: tls-server-end-point (RFC 5929 §4)."""

import hashlib

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

CHANNEL_BINDING = "tls-server-end-point"


def server_end_point(certificate: bytes) -> bytes | None:
    """Return the hash of a server certificate (DER) that both sides of SCRAM-SHA-256-PLUS use.

    The hash is that of the certificate's signature, SHA-256 in the place of MD5 and SHA-1. None where the signature
    names no hash (Ed25519) or the certificate can't be read: no channel binding is then possible, in libpq as here.
    """
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return None
    if algorithm is None:
        return None
    name = "sha256" if algorithm.name in {"md5", "sha1"} else algorithm.name.replace("-", "_")
    try:
        return hashlib.new(name, certificate).digest()
    except ValueError:
        return None
