"""Holds what lineage says of generated statements against the ground truth, without a gate between."""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from leaks.generator.answers import Answer
from leaks.generator.choices import Choices, smallest
from leaks.generator.ground import SERVER, SIDES, Pair, direct_pair, make_ground
from leaks.generator.known import Catalog
from leaks.generator.programs import How, Program, program
from leaks.generator.verdict import revealing
from servers.authority import new_authority
from servers.postgres import releases, running
from yett.protocols.postgres.sql.grammar import parse
from yett.protocols.postgres.sql.lineage.known import Base
from yett.protocols.postgres.sql.lineage.result import OPAQUE_LINEAGE, Lineage, Output
from yett.protocols.postgres.sql.lineage.statements import trace

COUNT = 2_000


@dataclass(frozen=True, slots=True)
class Claim:
    """What follows from a lineage: that the statement is refused, or which of its output columns are in the clear."""

    refused: str = ""
    covered: frozenset[int] = frozenset()
    nulls_shown: frozenset[int] = frozenset()
    """Covered columns whose NULLs stay NULL, since each value is whole."""


@dataclass(slots=True)
class Tracer:
    """Both databases, and the analyser over their catalog."""

    pair: Pair
    catalog: Catalog
    labelled: frozenset[Base]

    def wrong(self, written: Program) -> str:
        """Say in what lineage is wrong about a program; empty where nothing speaks against it."""
        return _looked_at(self, written)[0]

    def claim(self, text: str, width: int) -> Claim:
        """Return what lineage claims of one statement with so many output columns."""
        (statement,) = parse(text).stmts
        try:
            lineage = trace(statement["stmt"], self.catalog)
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is a finding
            return Claim(refused=f"raised {type(fault).__name__}")
        return claim_of(lineage, self.labelled, width)


def claim_of(lineage: Lineage, labelled: frozenset[Base], width: int) -> Claim:
    """Return what a lineage claims when these columns are labelled and nobody may unmask, match or filter."""
    if lineage is OPAQUE_LINEAGE:
        return Claim(refused="not understood at all")
    outputs = lineage.outputs if lineage.every is None else (lineage.every,) * width
    if lineage.every is None and width and len(outputs) != width:
        return Claim(refused=f"not refused, but {len(outputs)} outputs instead of {width}")
    if lineage.opaque_shaping or any(one.opaque_risky for one in outputs):
        return Claim(refused="opaque code")
    if (lineage.shaping | lineage.matched) & labelled or any(one.risky & labelled for one in outputs):
        return Claim(refused="filter or match")
    for one in lineage.writes:
        if (one.opaque or one.sources & labelled) and (one.relation, one.column) not in labelled:
            return Claim(refused="laundering")
    covered = frozenset(n for n, one in enumerate(outputs) if one.opaque or one.sources & labelled)
    whole = frozenset(n for n in covered if _whole(outputs[n], labelled))
    return Claim(covered=covered, nulls_shown=whole)


def _whole(output: Output, labelled: frozenset[Base]) -> bool:
    return output.verbatim is not None and not output.opaque and output.verbatim in labelled


def contradiction(claim: Claim, one: Sequence[Answer], other: Sequence[Answer]) -> str:
    """Say what speaks against a claim in both sides' answers."""
    left, right = one[-1], other[-1]
    # Where labels are touched the gate rebuilds errors from their code alone.
    if left.sqlstate != right.sqlstate or left.tag != right.tag:
        return f"errors or tags differ: {left.tag or left.message} / {right.tag or right.message}"
    for number, name in enumerate(left.names):
        mine, theirs = left.column(number), right.column(number)
        if number not in claim.covered and mine != theirs:
            return f"{name} is said to be clean: {mine[:4]} / {theirs[:4]}"
        nulls = [[cell is None for cell in cells] for cells in (mine, theirs)]
        if number in claim.nulls_shown and nulls[0] != nulls[1]:
            return f"{name} is said to be verbatim, and its NULLs differ: {mine[:4]} / {theirs[:4]}"
    return ""


@contextmanager
def tracer() -> Iterator[Tracer]:
    """Start a server with both databases; end and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="yett-trace-"))
    try:
        with running(releases()[17], new_authority(folder / "authority"), SERVER) as server:
            make_ground(server, server.superuser)
            with server.connect(database=SIDES[0]) as connection:
                catalog = Catalog(connection)
            yield Tracer(direct_pair(server), catalog, catalog.labelled())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def plainly(choices: Choices) -> Program:
    """Write a program and keep its statement alone, sent in the plainest way."""
    written = program(choices)
    if not written.core:
        return replace(written, steps=("SELECT 1",), how=How.SIMPLE, core="SELECT 1", given=())
    return replace(written, steps=(written.core,), how=How.TEXT if written.given else How.SIMPLE)


def run(count: int = COUNT, seed: int = 1, *, say: Callable[[str], None] = print) -> int:
    """Trace so many statements and report; returns how many lineages the ground truth speaks against."""
    counts, wrong, needless, examples = Counter[str](), 0, Counter[str](), dict[str, str]()
    with tracer() as found:
        for number in range(count):
            choices = Choices(Random(f"{seed} {number}"))
            written = plainly(choices)
            told, claim, needed = _looked_at(found, written)
            counts[claim.refused or ("covered" if claim.covered else "clean")] += 1
            if claim.refused and not needed:
                needless[claim.refused] += 1
                examples[claim.refused] = min(examples.get(claim.refused, written.core), written.core, key=len)
            if told:
                wrong += 1
                small = plainly(
                    Choices(given=smallest(choices.made, lambda made: bool(found.wrong(plainly(Choices(given=made))))))
                )
                say(f"WRONG (program {seed} {number}) {found.wrong(small)}\n    {small.core}")
    say(f"{count:,} lineages (seed {seed}): {wrong} wrong; " + ", ".join(f"{n:,} {k}" for k, n in counts.items()))
    say(f"refused without need (upper bound): {needless.total():,}: {dict(needless)}")
    for why, text in examples.items():
        say(f"  {why}: {text}")
    return wrong


def _looked_at(found: Tracer, written: Program) -> tuple[str, Claim, str]:
    one, other = found.pair.run(written)
    if one[-1].error and one[-1].error == other[-1].error:
        return "", Claim(refused="fails on both sides"), "fails"
    if written.core.startswith("COPY"):
        return "", Claim(refused="one column of text on the wire"), "not compared"
    claim = found.claim(written.core, max(one[-1].width, other[-1].width))
    if claim.refused:
        return "", claim, revealing(written, one, other)
    return contradiction(claim, one, other), claim, ""


def main(arguments: Sequence[str]) -> int:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(prog="leaks.generator.tracing", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many statements")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    wanted = parser.parse_args(arguments)
    return 1 if run(wanted.count, wanted.seed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
