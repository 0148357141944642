"""Runs generated programs through the gate on two databases that differ only in labelled values."""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from e2e.gates import Gate, gate_before
from e2e.routes import OWNER
from leaks.generator.choices import Choices, smallest
from leaks.generator.ground import SERVER, SIDES, Pair, direct_pair, make_ground, pair
from leaks.generator.planted import LABELLED
from leaks.generator.programs import Program, program
from leaks.generator.report import Report
from leaks.generator.verdict import Outcome, Verdict, judge
from servers.authority import new_authority
from servers.postgres import PASSWORD, releases, running

COUNT = 2_000

# Everything but what would show or use a labelled value: no unmask, no match, no filter.
POLICIES = {
    "generated": """
permit (
  principal in Group::"corp/generated",
  action in [Action::"connect", Action::"read", Action::"write", Action::"define", Action::"execute"],
  resource
);
"""
}


@dataclass(slots=True)
class Course:
    """Both ways to both sides. Connections that were ended are made anew."""

    gate: Gate
    through: Pair
    direct: Pair

    def verdict(self, written: Program) -> Verdict:
        """Run one program by both ways on both sides and judge it."""
        if self.through.broken or written.alone:
            self.through.close()
            self.through = gate_pair(self.gate)
        shown = self.through.run(written)
        verdict = judge(written, shown, self.direct.run(written))
        if self.through.broken:
            return replace(verdict, outcome=Outcome.BROKEN, why=shown[0][-1].message or shown[1][-1].message)
        return verdict


def run(count: int = COUNT, seed: int = 1, version: int = 17, *, say: Callable[[str], None] = print) -> int:
    """Generate and run so many programs and report; returns how many leaked (0 is well)."""
    started = time.monotonic()
    with course(version) as found:
        report = generated(found, count, seed)
    for line in report.lines():
        say(line)
    say(f"          took {time.monotonic() - started:.0f} s")
    return len(report.leaks)


def generated(found: Course, count: int, seed: int) -> Report:
    """Run so many programs; what leaked is made as small as it can be."""
    report = Report(seed)
    for number in range(count):
        choices = Choices(Random(f"{seed} {number}"))
        written = program(choices)
        verdict = found.verdict(written)
        if verdict.outcome is Outcome.LEAKED and not written.alone:
            written, verdict = _made_small(found, choices.made, verdict)
        report.note(number, written.text, verdict)
    return report


@contextmanager
def course(version: int = 17, extra: str = "") -> Iterator[Course]:
    """Start a server with both databases and a gate before it; end and remove all of it."""
    folder = Path(tempfile.mkdtemp(prefix="yett-ground-"))
    try:
        authority = new_authority(folder / "authority")
        with running(releases()[version], authority, SERVER) as server:
            server.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
            make_ground(server, OWNER)
            plain = replace(server, release=replace(server.release, tls=False))
            resources = {side: side for side in SIDES}
            with gate_before(
                plain, authority, policies=POLICIES, resources=resources, extra=settings() + extra
            ) as gate:
                yield Course(gate, gate_pair(gate), direct_pair(plain, OWNER))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def gate_pair(gate: Gate) -> Pair:
    """Return connections through the gate to both sides."""
    routes = [gate.route("writer", "generated", database=side) for side in SIDES]
    return pair(gate.server, [route.dsn() for route in routes])


def settings() -> str:
    """Return the part of yett.toml that labels the planted columns of both sides."""
    lines = [f'"public.{table}.{name}" = "planted"' for table, names in LABELLED.items() for name in names]
    data = "".join(f"\n[data.{side}]\n" + "\n".join(lines) + "\n" for side in SIDES)
    return f'{data}\n[masks.planted]\nstyle = "redact"\n\n[limits]\nsessions_per_principal = 1000\n'


def _made_small(found: Course, made: Sequence[int], verdict: Verdict) -> tuple[Program, Verdict]:
    def leaks(candidate: Sequence[int]) -> bool:
        return found.verdict(program(Choices(given=candidate))).outcome is Outcome.LEAKED

    small = program(Choices(given=smallest(made, leaks)))
    again = found.verdict(small)
    return (small, again) if again.outcome is Outcome.LEAKED else (program(Choices(given=made)), verdict)


def main(arguments: Sequence[str]) -> int:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(prog="leaks.generator", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many programs")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--version", type=int, default=17, choices=(15, 17, 18), help="the version of PostgreSQL")
    wanted = parser.parse_args(arguments)
    return 1 if run(wanted.count, wanted.seed, wanted.version) else 0
