"""Maps verified client certificates to principals."""

import re
from collections.abc import Sequence
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from yett.core.ids import TokenId
from yett.core.principals import Principal
from yett.identity.refusals import refusal
from yett.identity.settings import CertificateRule, MtlsSettings

MTLS = "mtls"
_T = TypeVar("_T", bound=x509.ExtensionType)
_STARS = {"uri": "([^/]+)", "dns": r"([^.]+)", "email": "(.+)", "cn": "(.+)"}


class Certificates:
    """The rules by which a client certificate stands for a principal."""

    def __init__(self, settings: MtlsSettings) -> None:
        self._settings = settings
        self._rules = tuple((rule, _pattern(rule)) for rule in settings.map)

    def principal(self, der: bytes, now: float) -> Principal | None:
        """Return whom the certificate stands for, or None when no rule fits it.

        The TLS layer must have verified its chain up to `ca` and the proof of its key. What is checked here is that it
        is a leaf meant for clients: an authority's certificate never stands for anyone. Raises AuthenticationFailed.
        """
        try:
            certificate = x509.load_der_x509_certificate(der)
            _check_leaf(certificate, purpose_required=self._settings.purpose_required)
            names = {kind: _names(certificate, kind) for kind in {rule.field for rule, _ in self._rules}}
        except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
            raise refusal("certificate_malformed") from None
        begins, ends = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
        if not begins <= now < ends:
            raise refusal("certificate_expired")
        for rule, pattern in self._rules:
            match = _match(pattern, names[rule.field])
            if match is not None:
                return _principal(rule, match, certificate, ends)
        return None


def _principal(rule: CertificateRule, match: re.Match[str], certificate: x509.Certificate, ends: float) -> Principal:
    subject = match[0]
    return Principal(
        kind=rule.kind,
        issuer=MTLS,
        subject=subject,
        name=_filled(rule.name, match) or subject,
        groups=frozenset(f"{MTLS}/{_filled(group, match)}" for group in rule.groups),
        token_id=TokenId(f"{MTLS}/sha256-{certificate.fingerprint(SHA256()).hex()}"),
        session_key=f"{MTLS}/serial-{certificate.serial_number:x}",
        expires_at=ends,
        method="mtls",
    )


def _check_leaf(certificate: x509.Certificate, *, purpose_required: bool) -> None:
    extensions = certificate.extensions
    basic = _extension(extensions, x509.BasicConstraints)
    usage = _extension(extensions, x509.KeyUsage)
    if (basic is not None and basic.ca) or (usage is not None and (usage.key_cert_sign or usage.crl_sign)):
        raise refusal("certificate_authority")
    if usage is not None and not usage.digital_signature:
        raise refusal("certificate_purpose")
    purposes = _extension(extensions, x509.ExtendedKeyUsage)
    if purposes is None:
        if purpose_required:
            raise refusal("certificate_purpose")
        return
    if ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
        raise refusal("certificate_purpose")


def _extension(extensions: x509.Extensions, kind: type[_T]) -> _T | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _names(certificate: x509.Certificate, field: str) -> Sequence[str]:
    if field == "cn":
        return [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    alternative = _extension(certificate.extensions, x509.SubjectAlternativeName)
    if alternative is None:
        return ()
    if field == "uri":
        return alternative.get_values_for_type(x509.UniformResourceIdentifier)
    if field == "dns":
        return alternative.get_values_for_type(x509.DNSName)
    return alternative.get_values_for_type(x509.RFC822Name)


def _match(pattern: re.Pattern[str], names: Sequence[str]) -> re.Match[str] | None:
    found = [match for match in map(pattern.fullmatch, names) if match is not None]
    if not found:
        return None
    # A certificate of several names could be read as one by the gate and as another by its issuer (X509-SVID §2).
    if len(names) > 1 or not found[0][0].isprintable():
        raise refusal("certificate_ambiguous")
    return found[0]


def _pattern(rule: CertificateRule) -> re.Pattern[str]:
    parts = (re.escape(part) for part in rule.match.split("*"))
    return re.compile(_STARS[rule.field].join(parts))


def _filled(template: str, match: re.Match[str]) -> str:
    return re.sub(r"\{([0-9])\}", lambda one: match[int(one[1])], template)
