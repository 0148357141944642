"""docs/policy.md's cases about labels hold for the policies that stand beside them."""

import re

from docs.sample import ROOT
from yett.cli.policy import schema_of_everything
from yett.cli.policy_statements import understand
from yett.policy.cases import run_cases
from yett.policy.loading import load_policies
from yett.protocols.postgres.capping import Cap

PAGE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
NOVEL = """
[resources.orders]
env = "prod"
[principals.bot]
id = "corp/bot"
kind = "Agent"
[principals.ana]
id = "corp/ana"
[[case]]
name = "an agent's new act waits"
principal = "bot"
resource = "orders"
effect = ["read", "write"]
target = "public.orders"
novel = true
expect = "hold"
flows = ["dba"]
[[case]]
name = "what it did before passes"
principal = "bot"
resource = "orders"
effect = ["read", "write"]
target = "public.orders"
expect = "allow"
[[case]]
name = "people are not asked about"
principal = "ana"
resource = "orders"
effect = "read"
target = "public.orders"
novel = true
expect = "allow"
"""
SECTION = PAGE.partition("\n## Columns and labels\n")[2].partition("\n## ")[0]


def test_the_cases_about_labels_hold_for_the_policies_of_their_section() -> None:
    policies = "\n".join(
        re.findall(r"```cedar\n(.*?)```", SECTION.partition("Who is permitted **everything**")[0], re.DOTALL)
    )
    cases = re.search(r"<!-- labels -->\n```toml\n(.*?)```", SECTION, re.DOTALL)
    assert cases
    engine = load_policies({"page.cedar": policies}, schema_of_everything())
    report = run_cases({"page.test.toml": cases[1]}, engine, {}, understand)
    assert [(result.case.name, result.faults) for result in report.results if result.faults] == []
    assert len(report.results) >= cases[1].count("[[case]]")


def test_what_is_new_is_held_by_the_policy_of_the_page() -> None:
    policy = re.search(r"<!-- novel -->\n```cedar\n(.*?)```", PAGE, re.DOTALL)
    assert policy
    permit = 'permit (principal, action, resource in Schema::"orders/public");'
    engine = load_policies({"page.cedar": permit + policy[1]}, schema_of_everything())
    report = run_cases({"page.test.toml": NOVEL}, engine, {}, understand)
    assert [(result.case.name, result.faults) for result in report.results if result.faults] == []
    assert engine.asks_novelty


def test_a_cut_answer_is_told_as_the_page_shows() -> None:
    shown = re.search(r"<!-- cap -->\n```text\nWARNING:  (.*)\nHINT:  (.*)\n```", PAGE)
    assert shown
    cap = Cap(7, None)
    assert all(words.encode() in cap.completed("SELECT 9") for words in shown.groups())
