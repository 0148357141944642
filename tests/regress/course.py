"""Plays PostgreSQL's own regression suite directly and through the gate, and compares what psql says."""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from regress.compare import Compared
from regress.known import KNOWN
from regress.playing import play
from regress.refusals import refusals, table
from regress.suite import NotRun, suite_of
from regress.world import world


def main(arguments: list[str]) -> int:
    """Run what the command line asks for; return 0 when a client sees no difference but those that are known."""
    chosen = _parser().parse_args(arguments)
    try:
        suite = suite_of(chosen.version)
    except NotRun as error:
        say(str(error))
        return 2
    headers = chosen.headers or Path(f"/usr/include/postgresql/{chosen.version}/server")
    with (
        tempfile.TemporaryDirectory(prefix="yett-regress-") as folder,
        world(Path(folder), suite, chosen.version, headers, restricted=chosen.restricted) as found,
    ):
        played = kept(play(found, suite, chosen.scripts or suite.names), chosen.out)
        if chosen.restricted:
            return count(played)
        return report(played, KNOWN[chosen.version], chosen.lines)


def kept(compared: Iterable[Compared], out: Path | None) -> Iterator[Compared]:
    """Write both outputs of each script to `out`, where that is wanted."""
    for one in compared:
        for side, text in (("direct", one.direct), ("gate", one.through)) if out else ():
            path = out / side / f"{one.name}.out"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        yield one


def report(compared: Iterable[Compared], known: Mapping[str, str], lines: int) -> int:
    """Say of each script whether both outputs are the same; return 1 when one differs that is not known to."""
    counts = {"identical": 0, "differs, as known": 0, "DIFFERS": 0}
    for one in compared:
        verdict = "identical" if one.same else "differs, as known" if one.name in known else "DIFFERS"
        counts[verdict] += 1
        reason = known.get(one.name, "")
        say(f"{one.name:24} {verdict}{f': {reason}' if reason else ''}")
        if verdict == "DIFFERS":
            say(one.differences(lines))
    say("\n" + ", ".join(f"{verdict}: {number}" for verdict, number in counts.items()))
    return 1 if counts["DIFFERS"] else 0


def count(compared: Iterable[Compared]) -> int:
    """Say of each script how many of its statements were refused, and of all by which code and why; return 0."""
    played: list[Compared] = []
    for one in compared:
        played.append(one)
        say(f"{one.name:24} {'identical' if one.same else f'{refusals([one]).total()} refused'}")
    counted = refusals(played)
    same = sum(one.same for one in played)
    say(f"\n{same} of {len(played)} scripts identical, {counted.total()} statements refused\n{table(counted)}")
    return 0


def say(text: str) -> None:
    """Print at once: a run takes minutes, and people watch it."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make regress ARGS=", description=__doc__)
    parser.add_argument("scripts", nargs="*", help="scripts to play instead of all; most need test_setup before them")
    parser.add_argument("--version", type=int, choices=sorted(KNOWN), default=15, help="PostgreSQL's major version")
    parser.add_argument("--restricted", action="store_true", help="as somebody who is not proved to be free; counts")
    parser.add_argument("--headers", type=Path, help="the server's header files, to compile the suite's C functions")
    parser.add_argument("--out", type=Path, help="a folder for the whole outputs")
    parser.add_argument("--lines", type=int, default=40, help="how many differing lines to show of a script")
    return parser
