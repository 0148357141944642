"""What the documents show of yett.toml, policies and exit statuses is what the gate takes."""

import re
from pathlib import Path

import pytest

from yett.app.policies import load_engine
from yett.cli import output
from yett.config import load_config
from yett.core.clock import SystemClock

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.fixture
def started(tmp_path):
    (tmp_path / "yett.toml").write_text(blocks("getting-started.md", "toml")[0])
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "orders.cedar").write_text(blocks("getting-started.md", "cedar")[0])
    return tmp_path


def test_the_first_settings_and_policies_load(started):
    engine = load_engine(load_config(started / "yett.toml"), SystemClock())
    assert [rule.id for rule in engine.policies.rules][1:] == ["no-payroll"]
    assert engine.policies.warnings == ()


def test_the_settings_of_a_deployment_load(started):
    own, *more = blocks("deployment.md", "toml")
    (started / "own.toml").write_text(own)
    load_config(started / "own.toml")
    first = (started / "yett.toml").read_text()
    for block in more:
        (started / "yett.toml").write_text(f"{first}\n{block}")
        load_config(started / "yett.toml")


def test_every_exit_status_is_in_the_table():
    page = (DOCS / "getting-started.md").read_text(encoding="utf-8")
    statuses = {value for name, value in vars(output).items() if name.startswith("EXIT_")}
    assert {f"| {status} |" for status in statuses if f"| {status} |" not in page} == set()


def test_links_between_the_documents_lead_somewhere():
    for page in ("getting-started.md", "deployment.md"):
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (DOCS / page).read_text(encoding="utf-8")):
            assert (DOCS / link).exists(), f"{page}: {link}"
