"""Compares what an analyst got through the gate with the direct answer, cell by cell."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from leaks.everyday.corpus import Case
from leaks.generator.answers import Answer, Cells

REFUSED = "42501"
# What may be more than words: an at sign, many digits, a long run as keys have.
_SUSPICIOUS = re.compile(rb"@|\d(?:[ ./-]?\d){5,}|[A-Za-z0-9_-]{20,}")


class Outcome(StrEnum):
    """How one case came out."""

    WORKS = "works"
    AS_DESIGNED = "refused by design"
    OVER_DENIED = "refused, though nothing labelled could be told from it"
    OVER_COVERED = "works, but more is covered than need be"
    LEAKED = "LEAKED"
    LET_THROUGH = "LET THROUGH, though it should be refused"
    WRONG = "WRONG: differs from the direct answer"


BAD = frozenset({Outcome.LEAKED, Outcome.LET_THROUGH, Outcome.WRONG})
"""What must never be. The other outcomes are counted and published."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a case, and what it was seen by."""

    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges answers; `secrets` are all labelled values by label."""

    secrets: Mapping[str, frozenset[bytes]]

    def finding(self, case: Case, gate: Sequence[Answer], direct: Sequence[Answer]) -> Finding:
        """Return how a case came out in one way of sending it."""
        last = gate[-1]
        if direct[-1].error:
            return Finding(Outcome.WRONG, f"directly it fails: {direct[-1].message}")
        if case.refused:
            if last.sqlstate != REFUSED:
                return Finding(Outcome.LET_THROUGH, last.message or last.tag)
            return Finding(Outcome.AS_DESIGNED, last.message)
        if last.sqlstate == REFUSED:
            return Finding(Outcome.OVER_DENIED, last.message)
        if len(gate) != len(direct):
            return Finding(Outcome.WRONG, f"{len(gate)} answers instead of {len(direct)}: {last.message}")
        worst = Finding(Outcome.WORKS)
        for ours, theirs in zip(gate, direct, strict=True):
            found = self._one(case, _uncopied(ours), _uncopied(theirs))
            if found.outcome is not Outcome.WORKS and worst.outcome not in BAD:
                worst = found
        return worst

    def _one(self, case: Case, ours: Answer, theirs: Answer) -> Finding:
        heads = [(one.tag, one.error, one.names, one.types, one.origins, len(one.rows)) for one in (ours, theirs)]
        if heads[0] != heads[1]:
            return Finding(Outcome.WRONG, f"{heads[0]} instead of {heads[1]}")
        for number, name in enumerate(ours.names):
            found = self._column(case, name, ours.column(number), theirs.column(number))
            if found.outcome is not Outcome.WORKS:
                return found
        return Finding(Outcome.WORKS)

    def _column(self, case: Case, name: str, ours: Cells, theirs: Cells) -> Finding:
        if name in case.scans:
            if told := self._told(ours, ("email", "card", "phone")):
                return Finding(Outcome.LEAKED, f"{name}: {told}")
            return _scanned(name, ours, theirs)
        if told := self._told(ours, tuple(self.secrets)):
            return Finding(Outcome.LEAKED, f"{name}: {told}")
        if name in case.covers:
            clear = sum(one == other and one is not None for one, other in zip(ours, theirs, strict=True))
            return Finding(Outcome.LEAKED, f"{name}: {clear} cells are as they were") if clear else _works()
        if ours != theirs:
            place = next(n for n, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1])
            return Finding(Outcome.OVER_COVERED, f"{name}: {ours[place]!r} instead of {theirs[place]!r}")
        return _works()

    def _told(self, cells: Cells, labels: Sequence[str]) -> str:
        joined = b"\0".join(cell for cell in cells if cell is not None)
        for label in labels:
            if any(secret in joined for secret in self.secrets[label]):
                return f"a whole {label} in the clear"
        return ""


def _scanned(name: str, ours: Cells, theirs: Cells) -> Finding:
    """Judge cells that detectors look into: where nothing could be found, nothing may have changed."""
    for one, other in zip(ours, theirs, strict=True):
        if one != other and not _SUSPICIOUS.search(other or b""):
            return Finding(Outcome.OVER_COVERED, f"{name}: {one!r} instead of {other!r}")
    return _works()


def _works() -> Finding:
    return Finding(Outcome.WORKS)


def _uncopied(answer: Answer) -> Answer:
    """Return what COPY sent as rows: CSV with a header by names, text by numbers."""
    if answer.names != ("copied",):
        return answer
    text = b"".join(row[0] or b"" for row in answer.rows).decode()
    if "\t" in text:
        rows = [line.split("\t") for line in text.splitlines()]
        names = tuple(f"column {number}" for number in range(1, len(rows[0]) + 1))
    else:
        first, *rows = csv.reader(io.StringIO(text))
        names = tuple(first)
    cells = tuple(tuple(cell.encode() for cell in row) for row in rows)
    return replace(answer, names=names, types=(), rows=cells)
