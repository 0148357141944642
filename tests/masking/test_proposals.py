"""What is proposed from samples: by values, by names, with counts and never a value."""

import tomllib

import pytest

from yett.demo.sample import Sizes, tables
from yett.masking.labels import Labelling
from yett.masking.proposals import ColumnSample, label_by_name, proposals, render
from yett.masking.scanner import scanner_of

SCANNER = scanner_of(())
CUSTOMERS = ("id", "name", "email", "phone", "country", "national_id", "born", "street", "postcode", "city", "m", "at")
TICKETS = ("id", "customer_id", "subject", "body", "open", "opened_at")


def sample(table: str, names: tuple[str, ...]) -> list[ColumnSample]:
    """Return the quick start's rows as samples of columns."""
    rows = list(dict(tables(1, Sizes(200, 5, 200, 100, 5, 1)))[table])
    columns = zip(*rows, strict=True)
    return [
        ColumnSample("public", table, name, "text", [str(value).encode() for value in values])
        for name, values in zip(names, columns, strict=True)
    ]


def proposed(samples: list[ColumnSample], **settings: str) -> dict[str, tuple[str, bool]]:
    """Return the proposed labels by column, and whether they are sure."""
    return {one.column: (one.label, one.sure) for one in proposals(samples, SCANNER, Labelling(settings))}


def test_columns_of_the_sample_are_called_what_they_are_and_the_others_are_left_alone() -> None:
    assert proposed(sample("customers", CUSTOMERS)) == {
        "email": ("email", True),
        "phone": ("phone", True),
        "national_id": ("national_id", True),
    }


def test_free_text_with_sensitive_values_in_it_is_pointed_at_and_not_sure() -> None:
    found = proposed(sample("support_tickets", TICKETS))
    assert set(found) <= {"body", "subject"}
    assert found["body"][1] is False


def test_a_column_that_has_a_label_is_not_proposed() -> None:
    settings = {"public.customers.email": "email"}
    labelling = Labelling(settings)
    found = [one.column for one in proposals(sample("customers", CUSTOMERS), SCANNER, labelling)]
    assert found == ["phone", "national_id"]


def test_the_name_alone_is_a_hint_for_a_person() -> None:
    empty = ColumnSample("public", "users", "password_hash", "text", [b"$2b$12$abcdefgh"])
    (one,) = proposals([empty], SCANNER, Labelling({}))
    assert (one.label, one.sure, one.named, one.whole) == ("secret", False, True, 0)


def test_what_is_rendered_is_toml_to_accept_and_holds_no_value() -> None:
    samples = [*sample("customers", CUSTOMERS), *sample("support_tickets", TICKETS)]
    odd = ColumnSample("public", 'we"ird.table', "e mail", "text", [b"a.b@shop.example"] * 3)
    text = render("orders", proposals([*samples, odd], SCANNER, Labelling({})))
    data = tomllib.loads(text)["data"]["orders"]
    assert data["public.customers.email"] == "email"
    labelling = Labelling(data)
    assert labelling.label_of("public", 'we"ird.table', "e mail") == "email"
    values = {
        value.decode() for one in samples if one.column in {"email", "phone", "national_id"} for value in one.values
    }
    assert not [value for value in values if value in text]
    assert "200 of 200 values (100%)" in text


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("email", "email"),
        ("customer_email", "email"),
        ("CardNumber", "card"),
        ("ssn", "national_id"),
        ("mobile", "phone"),
        *((name, "") for name in ("total", "company", "discard", "telegraph", "description", "shipment")),
    ],
)
def test_names_of_columns_are_hints(column: str, label: str) -> None:
    assert label_by_name(column) == label
