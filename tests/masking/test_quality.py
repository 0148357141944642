"""How much the detectors find, how much of what they find is right, and whether the documents say so."""

from pathlib import Path

import pytest

from masking.measuring import LABELS, Figures, measured, table

DOCUMENT = Path(__file__).parents[2] / "docs" / "masking.md"

# A bare part number such as 415-555-0132 cannot be told from a telephone's: the one look-alike that is let through.
PRECISION_MIN = {"phone": 0.88, "card": 0.97}
RECALL_MIN = 0.97


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measured()


@pytest.mark.parametrize("label", LABELS)
def test_what_is_found_is_right(figures: Figures, label: str) -> None:
    wrong = [(kind, text) for kind, found, text in figures.mistaken if found == label]
    assert figures.precision(label) >= PRECISION_MIN.get(label, 0.99), wrong[:5]


def test_what_is_there_is_found(figures: Figures) -> None:
    low = {kind: figures.recall(kind) for kind in figures.planted if figures.recall(kind) < RECALL_MIN}
    assert low == {}, [one.text for one in figures.missed][:5]


def test_the_documents_publish_these_figures(figures: Figures) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert table(figures) in text, "write into docs/masking.md what tests/masking/measuring.py says"
