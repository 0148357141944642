"""Plays rounds of chaos from a seed, says how each went, and counts what must be 0: `make chaos`."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from chaos.accounting import KINDS, Violation
from chaos.disk import private_mounts
from chaos.drawing import HOWS, THEMES, draw
from chaos.evidence import GateLog, Recordings, TargetLog
from chaos.playing import Played, Watchers, play, prepare
from chaos.world import World, world
from yett.app.approvals import open_approvals
from yett.config import load_config
from yett.core.clock import SystemClock

_ROUNDS = 210


def main(arguments: Sequence[str]) -> int:
    """Play what was asked for; return 1 when anything did not add up."""
    asked = _parsed(arguments)
    private_mounts()
    prepare()
    seed = asked.seed if asked.seed is not None else int(time.time())
    say(f"seed {seed}, {asked.rounds} rounds")
    began = time.monotonic()
    with world(mounted=not asked.no_mount) as place:
        say(f"the store's disk: {place.disk.words}")
        played, last = _played(place, asked, seed)
    seconds = time.monotonic() - began
    well = _told(played, last, seconds)
    if asked.json:
        _write(asked.json, seed, played, last, seconds)
    return 0 if well else 1


def say(text: str) -> None:
    """Print a line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _played(place: World, asked: argparse.Namespace, seed: int) -> tuple[list[Played], list[Violation]]:
    played: list[Played] = []
    config = load_config(place.gate.config)
    with ExitStack() as stack:
        approvals = stack.enter_context(open_approvals(config, SystemClock()))
        kept = asked.journals or stack.enter_context(tempfile.TemporaryDirectory(prefix="yett-journals-"))
        Path(kept).mkdir(exist_ok=True)
        watchers = Watchers(
            Recordings(place.gate.data),
            TargetLog(place.server.server.log),
            GateLog(place.gate.log_path),
            approvals.desk,
        )
        hows = tuple(how for how in HOWS if asked.how in how)
        for number in range(asked.first, asked.first + asked.rounds):
            played.append(play(place, draw(seed, number, asked.theme, hows), watchers, Path(kept)))
            _tell(played[-1])
            if played[-1].violations and asked.stop:
                break
    return played, _by_commands(place, sum(one.counts["intentions"] for one in played))


def _by_commands(place: World, intentions: int) -> list[Violation]:
    """Prove and read all of it once more as an auditor would, by the commands."""
    found = []
    verified = _yett(place, "verify")
    if verified.returncode:
        found.append(Violation("recordings that don't verify", verified.stdout[-500:]))
    exported = _yett(place, "export")
    lines = [json.loads(line) for line in exported.stdout.splitlines()]
    told = sum(one["type"] == "intention" and one["kind"] != "prepare" for one in lines)
    if exported.returncode or told != intentions:
        found.append(Violation("records untrue", f"yett export tells of {told} intentions, the rounds of {intentions}"))
    return found


def _yett(place: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yett", *arguments, "--config", str(place.gate.config)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def _tell(one: Played) -> None:
    faults = ", ".join(f"{fault.kind} {fault.after * 1000:.0f} ms after {fault.moment}" for fault in one.round.faults)
    counts = one.counts
    say(
        f"{one.round.number:4} {one.round.theme:12} {faults or 'no fault':44}"
        f" {counts['acts']:2} acts, {counts['rows']:2} rows, {counts['approvals used']:2} approvals used,"
        f" {one.seconds:4.1f} s  {'ok' if not one.violations else 'NOT AS IT SHOULD BE'}"
    )
    for found in one.violations:
        say(f"       {found.kind}: {found.what}")


def _told(played: Sequence[Played], last: Sequence[Violation], seconds: float) -> bool:
    counts = sum((one.counts for one in played), Counter[str]())
    totals = _totals(played, last)
    say(f"\n{len(played)} rounds in {seconds:.0f} s")
    for name in sorted(counts):
        say(f"  {counts[name]:6} {name}")
    say("")
    for kind in KINDS:
        say(f"  {totals[kind]:6} {kind}")
    return not any(totals.values())


def _totals(played: Sequence[Played], last: Sequence[Violation]) -> Counter[str]:
    return Counter(found.kind for one in played for found in one.violations) + Counter(found.kind for found in last)


def _write(path: Path, seed: int, played: Sequence[Played], last: Sequence[Violation], seconds: float) -> None:
    totals = _totals(played, last)
    facts = {
        "seed": seed,
        "rounds": len(played),
        "seconds": round(seconds, 1),
        "violations": {kind: totals[kind] for kind in KINDS},
        "counts": dict(sorted(sum((one.counts for one in played), Counter[str]()).items())),
        "played": [
            {
                "number": one.round.number,
                "theme": one.round.theme,
                "seconds": round(one.seconds, 2),
                "phases": one.phases,
                "counts": dict(one.counts),
                "violations": [{"kind": found.kind, "what": found.what} for found in one.violations],
            }
            for one in played
        ],
    }
    path.write_text(json.dumps(facts, indent=1) + "\n")


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos ARGS=…", description=__doc__)
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help=f"how many ({_ROUNDS})")
    parser.add_argument("--seed", type=int, help="play the rounds of an earlier run")
    parser.add_argument("--first", type=int, default=1, metavar="NUMBER", help="begin with this round")
    parser.add_argument("--theme", default="", help=f"only rounds of this theme: {', '.join(dict.fromkeys(THEMES))}")
    parser.add_argument("--how", default="", help="only clients whose way has this word in it, such as copy")
    parser.add_argument("--stop", action="store_true", help="end with the first round that does not add up")
    parser.add_argument("--no-mount", action="store_true", help="take the disk away without mounting one")
    parser.add_argument("--journals", type=Path, metavar="FOLDER", help="keep what clients wrote down there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round to this file")
    return parser.parse_args(arguments)
