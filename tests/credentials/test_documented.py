"""docs/credentials.md is true: its settings load, and it knows every source and every code."""

import re
from pathlib import Path
from typing import get_args

from yett.config import load_config
from yett.credentials.settings import CredentialSettings
from yett.credentials.vault_access import _CAUSES
from yett.credentials.vault_settings import VaultAuth

PAGE = (Path(__file__).parents[2] / "docs" / "credentials.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_settings_load(tmp_path):
    leased, vault = FENCED.findall(PAGE)
    for number, text in enumerate((leased, leased.partition("[resources.orders.credential]")[0] + vault)):
        (tmp_path / f"{number}.toml").write_text(text)
        assert load_config(tmp_path / f"{number}.toml").settings.resources["orders"].credential


def test_every_source_sign_in_and_cause_is_named():
    tags = {one.__struct_config__.tag for one in get_args(CredentialSettings)}
    assert {tag for tag in tags if f'`"{tag}"`' not in PAGE} == set()
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert {one.__struct_config__.tag for one in get_args(VaultAuth)} <= rows
    assert {cause.code for cause in _CAUSES.values()} <= rows
