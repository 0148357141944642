"""What yett.toml says of approvals and of roles for a while, and every mistake in it with its line."""

from pathlib import Path

import pytest

from yett.app.policies import load_engine
from yett.config import ConfigProblems, load_config
from yett.core.clock import SystemClock
from yett.policy.problems import PolicyProblems

SAMPLE = """
[identity.oidc.corp]
issuer = "https://login.example.com"
audience = "yett"

[resources.orders]
protocol = "postgres"
address = "db.internal:5432"
credential = { from = "env", user = "ORDERS_USER", password = "ORDERS_PASSWORD" }

[approvals.dba]
reviewers = ["corp/dba"]
expires = "15m"

[access.orders-writer]
requestable_by = ["corp/support-agents"]
approval = "dba"
max = "2h"
"""
LINES = SAMPLE.count("\n")
FULL = """
[approvals.full]
reviewers = ["corp/dba", "local/dba"]
quorum = 2
expires = "1h"
in_transaction = "30s"
remind = "10s"
escalate_after = "20m"
escalate_to = ["corp/chiefs"]
open_per_principal = 9
shape_window_max = "1h"
unmask_needed = true
break_glass = ["corp/on-call"]
"""
HELD = """@id("x") @approval("dbaa") forbid (principal, action, resource)
unless { context.approvals.contains("dbaa") };"""
# What is written below the sample, its line there, its code, what the message and the hint say.
MISTAKES = [
    ("[approvals.x]\n", 1, "config_missing_key", "lacks `reviewers`", "corp/dba"),
    ("[approvals.x]\nreviewers = []\n", 2, "config_invalid_value", "reviewers", ""),
    ("[approvals.x]\nreviewers = 'corp/dba'\n", 2, "config_invalid_value", "reviewers", ""),
    ("[approvals.x]\nreviewers = ['dba']\n", 2, "config_invalid_value", "lacks its issuer", '"corp/dba"'),
    ("[approvals.x]\nreviewers = ['corp/']\n", 2, "config_invalid_value", "lacks its issuer", '"corp/corp"'),
    ("[approvals.x]\nreviewers = ['crop/dba']\n", 2, "config_unknown_name", '"crop"', '"corp"'),
    ("[approvals.x]\nreviewers = ['corp/a']\nbreak_glass = ['a']\n", 3, "config_invalid_value", "issuer", ""),
    ("[approvals.x]\nreviewers = ['corp/a']\nexpires = '0s'\n", 1, "config_invalid_value", "`expires`", ""),
    ("[approvals.x]\nreviewers = ['corp/a']\nexpires = '8d'\n", 1, "config_invalid_value", "7d", ""),
    ("[approvals.x]\nreviewers = ['corp/a']\nin_transaction = '0s'\n", 1, "config_invalid_value", "transaction", ""),
    ("[approvals.x]\nreviewers = ['corp/a']\nquorum = 0\n", 3, "config_invalid_value", ">= 1", "how many"),
    ("[approvals.x]\nreviewers = ['corp/a']\nremind = '10ms'\n", 1, "config_invalid_value", "1s", ""),
    ("[approvals.x]\nreviewers = ['corp/a']\nshape_window_max = '25h'\n", 1, "config_invalid_value", "24h", ""),
    ("[approvals.x]\nreviewers = ['corp/a']\nescalate_after = '1m'\n", 1, "config_invalid_value", "belong", ""),
    (
        "[approvals.x]\nreviewers = ['corp/a']\nescalate_after = '15m'\nescalate_to = ['corp/b']\n",
        1,
        "config_invalid_value",
        "shorter than `expires`",
        "",
    ),
    ("[approvals.x]\nreviewer = ['corp/a']\n", 1, "config_missing_key", "lacks `reviewers`", ""),
    ("[approvals.'X y']\nreviewers = ['corp/a']\n", 1, "config_invalid_value", '"X y"', "lower-case"),
    ("[access.x]\nrequestable_by=['corp/a']\napproval='dbaa'\nmax='1h'\n", 3, "config_unknown_name", '"dbaa"', '"dba"'),
    ("[access.x]\nrequestable_by=['corp/a']\napproval='dba'\n", 1, "config_missing_key", "lacks `max`", "longest"),
    ("[access.x]\nrequestable_by=['corp/a']\napproval='dba'\nmax='0s'\n", 1, "config_invalid_value", "`max`", ""),
    ("[access.x]\nrequestable_by=['corp/a']\napproval='dba'\nmax='31d'\n", 1, "config_invalid_value", "30d", ""),
    ("[access.x]\nrequestable_by=['a']\napproval='dba'\nmax='1h'\n", 2, "config_invalid_value", "issuer", '"corp/a"'),
    ("[access.X]\nrequestable_by=['corp/a']\napproval='dba'\nmax='1h'\n", 1, "config_invalid_value", '"X"', "lower"),
]


def load(tmp_path: Path, text: str):
    (tmp_path / "yett.toml").write_text(text)
    return load_config(tmp_path / "yett.toml")


def test_the_sample_of_the_product_page_loads(tmp_path):
    settings = load(tmp_path, SAMPLE).settings
    flow, role = settings.approvals["dba"], settings.access["orders-writer"]
    assert (flow.reviewers, flow.quorum, flow.expires, flow.in_transaction) == (("corp/dba",), 1, 900, 60)
    assert (role.requestable_by, role.approval, role.max) == (("corp/support-agents",), "dba", 7200)


def test_everything_that_can_be_set_is_read(tmp_path):
    flow = load(tmp_path, SAMPLE + FULL).settings.approvals["full"]
    assert (flow.quorum, flow.escalate_after, flow.escalate_to) == (2, 1200, ("corp/chiefs",))
    assert (flow.open_per_principal, flow.shape_window_max, flow.unmask_needed) == (9, 3600, True)
    assert (flow.break_glass, flow.remind) == (("corp/on-call",), 10)


@pytest.mark.parametrize(("text", "line", "code", "says", "hint"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_has_its_line_code_and_remedy(tmp_path, text, line, code, says, hint):
    with pytest.raises(ConfigProblems) as failure:
        load(tmp_path, SAMPLE + text)
    problem = next(one for one in failure.value.problems if one.code == code)
    assert problem.line == LINES + line, problem
    assert says in problem.message
    assert hint.lower() in problem.hint.lower()


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (HELD, 'unknown approval flow "dbaa"'),
        ('@id("x") permit (principal in Role::"orders-writr", action, resource);', 'unknown role "orders-writr"'),
    ],
)
def test_a_policy_that_names_a_flow_or_role_that_nobody_configured_is_a_mistake(tmp_path, policy, says):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "x.cedar").write_text(policy)
    with pytest.raises(PolicyProblems) as failure:
        load_engine(load(tmp_path, SAMPLE), SystemClock())
    assert says in failure.value.problems[0].message


def test_policies_may_name_what_is_configured(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "x.cedar").write_text(
        '@id("x") @approval("dba") forbid (principal, action == Action::"write", resource in Resource::"orders")\n'
        'unless { context.approvals.contains("dba") };\n'
        '@id("y") permit (principal in Role::"orders-writer", action, resource);\n'
    )
    assert len(load_engine(load(tmp_path, SAMPLE), SystemClock()).policies.rules) == 2
