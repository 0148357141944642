"""docs/identity.md keeps up with the code."""

import re
from pathlib import Path

import pytest

from yett.identity.refusals import HINTS, REFUSALS, refusal

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "identity.md"
CODE = "\n".join(
    one.read_text() for one in (ROOT / "src" / "yett" / "identity").glob("*.py") if one.name != "refusals.py"
)


@pytest.mark.parametrize("code", REFUSALS)
def test_every_reason_to_refuse_is_documented_in_its_own_words(code):
    assert f"| `{code}` | {REFUSALS[code]} |" in PAGE.read_text()


@pytest.mark.parametrize("code", REFUSALS)
def test_every_reason_to_refuse_is_used(code):
    assert f'"{code}"' in CODE


def test_every_hint_belongs_to_a_reason():
    assert HINTS.keys() <= REFUSALS.keys()


def test_no_unknown_reason_is_given():
    assert set(re.findall(r'refusal\("(\w+)"', CODE)) <= REFUSALS.keys()


def test_a_reason_says_what_to_do_next():
    assert "clock" in refusal("token_expired").hint
