"""What yett.toml may say of leases and of a Vault, and what it may not."""

import pytest

from yett.config import load_config
from yett.core.errors import ConfigError
from yett.credentials.settings import FromEphemeral, FromFile
from yett.credentials.vault_settings import ByAppRole, FromVault

HEAD = """
[gate]
data = "data"
[resources.orders]
protocol = "postgres"
address = "db.internal:5432"
"""
EPHEMERAL = """
[resources.orders.credential]
from = "ephemeral"
admin = { from = "file", login = "yett_admin", password = "admin.password" }
"""
VAULT = """
[resources.orders.credential]
from = "vault"
address = "https://vault.internal:8200"
auth = { method = "approle", role_id = "gate", secret_id_file = "secret-id" }
engine = "database"
path = "orders-reader"
"""


def loaded(folder, text):
    (folder / "yett.toml").write_text(HEAD + text)
    return load_config(folder / "yett.toml").settings.resources["orders"].credential


def test_the_credential_that_makes_leases_is_another_credential(tmp_path):
    found = loaded(tmp_path, EPHEMERAL + 'connections = 3\nvalid_for = "10m"\n')
    assert isinstance(found, FromEphemeral)
    assert found.admin == FromFile(login="yett_admin", password=str(tmp_path / "admin.password"))
    assert (found.prefix, found.connections, found.valid_for, found.statement_timeout) == ("yett_e_", 3, 600, 0)


def test_a_vault_is_signed_in_to_by_what_files_hold(tmp_path):
    found = loaded(tmp_path, VAULT)
    assert isinstance(found, FromVault)
    assert found.auth == ByAppRole(role_id="gate", secret_id_file=str(tmp_path / "secret-id"))
    assert (found.engine, found.mounted_at) == ("database", "database")


@pytest.mark.parametrize(
    "text",
    [
        EPHEMERAL + 'prefix = "Yett"\n',
        EPHEMERAL + 'prefix = "a%"\n',
        EPHEMERAL + 'valid_for = "10s"\n',
        EPHEMERAL + "connections = 0\n",
        EPHEMERAL.replace('"file"', '"ephemeral"'),
        VAULT.replace("https", "http"),
        VAULT.replace('"approle"', '"password"'),
        VAULT.replace("secret_id_file", "secret_id"),
        VAULT.replace("orders-reader", "/orders?x"),
    ],
)
def test_what_would_be_no_lease_is_a_mistake(tmp_path, text):
    with pytest.raises(ConfigError):
        loaded(tmp_path, text)
