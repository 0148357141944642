"""Looks at every TLS file that yett.toml names: there, readable, belonging together, not about to expire."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from yett.app.findings import Finding, failed, ok
from yett.config import Config
from yett.core.errors import ConfigError, YettError
from yett.gateway.tls import server_tls

_WARN_DAYS = 30
_OTHERS_MAY_READ = 0o044
_BYTES_MAX = 4 << 20


def certificate_findings(config: Config, now: float) -> Iterator[Finding]:
    """Yield findings about the gate's own certificate, the authorities, and what is shown to targets."""
    yield from _own(config, now)
    mtls = config.settings.identity.mtls
    if mtls is not None:
        yield from _dates("client authorities", Path(mtls.ca), now)
    for name, one in config.settings.identity.oidc.items():
        if one.ca:
            yield from _dates(f"provider {name} ca", Path(one.ca), now)
    for name, target in config.targets.items():
        tls = getattr(target, "tls", None)
        if tls is None:
            continue
        for kind, path in (("root_cert", tls.root_cert), ("client_cert", tls.client_cert)):
            if path and path != "system":
                yield from _dates(f"resource {name} {kind}", Path(path), now)
        if tls.client_cert:
            yield from _pair(f"resource {name} client_key", tls.client_cert, tls.client_key)


def _own(config: Config, now: float) -> Iterator[Finding]:
    tls, mtls = config.settings.gate.tls, config.settings.identity.mtls
    if tls is None:
        words = "the gate has no certificate: it listens on this machine only"
        yield Finding("certificate", "skip", words)
        return
    try:
        server_tls(tls.cert, tls.key, mtls.ca if mtls else "")
    except ConfigError as error:
        yield failed("certificate", error)
        return
    yield from _dates("certificate", Path(tls.cert), now)
    yield from _private("certificate key", Path(tls.key))


def _pair(subject: str, cert: str, key: str) -> Iterator[Finding]:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        hint = "check the paths, and that key and certificate belong together"
        yield Finding(subject, "fail", f"{key}: {getattr(error, 'strerror', '') or 'unusable'}", hint, "tls_unusable")
        return
    yield from _private(subject, Path(key))


def _private(subject: str, path: Path) -> Iterator[Finding]:
    if path.stat().st_mode & _OTHERS_MAY_READ:
        yield Finding(subject, "warn", f"{path} can be read by other users", f"chmod 600 {path}", "file_exposed")


def _dates(subject: str, path: Path, now: float) -> Iterator[Finding]:
    try:
        first = _certificates(path)[0]
    except YettError as error:
        yield failed(subject, error)
        return
    begins, ends = first.not_valid_before_utc, first.not_valid_after_utc
    today = datetime.fromtimestamp(now, UTC)
    days = (ends - today).days
    if today < begins:
        hint = "is the clock right, and the certificate?"
        yield Finding(
            subject, "fail", f"{path} is valid only from {begins:%Y-%m-%d %H:%M} UTC", hint, "certificate_early"
        )
    elif days < 0:
        yield Finding(subject, "fail", f"{path} expired on {ends:%Y-%m-%d}", "renew it", "certificate_expired")
    elif days < _WARN_DAYS:
        yield Finding(subject, "warn", f"{path} expires in {days} days", "renew it soon", "certificate_expiring")
    else:
        yield ok(subject, f"{path}, valid until {ends:%Y-%m-%d}")


def _certificates(path: Path) -> list[x509.Certificate]:
    hint = "it must be a PEM file with certificates that the gate's user may read"
    try:
        with path.open("rb") as file:
            return x509.load_pem_x509_certificates(file.read(_BYTES_MAX))
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise ConfigError(message, hint=hint, code="tls_unusable") from None
    except ValueError:
        message = f"{path} holds no certificate"
        raise ConfigError(message, hint=hint, code="tls_unusable") from None
