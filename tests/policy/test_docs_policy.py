"""docs/policy.md is true: its policies load, its mistakes are reported as printed, its commands print what it shows."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yett.cli.policy import app, schema_of_everything
from yett.cli.policy_statements import understand
from yett.core.ids import SessionId
from yett.core.operations import Operation
from yett.core.principals import Principal, PrincipalKind
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Access, Effect, Resource, Target
from yett.policy.cases import run_cases
from yett.policy.deny_list import DenyList, DenyRule
from yett.policy.loading import load_policies, read_policies
from yett.policy.problems import PolicyProblems

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "policy.md").read_text("utf-8")
BLOCKS = re.findall(r"(?:<!-- (\w+) -->\n)?```(\w+)\n(.*?)```", PAGE, re.DOTALL)


def blocks(language, mark=""):
    found = [body for marked, kind, body in BLOCKS if kind == language and marked == mark]
    assert found
    return found


@pytest.fixture(scope="module")
def schema():
    return schema_of_everything()


@pytest.mark.parametrize("policy", blocks("cedar"))
def test_policies_in_the_page_load(schema, policy):
    assert read_policies({"example.cedar": policy}, schema).warnings == ()


def test_mistakes_in_the_page_are_reported_as_it_shows(schema):
    with pytest.raises(PolicyProblems) as caught:
        load_policies({"example.cedar": blocks("cedar", "wrong")[0]}, schema)
    shown = [f"{one} ({one.hint})" if one.hint else str(one) for one in caught.value.problems]
    assert shown == blocks("text")[0].splitlines()


def test_a_refused_filter_is_told_as_the_page_shows(schema):
    engine = load_policies({"page.cedar": next(one for one in blocks("cedar") if "corp/analysts" in one)}, schema)
    principal = Principal(PrincipalKind.USER, "corp", "ana", "Ana", frozenset({"corp/support-agents"}))
    session = Session(SessionId("s"), principal, Resource("orders", "postgres"), ClientFacts("127.0.0.1"), 0.0)
    email = Target("orders", "Column", ("public", "customers", "email"), "email")
    verdict = engine.decide(session, Operation("postgres", "SELECT", "", (Access(Effect.FILTER, email),))).verdict
    reason, hint = blocks("text", "refusal")[0].splitlines()
    assert verdict.reason == reason
    assert verdict.hint.startswith(hint.removesuffix(" …"))


def test_cases_in_the_page_hold_for_the_sample_policies(schema):
    engine = load_policies(ROOT / "policies", schema)
    report = run_cases({"page.test.toml": blocks("toml", "cases")[0]}, engine, {}, understand)
    assert [result.faults for result in report.results] == [()] * 4


def test_the_deny_list_in_the_page_compiles():
    for name, rule in tomllib.loads(blocks("toml", "deny")[0])["deny"].items():
        assert DenyList([DenyRule(name, **rule)])


@pytest.mark.parametrize("transcript", [one for one in blocks("console") if one.startswith("$ yett policy ")])
def test_commands_in_the_page_print_what_it_shows(transcript, monkeypatch, tmp_path):
    (tmp_path / "policies").symlink_to(ROOT / "policies")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    command, _, expected = transcript.partition("\n")
    words = shlex.split(command.removeprefix("$ yett policy "))
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert re.sub(r"\(policies \w+\)", "(policies <version>)", result.output) == expected


def test_every_code_and_annotation_is_in_the_page():
    from yett.policy.rules import ANNOTATIONS, OBLIGATIONS
    from yett.policy.schema import ACTIONS

    for word in (*ANNOTATIONS, *OBLIGATIONS, *ACTIONS):
        assert word in PAGE
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "src/yett/policy").glob("*.py"))
    for code in re.findall(r'(?:Deny|not_judged)\(\s*"(\w+)"', sources):
        assert f"`{code}`" in PAGE, code
