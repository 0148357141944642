"""A gate knows what each resource's data is, and keeps the key of its tokens."""

from pathlib import Path

import pytest

from yett.app.masking import masking_key, resource_data, resource_maskings
from yett.config import Config, load_config
from yett.core.errors import ConfigError

TEXT = """
[gate]
data = "data"

[resources.orders]
protocol = "postgres"
address = "db.internal:5432"
credential = { from = "env", user = "ORDERS_USER", password = "ORDERS_PASSWORD" }

[resources.plain]
protocol = "postgres"
address = "db.internal:5432"
credential = { from = "env", user = "ORDERS_USER", password = "ORDERS_PASSWORD" }

[data.orders]
"public.customers.email" = "email"
"public.customers.public_email" = ""
comments = "pii:"

[masks.email]
style = "token"
scope = "principal"

[masks.salary]
style = "null"

[detectors.customer_number]
pattern = 'C-[0-9]{8}'
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "yett.toml").write_text(TEXT)
    return load_config(tmp_path / "yett.toml")


def test_each_resource_has_its_labels_and_masks(config: Config) -> None:
    known = resource_maskings(config)
    orders = known["orders"]
    assert orders.label_of("public", "customers", "email") == "email"
    assert orders.label_of("public", "customers", "name", comment="the pii: phone of") == "phone"
    assert (orders.has_labels, orders.unlabelled) == (True, "scanned")
    assert (known["plain"].has_labels, known["plain"].unlabelled) == (False, "open")
    assert (orders.keeps_null("email"), orders.keeps_null("salary")) == (True, False)
    token = orders.masks("corp/ada").spec("email").whole(b"ada@example.com")
    assert token is not None
    assert orders.masks("corp/bob").spec("email").whole(b"ada@example.com") != token
    assert resource_maskings(config)["orders"].masks("corp/ada").spec("email").whole(b"ada@example.com") == token
    assert orders.masks("corp/bob").holds_token(b"INSERT '" + token + b"'")


def test_covering_is_told_every_label_that_may_be(config: Config) -> None:
    data = resource_data(config.settings)
    assert {"email", "salary", "customer_number", "card"} <= set(data["orders"].labels)
    assert not {"", "pii:"} & set(data["orders"].labels)
    assert {"email", "customer_number"} <= set(data["orders"].found)
    assert data["orders"].unlabelled == "scanned"
    assert data["plain"].unlabelled == "open"


def test_the_key_is_made_once_for_the_gates_user_alone(config: Config) -> None:
    key = masking_key(config)
    path = config.data / "keys" / "masking.key"
    assert (len(key), path.stat().st_mode & 0o777) == (32, 0o600)
    assert masking_key(config) == key
    path.write_bytes(b"short")
    with pytest.raises(ConfigError, match="is damaged") as caught:
        masking_key(config)
    assert "not known again" in caught.value.hint
