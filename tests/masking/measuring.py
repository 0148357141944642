"""Precision and recall of the detectors on the labelled set, and the table that the documents publish."""

from collections import Counter
from dataclasses import dataclass

from masking.labelled_set import Sample, positives
from masking.look_alikes import negatives
from yett.masking.scanner import scanner_of

LABELS = ("email", "card", "iban", "phone", "ip", "national_id", "secret")


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found of what was to be found, by kind; and of what was found what was right, by label."""

    planted: Counter[str]
    found: Counter[str]
    right: Counter[str]
    wrong: Counter[str]
    labels: dict[str, str]
    mistaken: tuple[tuple[str, str, str], ...]
    missed: tuple[Sample, ...]

    def recall(self, kind: str) -> float:
        """Return the share of values of a kind that were covered whole."""
        return self.found[kind] / self.planted[kind]

    def precision(self, label: str) -> float:
        """Return the share of finds with a label that were right."""
        return self.right[label] / max(1, self.right[label] + self.wrong[label])


def measured() -> Figures:
    """Search the whole labelled set."""
    scanner = scanner_of(())
    planted, found, right, wrong = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    labels: dict[str, str] = {}
    mistaken, missed = [], []
    for sample in (*positives(), *negatives()):
        data, value = sample.text.encode(), sample.value.encode()
        start = data.find(value)
        end = start + len(value)
        finds = scanner.find(data)
        covering = [one for one in finds if value and one[0] < end and one[1] > start and one[2] == sample.label]
        if value:
            labels[sample.kind] = sample.label
            planted[sample.kind] += 1
            whole = any(one[0] <= start and one[1] >= end for one in covering)
            found[sample.kind] += whole
            missed += [] if whole else [sample]
        for one in finds:
            (right if one in covering else wrong)[one[2]] += 1
            mistaken += [] if one in covering else [(sample.kind, one[2], data[one[0] : one[1]].decode())]
    return Figures(planted, found, right, wrong, labels, tuple(mistaken), tuple(missed))


def table(figures: Figures) -> str:
    """Return the table in Markdown."""
    lines = ["| label | precision | what | recall |", "|---|---|---|---|"]
    for label in LABELS:
        kinds = [kind for kind in figures.planted if figures.labels[kind] == label]
        for number, kind in enumerate(kinds):
            shown = (f"`{label}`", f"{figures.precision(label):.3f}") if not number else ("", "")
            lines.append(f"| {shown[0]} | {shown[1]} | {kind} | {figures.recall(kind):.3f} |")
    return "\n".join(lines)
