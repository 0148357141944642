"""Says in which functions the gate spends its time during each work: by py-spy, or by cProfile where that is missing."""

import pstats
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable
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
_SAMPLES_A_SECOND = 400


@dataclass(frozen=True, slots=True)
class Profile:
    """Where time went. Shares are of the time in which the gate did something, from 0 to 1, by function."""

    own: dict[str, float]
    with_callees: dict[str, float]


def profile(world: World, tell: Callable[[str], None], *, native: bool) -> None:
    """Profile the gate during works 1, 2 and 3, and tell the functions that cost the most."""
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    tell(f"profiled by {'py-spy' if spy else 'cProfile, which slows calls down: trust the order, not the shares'}")
    for peer in PEERS:
        for title, work in _works(world, peer):
            found = _spied(world, spy, work, native=native) if spy else _traced(world, work)
            tell(f"\n{title}, {peer}\n\n{shown(found)}")


def collapsed(lines: Iterable[str]) -> Profile:
    """Return the profile of stacks as `py-spy record --format raw` writes them: `outer;…;inner count`."""
    own, with_callees, total = Counter[str](), Counter[str](), 0
    for line in lines:
        stack, _, count = line.rpartition(" ")
        # The thread's own frame comes first with some options; it is no function.
        frames = [frame for frame in stack.split(";") if not frame.startswith(("process ", "thread "))]
        if not frames:
            continue
        total += int(count)
        own[frames[-1]] += int(count)
        for frame in set(frames):
            with_callees[frame] += int(count)
    if not total:
        raise NotMeasured("the profiler has seen nothing")
    return Profile(_shares(own, total), _shares(with_callees, total))


def shown(found: Profile) -> str:
    """Return both tables, the most expensive first."""
    return "\n\n".join(
        grid([("share", heading), *((f"{share:6.1%}", name) for name, share in _most(shares))])
        for heading, shares in (("of it itself", found.own), ("with what it calls", found.with_callees))
    )


def _works(world: World, peer: str) -> list[tuple[str, Callable[[], object]]]:
    route = world.routes[peer]
    return [
        ("1 client, simple", lambda: programs.throughput(route, "simple", 1, SECONDS)),
        ("8 clients, simple", lambda: programs.throughput(route, "simple", 8, SECONDS)),
        ("8 clients, prepared", lambda: programs.throughput(route, "prepared", 8, SECONDS)),
        ("1,000,000 rows", lambda: [programs.bulk_seconds(route, programs.ROWS) for _ in range(4)]),
    ]


def _spied(world: World, spy: str, work: Callable[[], object], *, native: bool) -> Profile:
    with tempfile.TemporaryDirectory(prefix="yett-bench-") as folder:
        output = Path(folder) / "stacks"
        command = [spy, "record", "--pid", str(world.gate_pid), "--format", "raw", "--output", str(output)]
        command += ["--rate", str(_SAMPLES_A_SECOND), "--duration", "3600", "--nolineno"]
        with subprocess.Popen([*command, *(["--native"] if native else [])], stderr=subprocess.PIPE, text=True) as spying:
            try:
                work()
            finally:
                spying.send_signal(2)
                said = spying.communicate(timeout=60)[1]
        if not output.exists():
            msg = f"py-spy wrote nothing: {said.strip()[-300:]}"
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
    rows = stats.stats.items()  # type: ignore[attr-defined]
    own, with_callees = Counter[str](), Counter[str]()
    for (file, _line, function), (_calls, _all_calls, own_seconds, all_seconds, _callers) in rows:
        # Waiting for sockets is no work.
        if "run_forever" not in function and "poll" not in function:
            own[f"{function} ({file})"] += own_seconds
            with_callees[f"{function} ({file})"] += all_seconds
    return Profile(_shares(own, sum(own.values())), _shares(with_callees, sum(own.values())))


def _shares(seen: "Counter[str]", total: float) -> dict[str, float]:
    return {name: count / total for name, count in seen.items()}


def _most(shares: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(shares.items(), key=lambda one: -one[1])[:_TOP]
