"""docs/policy.md's cases about labels hold for the policies that stand beside them."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from docs.sample import PROMPT, ROOT, opened_gate, said_by_psql
from yett.cli.policy import schema_of_everything
from yett.cli.policy_statements import understand
from yett.demo.place import Place
from yett.demo.target import Target
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


def test_what_is_usual_is_learnt_shown_and_forgotten_as_the_page_shows(tmp_path: Path, target: Target) -> None:
    shown = re.search(r"```console\n(\$ yett baseline .*?)```", PAGE, re.DOTALL)
    assert shown
    typed = [line.removeprefix("$ yett ") for line in shown[1].splitlines() if line.startswith("$ ")]
    with opened_gate(tmp_path, target) as place:
        statements = ["SELECT count(*) FROM orders;", "SELECT id FROM products WHERE id = 7;"]
        assert "(1 row)" in said_by_psql(place, target, "support-bot", [PROMPT + one for one in statements])
        told = [f"$ yett {one}\n{baseline(place, one)}" for one in typed]
    assert whatever_its_numbers("".join(told)) == whatever_its_numbers(shown[1])


def baseline(place: Place, command: str) -> str:
    words = [sys.executable, "-m", "yett", *shlex.split(command), "--config", str(place.config)]
    return subprocess.run(words, text=True, capture_output=True, timeout=60, check=True).stdout


def whatever_its_numbers(text: str) -> list[list[str]]:
    """Return the words of each line, without times and numbers."""
    plain = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d \w+", "<time>", text)
    return [re.sub(r"\b\d+\b", "<n>", line).split() if line[:1] != "$" else [line] for line in plain.splitlines()]


def test_a_cut_answer_is_told_as_the_page_shows() -> None:
    shown = re.search(r"<!-- cap -->\n```text\nWARNING:  (.*)\nHINT:  (.*)\n```", PAGE)
    assert shown
    cap = Cap(7, None)
    assert all(words.encode() in cap.completed("SELECT 9") for words in shown.groups())
