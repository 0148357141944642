"""Turns the TLS that the config and the protocols describe into OpenSSL contexts."""

import ssl
from pathlib import Path

from yett.core.errors import ConfigError, UpstreamFailed
from yett.protocols._wire.dialogue import TargetTls


class ServerTls:
    """A listener's TLS: the context for handshakes, and its own certificate (DER), which channel binding speaks of."""

    def __init__(self, context: ssl.SSLContext, certificate: bytes) -> None:
        self.context = context
        self.certificate = certificate

    def renew(self, certificate: str, key: str) -> None:
        """Show another certificate from the next handshake on. Raises ConfigError, and then nothing is changed."""
        fresh = server_tls(certificate, key)
        self.context.load_cert_chain(certificate, key)
        self.certificate = fresh.certificate


def server_tls(certificate: str, key: str, client_authorities: str = "", alpn: tuple[str, ...] = ()) -> ServerTls:
    """Return a listener's TLS: 1.2 or newer, client certificates asked for where authorities are given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Nothing is resumed (TLS 1.3), as with PostgreSQL itself: a client's certificate is verified at every connection.
    context.num_tickets = 0
    try:
        context.load_cert_chain(certificate, key)
        leaf = _first_certificate(Path(certificate).read_text(encoding="ascii"))
        if client_authorities:
            context.load_verify_locations(client_authorities)
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ValueError) as fault:
        words = getattr(fault, "strerror", None) or fault
        message = f"the listener's TLS files cannot be used: {certificate}, {key}: {words}"
        raise ConfigError(
            message, hint="check the paths, the modes, and that key and certificate belong together"
        ) from None
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return ServerTls(context, leaf)


def _first_certificate(pem: str) -> bytes:
    end = "-----END CERTIFICATE-----"
    start = pem.find("-----BEGIN CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(pem[start : pem.index(end) + len(end)])


def target_context(tls: TargetTls) -> ssl.SSLContext:
    """Return the context for a target, verifying as libpq does in `tls.mode` (libpq: SSL Mode Descriptions)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        if verifies(tls):
            context.verify_mode = ssl.CERT_REQUIRED
            context.check_hostname = tls.mode == "verify-full"
            _trust(context, tls)
        if tls.client_cert:
            context.load_cert_chain(tls.client_cert, tls.client_key)
    except (OSError, ssl.SSLError) as fault:
        message = f"the TLS files for the target cannot be used: {fault.strerror or fault}"
        raise UpstreamFailed(message, hint="check root_cert, client_cert and client_key", code="upstream_tls") from None
    if tls.alpn:
        context.set_alpn_protocols(list(tls.alpn))
    return context


def verifies(tls: TargetTls) -> bool:
    """Say whether the target's certificate is verified: by mode, or, as libpq does, in `require` with a root file."""
    return tls.mode in {"verify-ca", "verify-full"} or (tls.mode == "require" and bool(tls.root_cert))


def _trust(context: ssl.SSLContext, tls: TargetTls) -> None:
    if tls.root_cert == "system":
        context.load_default_certs()
    else:
        context.load_verify_locations(tls.root_cert)
    if tls.crl:
        context.load_verify_locations(cadata=Path(tls.crl).read_text(encoding="ascii"))
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
