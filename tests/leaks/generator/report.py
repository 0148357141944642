"""The figures of one run of the generator, and the programs that something leaked through."""

import re
from collections import Counter
from dataclasses import dataclass, field

from leaks.generator.verdict import Outcome, Verdict

_SHOWN_MAX = 20
_WIDTH_MAX = 400


@dataclass(slots=True)
class Report:
    """What came out, counted; programs that leaked are kept."""

    seed: int
    counts: Counter[Outcome] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    unneeded: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    leaks: list[tuple[int, str, str]] = field(default_factory=list)
    changed: list[tuple[int, str]] = field(default_factory=list)
    covered: int = 0
    over_covered: int = 0

    def note(self, number: int, text: str, verdict: Verdict) -> None:
        """Count one program."""
        self.counts[verdict.outcome] += 1
        self.covered += verdict.covered
        self.over_covered += verdict.over_covered
        if verdict.changed:
            self.changed.append((number, text))
        if verdict.outcome in {Outcome.LEAKED, Outcome.BROKEN}:
            self.leaks.append((number, verdict.why, text))
        if verdict.outcome in {Outcome.REFUSED, Outcome.OVER_DENIED}:
            kind = _kind(verdict.why)
            self.refusals[kind] += 1
            if verdict.outcome is Outcome.OVER_DENIED:
                self.unneeded[kind] += 1
                if len(text) < len(self.examples.get(kind, text + " ")):
                    self.examples[kind] = text

    @property
    def total(self) -> int:
        """Return how many programs were run."""
        return self.counts.total()

    @property
    def over_denial(self) -> float:
        """Return which part of all programs was refused though nothing labelled could be told from the answer."""
        return self.counts[Outcome.OVER_DENIED] / max(1, self.total)

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        found = [f"{self.total:,} generated programs (seed {self.seed})"]
        found += [f"  {count:6,}  {outcome}" for outcome, count in self.counts.most_common()]
        found += [f"  {self.covered:6,}  output columns covered, {self.over_covered:,} of them alike on both sides"]
        found += [
            f"  {self.over_denial:6.1%}  of all programs refused without need (upper bound: by these two databases)"
        ]
        for kind, count in self.unneeded.most_common(12):
            found += [
                f"          {count:5,} of {self.refusals[kind]:,}: {kind}",
                f"                {self.examples[kind]}",
            ]
        for title, listed in (
            ("LEAKED", self.leaks),
            ("CHANGED beyond what is covered", [(n, "", text) for n, text in self.changed]),
        ):
            alike = Counter(_without_way(text) for _, _, text in listed)
            shown = {_without_way(text): (number, why, text) for number, why, text in reversed(listed)}
            for key, (number, why, text) in list(reversed(shown.items()))[:_SHOWN_MAX]:
                times = f", and {alike[key] - 1} times more" * (alike[key] > 1)
                found += [f"{title} (program {number}{times}) {why}", *(f"    {line}" for line in text.splitlines())]
            if len(shown) > _SHOWN_MAX:
                found += [f"… {len(shown) - _SHOWN_MAX:,} more {title}"]
        return [line if len(line) <= _WIDTH_MAX else line[:_WIDTH_MAX] + "…" for line in found]


def _without_way(text: str) -> str:
    return text.partition(";   -- ")[0]


def _kind(message: str) -> str:
    """Return what a refusal says was missing, without names of columns and labels."""
    parts = message.split("; ")
    said = parts[1] if len(parts) > 1 and parts[0].startswith("refused by the gate") else message
    said = re.sub(r"on ground_one(?=[/ ])(/[\w.]+)?", lambda found: f"on {'…' if found[1] else 'everything'}", said)
    return re.sub(r" \(policy version.*|, which is labelled.*", "", said)[:140]
