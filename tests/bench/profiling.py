"""Says in which functions the gate spends its time during each work, by py-spy; by cProfile where that is missing."""

import pstats
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench import programs
from bench.report import grid
from bench.rounds import NotMeasured
from bench.world import World
from yett.demo.gate import GateProcess

PEERS = ("yett", "yett-free")
SECONDS = 6
_TOP = 25
_LOOP = "Runner.run (asyncio/runners.py)"
_IN_LOOP = "(uvloop: waiting, receiving, timers)"
_STARTING = ("yett/__main__", "yett/cli", "yett/app/serving", "yett/app/gate", "yett/config", "yett/storage")
_SAMPLES_A_SECOND = 250


@dataclass(frozen=True, slots=True)
class Profile:
    """Where time went: shares, from 0 to 1, of the time in which the gate's loop was busy, by function.

    `files` gives what the library and the interpreter do to the file of ours that asked for it.
    """

    own: dict[str, float]
    with_callees: dict[str, float]
    files: dict[str, float]


def profile(world: World, tell: Callable[[str], None], wanted: Collection[str], *, native: bool) -> None:
    """Profile the gate during the works named, idle sessions aside, and tell the functions that cost the most."""
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    tell(f"profiled by {'py-spy' if spy else 'cProfile, which slows calls down: trust the order, not the shares'}")
    for peer in PEERS:
        for name, title, work in _works(world, peer):
            if name not in wanted:
                continue
            found = _spied(world, spy, work, native=native) if spy else _traced(world, work)
            tell(f"\n{title}, {peer}\n\n{shown(found)}")


def collapsed(lines: Iterable[str]) -> Profile:
    """Return the profile of the loop's stacks, as `py-spy record --format raw` writes them: `outer;…;inner count`."""
    own, with_callees, files, total = Counter[str](), Counter[str](), Counter[str](), 0
    for line in lines:
        stack, _, count = line.rpartition(" ")
        _outside, loop, inside = stack.partition(_LOOP)
        if not loop:
            continue  # another thread: these wait, mostly, which py-spy can't always tell
        frames = [_IN_LOOP, *(frame for frame in inside.split(";") if frame)]
        total += int(count)
        own[frames[-1]] += int(count)
        files[next((_file(frame) for frame in reversed(frames) if "(yett/" in frame), _IN_LOOP)] += int(count)
        for frame in set(frames):
            with_callees[frame] += int(count)
    if not total:
        raise NotMeasured("the profiler has seen nothing of the gate's loop")
    return Profile(_shares(own, total), _shares(with_callees, total), _shares(files, total))


def shown(found: Profile) -> str:
    """Return both tables, the most expensive first."""
    return "\n\n".join(
        grid([("share", heading), *((f"{share:6.1%}", name) for name, share in _most(shares))])
        for heading, shares in (
            ("function, by itself", found.own),
            ("function, with what it calls", found.with_callees),
            ("file, with what it has libraries do", found.files),
        )
    )


def _works(world: World, peer: str) -> list[tuple[str, str, Callable[[], object]]]:
    route = world.routes[peer]
    return [
        ("latency", "1 client, simple", lambda: programs.throughput(route, "simple", 1, SECONDS)),
        ("throughput", "8 clients, simple", lambda: programs.throughput(route, "simple", 8, SECONDS)),
        ("throughput", "8 clients, prepared", lambda: programs.throughput(route, "prepared", 8, SECONDS)),
        ("bulk", "1,000,000 rows", lambda: [programs.bulk_seconds(route, programs.ROWS) for _ in range(4)]),
        ("connect", "signing in", lambda: programs.connect_ms(route, 300)),
    ]


def _spied(world: World, spy: str, work: Callable[[], object], *, native: bool) -> Profile:
    with tempfile.TemporaryDirectory(prefix="yett-bench-") as folder:
        output, log = Path(folder) / "stacks", Path(folder) / "said"
        command = [spy, "record", "--pid", str(world.gate_pid), "--format", "raw", "--output", str(output)]
        command += ["--rate", str(_SAMPLES_A_SECOND), "--duration", "3600", "--nolineno"]
        with log.open("w") as said:
            spying = subprocess.Popen([*command, *(["--native"] if native else [])], stdout=said, stderr=said)
        try:
            work()
        finally:
            spying.send_signal(signal.SIGINT)
            spying.wait(60)
        if not output.exists():
            msg = f"py-spy wrote nothing: {log.read_text().strip()[-300:]}"
            raise NotMeasured(msg)
        return collapsed(output.read_text().splitlines())


def _traced(world: World, work: Callable[[], object]) -> Profile:
    """Run the gate under cProfile for one work; what it has found is written when the gate ends."""
    gate = world.gate
    gate.terminate()
    output = world.folder / "profile"
    command = [sys.executable, "-m", "cProfile", "-o", str(output), "-m", "yett", "up", "--config", str(gate.config)]
    with gate.log_path.open("ab") as log:
        gate.process = GateProcess(subprocess.Popen(command, stdout=log, stderr=log), gate.admin)
    gate.process.await_ready()
    work()
    gate.terminate()
    return _of_stats(pstats.Stats(str(output)))


def _of_stats(stats: pstats.Stats) -> Profile:
    """Keep what the gate's own functions do and have libraries do; what waits or starts up is left out."""
    own, with_callees, files = Counter[str](), Counter[str](), Counter[str]()
    for (path, _line, function), (_calls, _all_calls, own_seconds, all_seconds, callers) in stats.stats.items():
        if name := _ours(path):
            own[f"{function} ({name})"] += own_seconds
            with_callees[f"{function} ({name})"] += all_seconds
            files[name] += own_seconds
            continue
        for (caller_path, *_rest), (_calls, _all_calls, seconds_for_it, _all) in callers.items():
            if caller := _ours(caller_path):
                own[function] += seconds_for_it
                files[caller] += seconds_for_it
    total = sum(own.values())
    return Profile(_shares(own, total), _shares(with_callees, total), _shares(files, total))


def _ours(path: str) -> str:
    """Return a path from `yett/` on, or nothing where it is not the gate's own or serves to start it."""
    name = path.partition("/src/")[2]
    return "" if not name.startswith("yett/") or name.startswith(_STARTING) else name


def _file(frame: str) -> str:
    return frame.rpartition("(")[2].rstrip(")")


def _shares(seen: "Counter[str]", total: float) -> dict[str, float]:
    return {name: count / total for name, count in seen.items()}


def _most(shares: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(shares.items(), key=lambda one: -one[1])[:_TOP]
