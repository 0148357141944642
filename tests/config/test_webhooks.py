"""`[webhooks.*]` and `[admin]` in yett.toml: read, rooted, and their mistakes pointed at."""

import pytest

from yett.config import load_config
from yett.config.problems import ConfigProblems
from yett.telemetry.webhook_settings import SecretFromEnv, SecretFromFile

FLOW = '[approvals.dba]\nreviewers = ["local/dba"]\n'
HOOK = '[webhooks.chat]\nurl = "https://chat.example.com/x"\nsecret = { from = "env", name = "CHAT_SECRET" }\n'


@pytest.fixture
def load(tmp_path):
    def read(text):
        (tmp_path / "yett.toml").write_text(text)
        return load_config(tmp_path / "yett.toml").settings

    return read


def mistakes(load, text):
    with pytest.raises(ConfigProblems) as found:
        load(text)
    return [(one.line, one.code) for one in found.value.problems]


def test_a_webhook_is_read_with_its_defaults(load):
    hook = load(HOOK).webhooks["chat"]
    assert hook.secret == SecretFromEnv(name="CHAT_SECRET")
    assert hook.events == ("asked", "escalated", "break_glass")
    assert not hook.statement


def test_files_are_taken_from_the_settings_own_folder(load, tmp_path):
    text = HOOK.replace('{ from = "env", name = "CHAT_SECRET" }', '{ from = "file", path = "chat.secret" }')
    hook = load(text + 'ca = "ca.pem"\n').webhooks["chat"]
    assert hook.secret == SecretFromFile(path=str(tmp_path / "chat.secret"))
    assert hook.ca == str(tmp_path / "ca.pem")


def test_a_flow_may_name_only_webhooks_that_there_are(load):
    assert load(FLOW + 'webhooks = ["chat"]\n' + HOOK).approvals["dba"].webhooks == ("chat",)
    assert mistakes(load, FLOW + 'webhooks = ["cat"]\n' + HOOK) == [(3, "config_unknown_name")]


def test_a_secret_in_the_clear_is_refused(load):
    text = HOOK.replace('{ from = "env", name = "CHAT_SECRET" }', '"hunter2hunter2hunter2"')
    assert mistakes(load, text) == [(3, "config_literal_secret")]


def test_events_and_addresses_that_are_none_are_refused(load):
    assert [code for _, code in mistakes(load, HOOK + 'events = ["lunch"]\n')] == ["config_invalid_value"]
    assert [code for _, code in mistakes(load, HOOK.replace("https://", "http://"))] == ["config_invalid_value"]


def test_https_needs_the_gates_certificate(load):
    assert mistakes(load, "[admin]\ntls = true\n") == [(2, "config_needs_tls")]


def test_where_people_reach_the_listener(load):
    assert load("").admin.address == "http://127.0.0.1:6480"
    assert load('[admin]\nurl = "https://yett.example.com/"\n').admin.address == "https://yett.example.com"
    assert mistakes(load, '[admin]\nurl = "yett.example.com"\n') == [(1, "config_invalid_value")]
