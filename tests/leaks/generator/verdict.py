"""What one generated program showed: whether something leaked, and whether a refusal was needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from leaks.generator.answers import Answer, difference
from leaks.generator.programs import Program

REFUSED = "42501"


class Outcome(StrEnum):
    """How a program came out."""

    LEAKED = "leaked"
    LIMIT = "differs by a limit that docs/masking.md names"
    SHOWN = "shown"
    REFUSED = "refused, as it must be"
    OVER_DENIED = "refused without need"
    FAILED = "failed on both sides alike"
    BROKEN = "the session was ended"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one program. `covered` and `over_covered` count output columns of what was shown."""

    outcome: Outcome
    why: str = ""
    covered: int = 0
    over_covered: int = 0
    changed: bool = False
    """Something that is in the clear differs from the direct answer, beyond being covered."""


def judge(program: Program, gate: Sequence[list[Answer]], direct: Sequence[list[Answer]]) -> Verdict:
    """Judge what a client saw at both sides through the gate, by what both sides answer directly."""
    told = difference(*gate)
    if told:
        return Verdict(Outcome.LIMIT if program.limit else Outcome.LEAKED, told)
    last = gate[0][-1]
    if last.sqlstate == REFUSED:
        needed = revealing(program, *direct)
        return Verdict(Outcome.REFUSED if needed else Outcome.OVER_DENIED, last.message)
    if last.error:
        return Verdict(Outcome.FAILED, last.message)
    return _covering(gate[0], direct)


def revealing(program: Program, one: Sequence[Answer], other: Sequence[Answer]) -> str:
    """Say what tells both direct answers apart although every output column with labelled data in it is left out."""
    tainted = {number for number, column in enumerate(program.columns) if column.tainted}
    without = [[_without(answer, tainted) for answer in side] for side in (one, other)]
    return difference(*without)


def _without(answer: Answer, places: set[int]) -> Answer:
    kept = [n for n in range(answer.width) if n not in places]
    return Answer(
        tuple(answer.names[n] for n in kept),
        tuple(answer.types[n] for n in kept),
        tuple(tuple(row[n] for n in kept) for row in answer.rows),
        answer.tag,
        answer.error,
        answer.notices,
    )


def _covering(shown: list[Answer], direct: Sequence[list[Answer]]) -> Verdict:
    covered = over = 0
    changed = len(shown) != len(direct[0])
    for ours, one, other in zip(shown, *direct, strict=False):
        if (ours.tag, ours.names, ours.types, len(ours.rows)) != (one.tag, one.names, one.types, len(one.rows)):
            changed = True
            continue
        for number in range(ours.width):
            if ours.column(number) != one.column(number):
                covered += 1
                over += one.column(number) == other.column(number)
    return Verdict(Outcome.SHOWN, "", covered, over, changed)
