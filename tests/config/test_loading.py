"""What a good yett.toml comes to."""

from pathlib import Path

import pytest

from yett.config import find_config, load_config
from yett.config.addresses import is_loopback, split_address
from yett.config.parts import deny_rules, listen_addresses
from yett.core.durations import parse_duration
from yett.core.errors import ConfigError
from yett.core.sizes import parse_size
from yett.credentials.settings import FromEnv, FromFile

SAMPLE = """
[gate]
data = "~/.local/share/yett"

[identity.oidc.corp]
issuer   = "https://login.example.com"
audience = "yett"
groups_claim = "groups"

[resources.orders]
protocol = "postgres"
address  = "db.internal:5432"
database = "orders_v2"
env      = "prod"
credential = { from = "env", user = "ORDERS_USER", password = "ORDERS_PASSWORD" }
tls = { mode = "verify-full", root_cert = "ca.pem" }

[resources.stock]
protocol = "postgres"
address = "/run/postgresql"
credential = { from = "file", login = "gate", password = "secrets/stock" }

[limits]
statement = "64KiB"
login_deadline = "1m30s"

[deny.copy-program]
pattern = "copy .* program"
reason = "programs are not run here"

[[listeners]]
address = "[::1]:7000"
resource = "stock"
bound = "local/tester"
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "yett.toml").write_text(SAMPLE)
    return load_config(tmp_path / "yett.toml")


def test_the_sample_of_the_product_page_loads(config):
    orders = config.settings.resources["orders"]
    assert (orders.protocol, orders.env) == ("postgres", "prod")
    assert orders.credential == FromEnv(user="ORDERS_USER", password="ORDERS_PASSWORD")
    assert config.targets["orders"].database == "orders_v2"
    assert config.settings.identity.oidc["corp"].groups_claim == "groups"


def test_durations_and_sizes_are_numbers(config):
    assert config.settings.limits.statement == 65_536
    assert config.settings.limits.login_deadline == 90


def test_paths_start_at_the_files_folder_or_at_home(config, tmp_path):
    assert config.data == Path.home() / ".local/share/yett"
    assert config.policies == tmp_path / "policies"
    assert config.targets["orders"].tls.root_cert == str(tmp_path / "ca.pem")
    assert config.settings.resources["stock"].credential == FromFile(
        login="gate", password=str(tmp_path / "secrets/stock")
    )


def test_a_database_is_called_like_its_resource_unless_said_otherwise(config):
    assert config.targets["stock"].database == "stock"


def test_protocols_listen_on_loopback_by_default(config):
    assert listen_addresses(config.settings) == {"postgres": "127.0.0.1:6432"}


def test_a_key_can_be_pointed_at_later(config, tmp_path):
    assert config.where("listeners", 0, "bound") == f"{tmp_path / 'yett.toml'}:34"
    assert config.where("resources", "stock", "nothing") == f"{tmp_path / 'yett.toml'}:18"


def test_deny_rules_reach_the_policy_room(config):
    (rule,) = deny_rules(config.settings)
    assert (rule.name, rule.reason, rule.ignore_case) == ("copy-program", "programs are not run here", True)


def test_an_empty_file_is_a_gate_with_nothing_behind_it(tmp_path):
    (tmp_path / "yett.toml").touch()
    assert load_config(tmp_path / "yett.toml").settings.resources == {}


def test_windows_line_ends_count_once(tmp_path):
    (tmp_path / "yett.toml").write_bytes(SAMPLE.replace("\n", "\r\n").encode())
    assert load_config(tmp_path / "yett.toml").where("resources", "stock").endswith(":18")


def test_the_file_is_found_by_option_then_variable_then_folder_then_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    environment = {"XDG_CONFIG_HOME": str(home)}
    with pytest.raises(ConfigError) as failure:
        find_config(None, environment)
    assert failure.value.code == "config_not_found"
    (home / "yett").mkdir(parents=True)
    (home / "yett" / "yett.toml").touch()
    assert find_config(None, environment) == home / "yett" / "yett.toml"
    (tmp_path / "yett.toml").touch()
    assert find_config(None, environment) == Path("yett.toml")
    assert find_config(None, environment | {"YETT_CONFIG": "other.toml"}) == Path("other.toml")
    assert find_config("given.toml", environment | {"YETT_CONFIG": "other.toml"}) == Path("given.toml")


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("30s", 30), ("15m", 900), ("2h", 7200), ("1h30m", 5400), ("7d", 604_800)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "s", "-1s", "1 h", "1h 30m", "1y", "1.5h", "٣s"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("5B", 5), ("64KiB", 65_536), ("1 MiB", 1 << 20), ("2GB", 2 * 10**9)]
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "KiB", "1kib", "-1B", "1.5MiB", "1XB", "٣B"])
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match="not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("h:1", ("h", 1)),
        ("[::1]:5432", ("::1", 5432)),
        ("h", ("h", 9)),
        ("::1", ("::1", 9)),
        ("/run/pg", ("/run/pg", 9)),
    ],
)
def test_addresses(text, place):
    assert split_address(text, default_port=9) == place


@pytest.mark.parametrize("text", ["h", ":1", "h:x", "h:70000", "h:-1", ""])
def test_what_is_no_address(text):
    with pytest.raises(ValueError, match="write host:port"):
        split_address(text)


def test_loopback_is_told_from_the_network():
    assert all(map(is_loopback, ("127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1", "/run/x")))
    assert not any(map(is_loopback, ("0.0.0.0:1", "10.0.0.1:1", "[::]:1", "localhost.example.com:1")))
