"""Every mistake in yett.toml is pointed at: its line, a stable code, and what to write instead."""

from pathlib import Path

import pytest

from yett.config import ConfigProblems, load_config
from yett.core.errors import ConfigError

RESOURCE = """
[resources.orders]
protocol = "postgres"
address = "db.internal:5432"
credential = { from = "env", user = "ORDERS_USER", password = "ORDERS_PASSWORD" }
"""

# What is written, on which line the mistake is, its code, what the message and the hint say.
MISTAKES = [
    ("[gate]\ndata = 3\n", 2, "config_invalid_value", "gate.data: expected a text", "Folder"),
    ("[gate]\ndat = 'x'\n", 2, "config_unknown_key", '"dat"', 'did you mean "data"?'),
    ("\n\n[gat]\n", 3, "config_unknown_key", '"gat"', 'did you mean "gate"?'),
    ("gate = 3\n", 1, "config_invalid_value", "gate must be a table", ""),
    ("[gate]\ndrain = 30\n", 2, "config_invalid_value", "expected a duration", "SIGTERM"),
    ("[gate]\ndrain = '30'\n", 2, "config_invalid_value", "not a duration", "SIGTERM"),
    ("[limits]\n\nmessage = '1M'\n", 3, "config_invalid_value", "not a size", ""),
    ("[limits]\nstatement = '2MiB'\n", 1, "config_invalid_value", "between 1B and 1MiB", ""),
    ("[limits]\nsessions = 0\n", 2, "config_invalid_value", ">= 1", "sessions"),
    ("[limits]\nsessions = true\n", 2, "config_invalid_value", "whole number", ""),
    ("[limits]\nlogin_deadline = '0s'\n", 1, "config_invalid_value", "longer than 0s", ""),
    ("[gate]\nlisten = { postgres = '0.0.0.0:5432' }\n", 2, "config_needs_tls", "no certificate", "[gate.tls]"),
    ("[gate.listen]\npostgres = '127.0.0.1'\n", 2, "config_invalid_value", "no port", ""),
    ("[gate.listen]\npostgres = '127.0.0.1:70000'\n", 2, "config_invalid_value", "no port", ""),
    ("[gate.listen]\npostgress = '127.0.0.1:1'\n", 2, "config_unknown_key", "unknown protocol", '"postgres"'),
    ("[gate.tls]\ncert = 'a.pem'\n", 1, "config_missing_key", "lacks `key`", "PEM"),
    ("[gate.tls]\ncert = 'a'\nkey = 'b'\nmin_version = '1.1'\n", 4, "config_invalid_value", "1.1", ""),
    ("[resources.orders]\naddress = 'h:1'\n", 1, "config_missing_key", "lacks `protocol`", "protocol"),
    (RESOURCE.replace("postgres", "mysql"), 3, "config_unknown_name", '"mysql"', "postgres"),
    (
        RESOURCE.replace("database", "x").replace("protocol", "databse = 'x'\nprotocol"),
        3,
        "config_unknown_key",
        '"databse"',
        '"database"',
    ),
    (RESOURCE.replace("db.internal:5432", "db:port"), 2, "config_invalid_value", "no port", ""),
    (RESOURCE.replace("resources.orders", "resources.Orders"), 2, "config_invalid_value", '"Orders"', "lower-case"),
    (RESOURCE + "tls = { mode = 'verify-full' }\n", 6, "config_invalid_value", "root_cert", ""),
    (RESOURCE + "tls = { mode = 'verify_full' }\n", 6, "config_invalid_value", "verify_full", "sslmode"),
    (RESOURCE + "tls = { client_cert = 'a' }\n", 6, "config_invalid_value", "belong together", ""),
    (RESOURCE + "require_auth = ['kerberos']\n", 6, "config_invalid_value", "kerberos", ""),
    (
        RESOURCE.replace("env", "consul"),
        5,
        "config_invalid_value",
        '`from` must be one of "command", "env", "ephemeral", "file", "vault"',
        "",
    ),
    (RESOURCE.replace('from = "env", ', ""), 5, "config_literal_secret", "lacks `from`", '{ from = "env"'),
    (RESOURCE.replace('user = "ORDERS_USER", ', ""), 5, "config_invalid_value", "either `user`", ""),
    (RESOURCE.replace("user = ", "usr = "), 5, "config_unknown_key", '"usr"', '"user"'),
    (RESOURCE.replace("from", "[").replace("[ =", "= ["), 5, "config_syntax", "", "TOML"),
    ("[a]\n[a]\n", 2, "config_syntax", "", "no key twice"),
    ("x = 'open\n", 1, "config_syntax", "", "TOML"),
    (RESOURCE + "[deny.x]\npattern = '(?=x)'\nreason = 'r'\n", 7, "config_bad_pattern", "RE2", "look-around"),
    (RESOURCE + "[deny.x]\nreason = 'r'\n", 6, "config_missing_key", "lacks `pattern`", "RE2"),
    (RESOURCE + "[deny.x]\npattern='x'\nreason='r'\nprotocol='http'\n", 9, "config_unknown_name", '"http"', "postgres"),
    (
        RESOURCE + "[deny.x]\npattern='x'\nreason='r'\nresources=['order']\n",
        9,
        "config_unknown_name",
        '"order"',
        '"orders"',
    ),
    (
        RESOURCE + "[[listeners]]\naddress='127.0.0.1:1'\nresource='order'\n",
        8,
        "config_unknown_name",
        '"order"',
        '"orders"',
    ),
    (
        RESOURCE + "[[listeners]]\naddress='10.0.0.1:1'\nresource='orders'\n",
        7,
        "config_needs_tls",
        "10.0.0.1:1",
        "[gate.tls]",
    ),
    (
        RESOURCE + "[[listeners]]\naddress='10.0.0.1:1'\nresource='orders'\nbound='local/a'\n",
        6,
        "config_invalid_value",
        "loopback",
        "",
    ),
    (
        RESOURCE + "[[listeners]]\naddress='127.0.0.1:1'\nresource='orders'\nbound='corp/a'\n",
        9,
        "config_invalid_value",
        "local principal",
        "local/",
    ),
    (
        RESOURCE + "[[listeners]]\naddress='127.0.0.1:6432'\nresource='orders'\n",
        7,
        "config_port_twice",
        "6432",
        "port of its own",
    ),
    ("[admin]\nlisten = 'x'\n", 2, "config_invalid_value", "no port", ""),
    ("[identity.oidc.corp]\nissuer = 'https://a'\n", 1, "config_missing_key", "lacks `audience`", ""),
    ("[identity.oidc.corp]\nissuer='http://a'\naudience='y'\n", 1, "config_invalid_value", "https://", ""),
    (
        "[identity.oidc.corp]\nissuer='https://a'\naudience='y'\ngroup_claim='g'\n",
        4,
        "config_unknown_key",
        '"group_claim"',
        '"groups_claim"',
    ),
    ("[recording]\ndurability = 'ram'\n", 2, "config_invalid_value", "ram", ""),
    ("[recording]\nretention = 3\n", 2, "config_unknown_key", '"retention"', "retention"),
    ("[[recording.anchors]]\nkind = 'tape'\n", 2, "config_invalid_value", '"file", "http"', ""),
    ("[policies]\nclaims = { age = 'number' }\n", 2, "config_invalid_value", "number", ""),
    ("[telemetry]\nlog_level = 'loud'\n", 2, "config_invalid_value", "loud", "least"),
]


