"""Which label a column has: exact names, patterns, types and comments, and which of them wins."""

import pytest

from yett.masking.labels import UNNAMED, Labelling, Unlabelled, column_parts, is_label


def test_an_exact_name_beats_a_pattern_and_a_fuller_pattern_beats_a_barer_one() -> None:
    labelling = Labelling({"*.*.email": "contact", "public.*.email": "email", "public.staff.email": "work"})
    assert labelling.label_of("public", "staff", "email") == "work"
    assert labelling.label_of("public", "customers", "email") == "email"
    assert labelling.label_of("crm", "leads", "email") == "contact"
    assert labelling.label_of("public", "customers", "name") == ""


def test_names_are_taken_as_the_catalog_has_them() -> None:
    labelling = Labelling({'public."odd.table"."E""mail"': "email", "public.t.Name": "name"})
    assert labelling.label_of("public", "odd.table", 'E"mail') == "email"
    assert labelling.label_of("public", "t", "name") == ""


def test_a_type_labels_whatever_no_name_does() -> None:
    labelling = Labelling({"type:citext": "email", "public.t.code": "", "type:character varying": "text"})
    assert labelling.label_of("public", "t", "c", "public.citext") == "email"
    assert labelling.label_of("public", "t", "c", "citext[]") == "email"
    assert labelling.label_of("public", "t", "c", "character varying(80)") == "text"
    assert labelling.label_of("public", "t", "code", "citext") == ""


@pytest.mark.parametrize(
    ("comment", "label"),
    [("yett:email", "email"), ("the address. yett: Email, do not export", "email"), ("yett:", UNNAMED), ("mail", "")],
)
def test_a_comment_can_add_a_label(comment: str, label: str) -> None:
    assert Labelling({}).label_of("public", "t", "c", "text", comment) == label


def test_a_comment_never_takes_a_label_away_or_changes_it() -> None:
    labelling = Labelling({"public.t.c": "card"})
    assert labelling.label_of("public", "t", "c", "text", "yett:email") == "card"
    assert labelling.label_of("public", "t", "c", "text", "yett:") == "card"
    assert Labelling({"comments": ""}).label_of("public", "t", "c", "text", "yett:email") == ""


def test_without_settings_nothing_is_labelled_and_all_is_open() -> None:
    labelling = Labelling()
    assert not labelling.has_labels
    assert labelling.unlabelled is Unlabelled.OPEN
    assert labelling.label_of("public", "t", "email", "text", "yett:email") == ""


def test_a_section_means_scanned_unless_it_says_otherwise() -> None:
    assert Labelling({}).unlabelled is Unlabelled.SCANNED
    assert Labelling({}).has_labels
    assert not Labelling({"unlabelled": "open", "comments": ""}).has_labels
    assert Labelling({"unlabelled": "closed"}).unlabelled is Unlabelled.CLOSED


@pytest.mark.parametrize("key", ["email", "t.email", "a.b.c.d", "a..c", "a.b.", '"a.b.c', ""])
def test_a_key_that_is_no_column_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no column"):
        column_parts(key)


def test_labels_are_plain_words() -> None:
    assert is_label("national_id")
    assert not any(is_label(text) for text in ("", "E-mail", "1x", 'a"b', "a" * 33, "a\n"))
