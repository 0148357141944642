"""`yett policy …`: its output, its JSON, its exit status."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yett.cli.policy import app
from yett.core.errors import ConfigError, YettError

ROOT = Path(__file__).parents[2]
CONFIG = """
[identity.oidc.corp]
issuer = "https://login.example.com"
audience = "yett"
claims = { team = "org.team" }
[resources.orders]
protocol = "postgres"
address = "127.0.0.1:5432"
env = "prod"
credential = { from = "env", user = "U", password = "P" }
[resources.reports]
protocol = "postgres"
address = "127.0.0.1:5432"
env = "prod"
credential = { from = "env", user = "U", password = "P" }
[approvals.dba]
reviewers = ["corp/dba"]
[access.payroll-reader]
requestable_by = ["corp/support-agents"]
approval = "dba"
max = "1h"
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("YETT_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "yett.toml").write_text(CONFIG)
    (tmp_path / "policies").mkdir()
    for path in (ROOT / "policies").iterdir():
        (tmp_path / "policies" / path.name).write_text(path.read_text("utf-8"))
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def test_the_sample_policies_pass_their_own_cases_and_leave_none_untested(place):
    result = run("test")
    assert result.exit_code == 0
    assert result.output.endswith("all passed\n")
    assert "not tested" not in result.output


def test_a_case_that_fails_ends_with_status_one(place):
    cases = place / "policies" / "orders.test.toml"
    cases.write_text(cases.read_text().replace('expect = "deny"', 'expect = "allow"', 1))
    result = run("test")
    assert result.exit_code == 1
    assert "FAIL" in result.output
    assert "expected allow, got deny" in result.output


def test_results_can_be_read_by_programs(place):
    found = json.loads(run("test", "--json", "staff").output)
    assert found["passed"]
    assert {case["got"] for case in found["cases"]} == {"deny"}
    assert found["cases"][0]["file"] == "orders.test.toml"


def test_why_explains_and_can_be_read_by_programs(place):
    words = ("why", "--principal", "ana", "--resource", "orders", "--effect", "read", "--target", "public.customers")
    assert run(*words).output.startswith("ALLOW")
    found = json.loads(run(*words, "--json").output)
    assert (found["decision"], found["accesses"][0]["policies"][0]["id"]) == ("allow", "support-reads-orders")


def test_why_takes_claims_facts_approvals_and_another_env(place):
    (place / "policies" / "orders.cedar").write_text(
        """permit (principal in Role::"payroll-reader", action, resource) when { principal.claims.team == "red" &&
        context.operation.kind == "DELETE" && context.approvals.contains("dba") && resource.env == "dev" &&
        context.client_address.isInRange(ip("192.0.2.0/24")) };"""
    )
    words = "why --principal corp/x --role payroll-reader --resource orders --effect write --target public.t"
    words += " --claim team=red --fact kind=DELETE --approval dba --env dev --address 192.0.2.7"
    assert run(*words.split()).output.startswith("ALLOW")
    assert run(*words.replace("red", "blue").split()).output.startswith("DENY")


def test_the_hint_of_a_refusal_is_a_command_that_runs(place):
    words = (
        "why",
        "--principal",
        "ana",
        "--resource",
        "orders",
        "--effect",
        "read",
        "--target",
        "hr.employees",
        "--json",
    )
    import shlex

    hint = json.loads(run(*words).output)["hint"]
    command = shlex.split(hint.removeprefix("ask why: yett policy "))
    assert "corp/support-agents" in command
    assert run(*command).output.startswith("DENY no_policy_permits")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--principal anna --resource orders --effect read", "no principal is called"),
        ("--principal ana --resource order --effect read", "no resource is called"),
        ("--principal ana --resource orders --effect reed", "no effect is called"),
        ("--principal ana --resource orders --effect read --claim teem=x", "does not give a declared name"),
    ],
)
def test_what_cannot_be_read_is_named_with_a_suggestion(place, words, said):
    with pytest.raises(YettError, match=said) as caught:
        run("why", *words.split())
    assert caught.value.hint


def test_names_are_checked_against_the_settings(place):
    (place / "policies" / "x.cedar").write_text('permit (principal in Group::"crop/x", action, resource);')
    with pytest.raises(ConfigError, match=r'x\.cedar:1:29: unknown identity provider "crop"'):
        run("test")


def test_the_schema_is_printed_with_the_claims_that_are_mapped(place):
    assert "claims: { team: String }" in run("schema").output
    assert json.loads(run("schema", "--json").output)["schema"].startswith("// Generated")


def test_without_settings_the_policies_beside_are_used(place):
    (place / "yett.toml").unlink()
    assert run("test").exit_code == 0


def test_every_command_explains_itself_with_an_example():
    for name in ("test", "why", "schema"):
        assert "xample" in run(name, "--help").output


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("SELECT * FROM customers", "ALLOW"),
        ("SELECT * FROM pg_stat_activity", "DENY no_policy_permits: no policy permits administer on orders/pg_catalog"),
        ("DROP TABLE customers", "DENY policy_forbids: schema changes go through migrations"),
        ("SELEC 1", "DENY syntax_error"),
        ("SELECT 1; DROP TABLE customers", "DENY policy_forbids"),
    ],
)
def test_a_statement_is_explained_by_its_text(place, sql, shown):
    assert run("why", "--principal", "ana", "--resource", "orders", "--sql", sql).output.startswith(shown)


def test_nothing_asked_is_said_so(place):
    with pytest.raises(YettError, match="nothing is asked"):
        run("why", "--principal", "ana", "--resource", "orders")


def test_warnings_are_said_and_no_cases_too(place):
    for cases in (place / "policies").glob("*.test.toml"):
        cases.unlink()
    (place / "policies" / "x.cedar").write_text(
        'forbid (principal, action, resource) unless { context.approvals.contains("dba") };'
    )
    result = run("test")
    assert result.exit_code == 0
    assert "no cases" in result.stdout
    assert "warning: x.cedar:1:1" in result.stderr
