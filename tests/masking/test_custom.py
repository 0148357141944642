"""Detectors of one's own: patterns, checks, words beside them, dictionaries, and what is refused."""

import time

import pytest

from yett.masking.detectors.custom import custom_detector
from yett.masking.scanner import scanner_of
from yett.masking.settings import DetectorSettings, MaskingSettings, MaskSettings
from yett.masking.spelling import misspellings


def found(settings: DetectorSettings, *values: str) -> list[tuple[str, str]]:
    """Return what one's own detector finds in some values."""
    joined = b"\0".join(value.encode() for value in values)
    scanner = scanner_of((custom_detector("badge", settings),))
    return [(joined[start:end].decode(), label) for start, end, label in scanner.find(joined)]


def test_a_pattern_is_found_and_labelled() -> None:
    settings = DetectorSettings(pattern=r"\bB-[0-9]{6}\b", label="employee")
    assert found(settings, "badge B-123456", "B-12", "B-654321") == [("B-123456", "employee"), ("B-654321", "employee")]


def test_its_ends_are_those_of_a_value() -> None:
    assert found(DetectorSettings(pattern=r"^[0-9]{4}$"), "1234", "x1234", "99", "5678") == [
        ("1234", "badge"),
        ("5678", "badge"),
    ]


def test_it_never_crosses_from_one_value_into_the_next() -> None:
    assert found(DetectorSettings(pattern=r"a[^b]*c"), "a x", "y c", "a1c") == [("a1c", "badge")]


def test_a_check_and_words_keep_look_alikes_out() -> None:
    luhn = DetectorSettings(pattern=r"\b[0-9]{10}\b", validator="luhn")
    assert found(luhn, "1234567897", "1234567890") == [("1234567897", "badge")]
    worded = DetectorSettings(pattern=r"\b[0-9]{5}\b", words=("Badge", "Ausweis"))
    assert found(worded, "badge 12345", "12345", "order 12345", "12345 is the AUSWEIS") == [("12345", "badge")] * 2


def test_a_dictionary_finds_whole_words_in_either_case_the_longest_first() -> None:
    names = DetectorSettings(dictionary=("Anna", "Anna Lena", "Weiß", "O'Brien"), label="name")
    assert found(names, "ANNA LENA and o'brien", "Annabel", "Herr Weiß") == [
        ("ANNA LENA", "name"),
        ("o'brien", "name"),
        ("Weiß", "name"),
    ]


def test_a_pattern_made_slow_by_a_text_masks_the_rest_instead() -> None:
    settings = DetectorSettings(pattern=r"a(?:[^b]*b)?")
    start = time.perf_counter()
    (*_, last) = found(settings, "a" * 200_000)
    assert time.perf_counter() - start < 5
    assert len(last[0]) > 100_000


@pytest.mark.parametrize(
    "settings",
    [
        DetectorSettings(),
        DetectorSettings(pattern="a", dictionary=("b",)),
        DetectorSettings(pattern="("),
        DetectorSettings(pattern="a*"),
        DetectorSettings(pattern="(?=a)"),
        DetectorSettings(pattern="a", validator="crc"),
        DetectorSettings(dictionary=("x" * 200,) * 1001),
    ],
)
def test_what_describes_nothing_that_can_be_found_is_refused(settings: DetectorSettings) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        custom_detector("badge", settings)


def test_a_label_spelled_almost_like_a_known_one_is_pointed_at() -> None:
    settings = MaskingSettings(
        data={"orders": {"public.a.b": "emial", "public.a.c": "salary", "unlabelled": "scanned"}},
        masks={"cards": MaskSettings(), "salary": MaskSettings()},
        detectors={"badge": DetectorSettings(pattern="x")},
    )
    assert [(one.path, one.meant) for one in misspellings(settings)] == [
        (("data", "orders", "public.a.b"), "email"),
        (("masks", "cards"), "card"),
    ]
