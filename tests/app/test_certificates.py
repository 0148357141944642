"""Every TLS file that yett.toml names is looked at before it is live."""

from datetime import UTC, datetime, timedelta

import pytest
import trustme

from yett.app.certificates import certificate_findings
from yett.config import load_config

NOW = datetime.now(UTC).timestamp()


@pytest.fixture
def folder(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    write_certificate(tmp_path, authority, "gate", days=90)
    (tmp_path / "yett.toml").write_text('[gate.tls]\ncert = "gate.pem"\nkey = "gate.key"\n')
    return tmp_path


def write_certificate(folder, authority, name, days):
    issued = authority.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(days=days))
    issued.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
    issued.private_key_pem.write_to_path(folder / f"{name}.key")
    (folder / f"{name}.key").chmod(0o600)


def findings(folder, now=NOW):
    return [(one.subject, one.state, one.code) for one in certificate_findings(load_config(folder / "yett.toml"), now)]


def test_a_good_certificate_is_said_to_be_good(folder):
    assert findings(folder) == [("certificate", "ok", "")]


def test_a_gate_without_a_certificate_is_noted(folder):
    (folder / "yett.toml").write_text("")
    assert findings(folder) == [("certificate", "skip", "")]


@pytest.mark.parametrize(
    ("days", "state", "code"),
    [
        (80, "warn", "certificate_expiring"),
        (100, "fail", "certificate_expired"),
        (-20_000, "fail", "certificate_early"),
    ],
)
def test_a_certificate_that_is_not_valid_for_long_is_named(folder, days, state, code):
    assert findings(folder, NOW + days * 86_400) == [("certificate", state, code)]


def test_a_key_that_others_may_read_is_named(folder):
    (folder / "gate.key").chmod(0o644)
    assert findings(folder) == [("certificate", "ok", ""), ("certificate key", "warn", "file_exposed")]


@pytest.mark.parametrize("damage", ["missing", "empty", "other"])
def test_a_key_that_cannot_be_used_is_an_error(folder, damage):
    if damage == "missing":
        (folder / "gate.key").unlink()
    elif damage == "empty":
        (folder / "gate.key").write_text("")
    else:
        trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(folder / "gate.key")
    assert [state for _, state, _ in findings(folder)] == ["fail"]


def test_files_for_targets_and_clients_are_looked_at_too(folder):
    write_certificate(folder, trustme.CA(), "client", days=10)
    with (folder / "yett.toml").open("a") as file:
        file.write("""
[identity.mtls]
ca = "ca.pem"
map = [{ field = "uri", match = "spiffe://x/*" }]
[resources.orders]
protocol = "postgres"
address = "h:1"
credential = { from = "env", login = "gate" }
tls = { mode = "verify-full", root_cert = "none.pem", client_cert = "client.pem", client_key = "client.key" }
""")
    assert findings(folder)[1:] == [
        ("client authorities", "ok", ""),
        ("resource orders root_cert", "fail", "tls_unusable"),
        ("resource orders client_cert", "warn", "certificate_expiring"),
    ]
