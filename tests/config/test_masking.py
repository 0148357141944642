"""What yett.toml says of data is read whole, and every mistake in it is found before it is live."""

from pathlib import Path

import pytest

from yett.config import ConfigProblems, load_config

RESOURCE = """
[resources.orders]
protocol = "postgres"
address = "db.internal:5432"
credential = { from = "env", user = "ORDERS_USER", password = "ORDERS_PASSWORD" }
"""
GOOD = """
[data.orders]
unlabelled = "scanned"
comments = "pii:"
"public.customers.email" = "email"
"public.*.phone" = "phone"
'"My Schema"."a.b".c' = "card"
"type:citext" = "email"
"public.customers.public_email" = ""

[masks.email]
style = "token"
scope = "principal"

[detectors.ipv4]
enabled = false

[detectors.email]
label = "mail"

[detectors.customer_number]
pattern = 'C-[0-9]{8}'
words = ["customer"]
"""
MISTAKES = [
    ("[data.order]\n", 1, "config_unknown_name", 'no resource "order"', 'did you mean "orders"?'),
    ("[data.orders]\nunlabelled = 'close'\n", 2, "config_invalid_value", '"close"', 'did you mean "closed"?'),
    ("[data.orders]\nunlabeled = 'closed'\n", 2, "config_unknown_key", '"unlabeled"', 'did you mean "unlabelled"?'),
    ("[data.orders]\n\nemail = 'email'\n", 3, "config_unknown_key", "names no column", "schema.table.column"),
    ("[data.orders]\n'customers.email' = 'email'\n", 2, "config_invalid_value", "names no column", "quotes"),
    ("[data.orders]\n'a.b.c.d' = 'email'\n", 2, "config_invalid_value", "names no column", "quotes"),
    ("[data.orders]\n'a.b.c' = 'E-Mail!'\n", 2, "config_invalid_value", "cannot be a label", "lower-case"),
    ("[data.orders]\n'a.b.c' = 3\n", 2, "config_invalid_value", "expected a text", ""),
    ("[masks.Card]\n", 1, "config_invalid_value", "cannot be a label", "lower-case"),
    ("[masks.card]\nstyle = 'partly'\n", 2, "config_invalid_value", "partly", "redact"),
    ("[masks.card]\nstile = 'null'\n", 2, "config_unknown_key", '"stile"', 'did you mean "style"?'),
    ("[detectors.x]\npattern = '('\n", 2, "config_bad_pattern", "", "RE2"),
    ("[detectors.x]\n", 1, "config_bad_pattern", "write a `pattern`", ""),
    ("[detectors.x]\npattern = 'a'\nvalidator = 'lun'\n", 2, "config_bad_pattern", "lun", ""),
    ("[detectors.x]\npattern = 'a'\nlabel = '?'\n", 3, "config_invalid_value", "cannot be a label", ""),
    ("[detectors.'a b']\npattern = 'a'\n", 1, "config_invalid_value", "cannot be a label", "give it a `label`"),
    ("[detectors.emial]\nenabled = false\n", 1, "config_unknown_name", '"emial"', 'did you mean "email"?'),
    ("[detectors.email]\npattern = 'a'\n", 1, "config_invalid_value", "is a detector of the gate", "enabled = false"),
]


def loaded(tmp_path: Path, text: str):
    path = tmp_path / "yett.toml"
    path.write_text(text)
    return load_config(path)


def test_labels_masks_and_detectors_are_read(tmp_path: Path) -> None:
    masking = loaded(tmp_path, RESOURCE + GOOD).settings.masking
    assert masking.data["orders"]["public.customers.email"] == "email"
    assert masking.masks["email"].scope == "principal"
    assert masking.detectors["customer_number"].words == ("customer",)


def test_nothing_has_to_be_said(tmp_path: Path) -> None:
    settings = loaded(tmp_path, RESOURCE).settings
    assert settings.masking.data == {}


@pytest.mark.parametrize(("text", "line", "code", "message", "hint"), MISTAKES, ids=[one[0] for one in MISTAKES])
def test_a_mistake_is_pointed_at(tmp_path: Path, text: str, line: int, code: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        loaded(tmp_path, text + RESOURCE)
    problem = caught.value.problems[0]
    assert (problem.line, problem.code) == (line, code)
    assert message in problem.message
    assert hint in problem.hint
