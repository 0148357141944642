"""Client certificates: made by a real authority, mapped by rules, never taken for more than a leaf."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from identity.world import NOW, World
from yett.core.errors import AuthenticationFailed
from yett.core.principals import PrincipalKind
from yett.identity.certificates import Certificates
from yett.identity.settings import CertificateRule, MtlsSettings
from yett.identity.store import RevocationKind

DAY = timedelta(days=1)
RULES = (
    CertificateRule(
        field="uri",
        match="spiffe://example.org/agents/*",
        kind=PrincipalKind.AGENT,
        name="{1}",
        groups=("agents", "of-{1}"),
    ),
    CertificateRule(field="dns", match="*.batch.internal", name="{1}"),
    CertificateRule(field="cn", match="Ada Lovelace", kind=PrincipalKind.USER, name="ada"),
    CertificateRule(field="email", match="*@ops.example.org", kind=PrincipalKind.USER),
)
SETTINGS = MtlsSettings(ca="ca.pem", map=RULES)
UNSET = object()


def usage(*names):
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    every += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: name in names for name in every})


def certificate(
    *alternatives, cn="x", purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,), basic=False, key_usage=UNSET, **times
):
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.fromtimestamp(NOW, UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(times.get("begins", now - DAY))
        .not_valid_after(times.get("ends", now + DAY))
    )
    if basic is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=basic, path_length=None), critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if key_usage is not UNSET:
        builder = builder.add_extension(key_usage, critical=True)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def spiffe(path="agents/planner"):
    return x509.UniformResourceIdentifier(f"spiffe://example.org/{path}")


def principal(der, settings=SETTINGS):
    return Certificates(settings).principal(der, NOW)


def refused(der, settings=SETTINGS, now=NOW):
    with pytest.raises(AuthenticationFailed) as failure:
        Certificates(settings).principal(der, now)
    return failure.value.code


def test_a_spiffe_id_is_mapped_with_what_its_star_matched():
    found = principal(certificate(spiffe()))
    assert (found.kind, found.issuer, found.subject) == (
        PrincipalKind.AGENT,
        "mtls",
        "spiffe://example.org/agents/planner",
    )
    assert found.name == "planner"
    assert found.groups == {"mtls/agents", "mtls/of-planner"}
    assert found.token_id.startswith("mtls/sha256-")
    assert found.session_key == "mtls/serial-7"
    assert found.expires_at == NOW + 86400
    assert found.method == "mtls"


def test_other_names_are_mapped_by_their_rules():
    assert principal(certificate(x509.DNSName("night.batch.internal"))).name == "night"
    assert principal(certificate(cn="Ada Lovelace")).kind is PrincipalKind.USER
    assert principal(certificate(x509.RFC822Name("joe@ops.example.org"))).subject == "joe@ops.example.org"


@pytest.mark.parametrize(
    "names",
    [
        (),
        (spiffe("agents/a/b"),),
        (spiffe("agents/"),),
        (x509.UniformResourceIdentifier("spiffe://example.org.evil/agents/a"),),
        (x509.DNSName("a.b.batch.internal"),),
        (x509.DNSName("batch.internal"),),
        (x509.DNSName("nightxbatch.internal"),),
    ],
)
def test_a_name_that_no_rule_fits_stands_for_nobody(names):
    assert principal(certificate(*names)) is None


REFUSED = {
    "an authority": ({"basic": True}, "certificate_authority"),
    "one that may sign others": ({"key_usage": usage("digital_signature", "key_cert_sign")}, "certificate_authority"),
    "one that may sign lists": ({"key_usage": usage("digital_signature", "crl_sign")}, "certificate_authority"),
    "a server's": ({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "certificate_purpose"),
    "one without a purpose": ({"purposes": ()}, "certificate_purpose"),
    "one for any purpose": ({"purposes": (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)}, "certificate_purpose"),
    "one that may not sign at all": ({"key_usage": usage("key_encipherment")}, "certificate_purpose"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_certificate_that_is_no_clients_leaf_is_refused(case):
    changes, code = REFUSED[case]
    assert refused(certificate(spiffe(), **changes)) == code


def test_a_purpose_may_be_left_out_where_the_settings_say_so():
    settings = MtlsSettings(ca="ca.pem", map=RULES, purpose_required=False)
    assert principal(certificate(spiffe(), purposes=()), settings)
    assert (
        refused(certificate(spiffe(), purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)), settings) == "certificate_purpose"
    )


def test_a_certificate_out_of_its_time_is_refused():
    assert refused(certificate(spiffe()), now=NOW + 86400) == "certificate_expired"
    assert refused(certificate(spiffe()), now=NOW - 86401) == "certificate_expired"


def test_two_names_of_one_kind_are_ambiguous():
    assert refused(certificate(spiffe(), spiffe("agents/other"))) == "certificate_ambiguous"
    assert refused(certificate(spiffe(), spiffe("services/other"))) == "certificate_ambiguous"


@pytest.mark.parametrize("der", [b"", b"\x30", b"junk" * 100, certificate(spiffe())[:-20]])
def test_what_is_no_certificate_is_refused(der):
    assert refused(der) == "certificate_malformed"


def test_a_revoked_certificate_is_refused_by_name_serial_or_fingerprint():
    der = certificate(spiffe())
    for kind, value in (
        (RevocationKind.SUBJECT, "mtls/spiffe://example.org/agents/planner"),
        (RevocationKind.SESSION, "mtls/serial-7"),
        (RevocationKind.TOKEN, principal(der).token_id),
    ):
        world = World(mtls=SETTINGS)
        assert world.identity.certificate(der, NOW).name == "planner"
        world.local.revoke(kind, value)
        world.sync()
        with pytest.raises(AuthenticationFailed, match="revoked"):
            world.identity.certificate(der, NOW)


def test_without_rules_a_certificate_stands_for_nobody():
    assert World().identity.certificate(certificate(spiffe()), NOW) is None


@pytest.mark.parametrize(
    "rule", [{"field": "serial", "match": "1"}, {"field": "cn", "match": "*"}, {"field": "cn", "match": "**"}]
)
def test_a_rule_that_fits_everybody_is_refused(rule):
    with pytest.raises(ValueError, match=r"field|match"):
        CertificateRule(**rule)
