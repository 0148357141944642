"""The benchmark's command line: what to run, what was found, and where it is written."""

import argparse
import json
import os
import platform
import resource
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.report import Row, as_json, closing, figures, grid, table
from bench.rounds import NotMeasured
from bench.works import FULL, QUICK, WORKS, Course
from bench.world import POSTGRES_VERSION, World, world
from yett.build_info import build_summary, hot_modules

BUILD = Path(__file__).parents[2] / "build"
_FILES_MAX = 16_384


def main(arguments: list[str]) -> int:
    """Run what the arguments say; 0 also where a bar is missed, 1 where something could not be measured."""
    wanted = _parser().parse_args(arguments)
    # Whoever stops us wants the servers stopped as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        _require_compiled(allowed_plain=wanted.plain)
        _raise_file_limit()
        with world() as found:
            if wanted.profile:
                _profile(found, wanted.work or WORKS, native=wanted.native)
            else:
                _measure(found, wanted.work or WORKS, quick=wanted.quick)
    except NotMeasured as failed:
        _say(f"not measured: {failed}")
        return 1
    return 0


def _measure(found: World, works: Sequence[str], *, quick: bool) -> None:
    started = time.monotonic()
    course = Course(found, QUICK if quick else FULL, _say)
    rows = course.run(works)
    facts = _circumstances(found, quick=quick)
    text = _text(rows, course, {**facts, "took": f"{time.monotonic() - started:.0f} s"})
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps(as_json(rows, facts), indent=1, ensure_ascii=False) + "\n")
    (BUILD / "bench.txt").write_text(text + "\n")
    _say("\n" + text)
    _say("\nwritten: build/bench.json, build/bench.txt")
    if course.incomparable:
        names = "; ".join(f"{row.work} ({row.policy}{', TLS' * row.client_tls})" for row in course.incomparable)
        msg = f"{names}: in most rounds pgbouncer added nothing, so the machine is too busy to compare on"
        raise NotMeasured(msg)


def _text(rows: list[Row], course: Course, facts: dict[str, object]) -> str:
    shown = grid([("what", "value"), *((name, str(value)) for name, value in facts.items())])
    return "\n\n".join([figures(course.measured), table(rows), shown, closing(rows)])


def _profile(found: World, works: Sequence[str], *, native: bool) -> None:
    from bench.profiling import profile

    profile(found, _say, works, native=native)


def _circumstances(found: World, *, quick: bool) -> dict[str, object]:
    return {
        "hot_modules": build_summary() + (" (stale)" if any(one.stale for one in hot_modules()) else ""),
        "python": platform.python_version(),
        "postgres": POSTGRES_VERSION,
        "pgbouncer": found.bouncer.version,
        "cores": len(os.sched_getaffinity(0)),
        "load_after": round(os.getloadavg()[0], 2),
        "recorded_mib": round(found.recorded_bytes / 2**20, 1),
        "quick": quick,
    }


def _require_compiled(*, allowed_plain: bool) -> None:
    behind = [one.name for one in hot_modules() if one.stale or not one.compiled]
    if behind and not allowed_plain:
        msg = f"{', '.join(behind)} is not compiled from its present source: run `make build`, or add --plain"
        raise NotMeasured(msg)


def _raise_file_limit() -> None:
    # A thousand sessions are two thousand sockets of the gate; what we may open, our children may open too.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, _FILES_MAX)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few and short rounds: to see that it works")
    parser.add_argument("--work", action="append", choices=WORKS, help="only this one; may be repeated")
    parser.add_argument("--profile", action="store_true", help="say where the gate's time goes, instead of measuring")
    parser.add_argument("--native", action="store_true", help="with --profile: show compiled code's frames as well")
    parser.add_argument("--plain", action="store_true", help="go on although hot modules are not compiled")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
