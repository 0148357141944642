"""Runs the everyday statements directly and through the gate, and says which of them work."""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from leaks.everyday.corpus import Case, cases
from leaks.everyday.judging import BAD, Finding, Judge, Outcome
from leaks.everyday.place import Place, place
from leaks.generator.answers import Answer, Client

WAYS = ("simple", "extended", "binary", "prepared")


@dataclass(slots=True)
class Report:
    """All cases with what came of them."""

    found: list[tuple[Case, str, Finding]] = field(default_factory=list)

    @property
    def counts(self) -> Counter[Outcome]:
        """Return how many cases came out how."""
        return Counter(finding.outcome for _, _, finding in self.found)

    @property
    def bad(self) -> int:
        """Return how many cases came out as none may."""
        return sum(count for outcome, count in self.counts.items() if outcome in BAD)

    @property
    def over_denied(self) -> int:
        """Return how many cases were refused without need."""
        return self.counts[Outcome.OVER_DENIED]

    def lines(self) -> Iterator[str]:
        """Yield the report as lines of text."""
        groups = Counter(case.group for case, _, _ in self.found)
        yield f"{len(self.found)} everyday statements ({', '.join(f'{n} {group}' for group, n in groups.items())})"
        for outcome in Outcome:
            if self.counts[outcome]:
                yield f"  {self.counts[outcome]:6,}  {outcome}"
        for case, way, finding in self.found:
            if finding.outcome not in {Outcome.WORKS, Outcome.AS_DESIGNED}:
                yield f"{finding.outcome}: {case.name} ({way})"
                yield f"    {finding.why[:600]}"

    def table(self) -> Iterator[str]:
        """Yield a Markdown table of how many statements of each group came out how."""
        shown = (Outcome.WORKS, Outcome.AS_DESIGNED, Outcome.OVER_DENIED, Outcome.OVER_COVERED)
        yield "| statements of | all | work | refused by design | refused without need | covered without need |"
        yield "|---|---:|---:|---:|---:|---:|"
        by_group: dict[str, Counter[Outcome]] = {}
        for case, _, finding in self.found:
            by_group.setdefault(case.group, Counter())[finding.outcome] += 1
        for group, counts in [*by_group.items(), ("**all**", self.counts)]:
            yield f"| {group} | {counts.total()} | " + " | ".join(str(counts[one]) for one in shown) + " |"


def run(*, part: str = "", table: bool = False, say: Callable[[str], None] = print) -> int:
    """Run the corpus and report; returns how many cases leaked, were wrong or were let through (0 is well)."""
    started = time.monotonic()
    with place() as found:
        report = everyday(found, found.filled([case for case in cases() if part in case.name]))
    for line in report.table() if table else report.lines():
        say(line)
    if not table:
        say(f"          took {time.monotonic() - started:.0f} s")
    return report.bad


def main(arguments: Sequence[str]) -> int:
    """Run what the command line says; return 1 when something came out as nothing may."""
    parser = argparse.ArgumentParser(prog="leaks.everyday", description=__doc__)
    parser.add_argument("-k", default="", metavar="TEXT", help="only statements with this in their name")
    parser.add_argument("--table", action="store_true", help="a Markdown table of what came out how")
    wanted = parser.parse_args(arguments)
    return 1 if run(part=wanted.k, table=wanted.table) else 0


def everyday(found: Place, wanted: Sequence[Case]) -> Report:
    """Run these cases in every way that fits each."""
    judge, report = Judge(found.labelled_values()), Report()
    direct, gate = Client(found.direct.dsn()), Client(found.analyst.dsn())
    for case in wanted:
        way, finding = "", Finding(Outcome.WORKS)
        for way in ways_of(case):
            if gate.broken:
                gate = Client(found.analyst.dsn())
            finding = judge.finding(case, answers(gate, case, way), answers(direct, case, way))
            if finding.outcome not in {Outcome.WORKS, Outcome.AS_DESIGNED}:
                break
        report.found.append((case, way, finding))
    direct.close()
    gate.close()
    return report


def ways_of(case: Case) -> tuple[str, ...]:
    """Return how a client can send this case."""
    if not case.single:
        return ("simple",)
    if case.steps[0].startswith(("COPY", "EXPLAIN")):
        return ("simple", "extended")
    if case.steps[0].startswith(("INSERT", "CREATE")):  # run twice it would fail
        return WAYS[1:3] if case.given else WAYS[:3]
    return WAYS[1:] if case.given else WAYS


def answers(client: Client, case: Case, way: str) -> list[Answer]:
    """Send a case this way in a transaction that is rolled back; returns the answers to its steps."""
    client.simple("BEGIN")
    found: list[Answer] = []
    given = [None if one is None else one.encode() for one in case.given]
    for step in case.steps:
        if way == "simple":
            found += client.simple(step)
        elif way == "prepared":
            found += client.prepared(step, given)
        else:
            found.append(client.extended(step, given, binary=way == "binary"))
        if found[-1].error:
            break
    client.simple("ROLLBACK")
    return found