def problems_of(tmp_path: Path, text: str) -> tuple:
    file = tmp_path / "yett.toml"
    file.write_text(text)
    with pytest.raises(ConfigProblems) as failure:
        load_config(file)
    return failure.value.problems


@pytest.mark.parametrize(("text", "line", "code", "says", "hint"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_has_its_line_code_and_remedy(tmp_path, text, line, code, says, hint):
    problem = problems_of(tmp_path, text)[0]
    assert (problem.line, problem.code) == (line, code), problem
    assert says in problem.message
    assert hint in problem.hint
    assert str(problem).startswith(f"{tmp_path / 'yett.toml'}:{line}: ")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path):
    text = "[gate]\ndat = 1\n[limits]\nsesions = 2\nparameters = -1\n" + RESOURCE.replace("env", "consul")
    assert [problem.line for problem in problems_of(tmp_path, text)] == [2, 4, 5, 10]


@pytest.mark.parametrize("written", ['credential = "pl4nted"', 'credential = { password = "pl4nted", user = "u" }'])
def test_a_secret_written_in_the_clear_is_refused_and_not_repeated(tmp_path, written):
    text = "\n".join(written if line.startswith("credential") else line for line in RESOURCE.splitlines())
    problem = problems_of(tmp_path, text)[0]
    assert problem.code == "config_literal_secret"
    assert "pl4nted" not in str(problem) + problem.hint


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError) as failure:
        load_config(tmp_path / "none.toml")
    assert failure.value.code == "config_not_found"


def test_a_file_that_is_not_utf8_is_an_error_with_its_line(tmp_path):
    (tmp_path / "yett.toml").write_bytes(b"[gate]\n# caf\xe9\n")
    with pytest.raises(ConfigProblems) as failure:
        load_config(tmp_path / "yett.toml")
    assert failure.value.problems[0].line == 2


def test_a_file_without_an_end_is_not_read_whole(tmp_path):
    (tmp_path / "yett.toml").write_bytes(b"#" * (5 << 20))
    with pytest.raises(ConfigError, match="longer than"):
        load_config(tmp_path / "yett.toml")


def test_deep_nesting_is_an_error_and_not_a_crash(tmp_path):
    (tmp_path / "yett.toml").write_text("a = " + "[" * 100_000)
    with pytest.raises(ConfigProblems) as failure:
        load_config(tmp_path / "yett.toml")
    assert failure.value.code == "config_syntax"
