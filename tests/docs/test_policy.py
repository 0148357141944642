"""docs/policy.md's cases about labels hold for the policies that stand beside them."""

import re

from docs.sample import ROOT
from yett.cli.policy import schema_of_everything
from yett.cli.policy_statements import understand
from yett.policy.cases import run_cases
from yett.policy.loading import load_policies
from yett.protocols.postgres.capping import Cap

PAGE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
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


def test_a_cut_answer_is_told_as_the_page_shows() -> None:
    shown = re.search(r"<!-- cap -->\n```text\nWARNING:  (.*)\nHINT:  (.*)\n```", PAGE)
    assert shown
    cap = Cap(7, None)
    assert all(words.encode() in cap.completed("SELECT 9") for words in shown.groups())
