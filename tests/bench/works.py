"""The works that the gate is measured by, each with its bar."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from bench import masking, process, programs
from bench.report import Bar, Judged, Row, number
from bench.rounds import Series, in_turns, series
from bench.world import World

WORKS = ("latency", "throughput", "bulk", "connect", "masking", "unseen", "idle")
CLIENTS = 8
ALL = ("direct", "pgbouncer", "yett", "yett-free", "direct+tls", "pgbouncer+tls", "yett+tls")

ADDED = Bar(3, 1.5, "")
RATE = Bar(0.4, 0.8, "", at_least=True)
BULK = Bar(1.3, 1.05, "")
# The issue says "memory bounded": an answer of a hundred MB must not be found in the gate's process.
GROWTH = Bar(32, 8, "MiB", Judged.OURS)
CONNECT = Bar(5, 2, "ms", Judged.DIFFERENCE)
IDLE = Bar(60, 20, "KiB", Judged.OURS)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a course is: rounds, and the work of each peer in one round."""

    rounds: int = 9
    transactions: int = 2_500
    seconds: int = 2
    rate_rounds: int = 7
    rows: int = programs.ROWS
    bulk_rounds: int = 7
    connects: int = 30
    idle: int = 1_000
    unseen_rounds: int = 5


FULL = Pace()
QUICK = Pace(
    rounds=3,
    transactions=600,
    seconds=1,
    rate_rounds=3,
    rows=200_000,
    bulk_rounds=3,
    connects=15,
    idle=250,
    unseen_rounds=2,
)


@dataclass(slots=True)
class Course:
    """One run over all works. `measured` keeps every peer's figures; `tell` hears of progress."""

    world: World
    pace: Pace
    tell: Callable[[str], None]
    measured: dict[str, dict[str, Series]] = field(default_factory=dict)
    incomparable: list[Row] = field(default_factory=list)

    def run(self, wanted: Collection[str] = WORKS) -> list[Row]:
        """Measure all works, or those named, and return the rows; `incomparable` has those that came to nothing."""
        works = (self._latency, self._throughput, self._bulk, self._connect, self._masking, self._unseen, self._idle)
        found = [row for name, work in zip(WORKS, works, strict=True) if name in wanted for row in work()]
        self.incomparable = [row for row in found if not row.comparable]
        return [row for row in found if row.comparable]

    def _latency(self) -> Iterator[Row]:
        routes, count = self.world.routes, self.pace.transactions
        cpu = _CpuMeter(self.world)

        def measure(peer: str) -> float:
            before = cpu.read(peer)
            median = programs.latency_us(routes[peer], count)
            cpu.note(peer, before, count)
            return median

        found = self.turns("1 client, simple SELECT: µs", ALL, self.pace.rounds, measure)
        self._note_cpu("1 client, simple SELECT", cpu)
        for ours, policy, tls in _ways():
            base = found["direct" + tls]
            added, peer = found[ours].minus(base), found["pgbouncer" + tls].minus(base)
            yield self._row("1 client, simple SELECT, added median", ADDED, "µs", added, peer, "pgbouncer", policy, tls)

    def _throughput(self) -> Iterator[Row]:
        for mode in ("simple", "prepared"):
            found = self._rates(mode)
            for ours, policy, tls in _ways():
                work = f"{CLIENTS} clients, {mode}"
                yield self._row(work, RATE, "/s", found[ours], found["pgbouncer" + tls], "pgbouncer", policy, tls)

    def _rates(self, mode: str) -> dict[str, Series]:
        cpu = _CpuMeter(self.world)

        def measure(peer: str) -> float:
            before = cpu.read(peer)
            rate = programs.throughput(self.world.routes[peer], mode, CLIENTS, self.pace.seconds)
            cpu.note(peer, before, rate.statements)
            return rate.per_second

        found = self.turns(f"{CLIENTS} clients, {mode}: statements/s", ALL, self.pace.rate_rounds, measure)
        self._note_cpu(f"{CLIENTS} clients, {mode}", cpu)
        return found

    def _bulk(self) -> Iterator[Row]:
        rows, rounds = self.pace.rows, self.pace.bulk_rounds
        pid, growth = self.world.fresh_gate(), dict[str, list[float]]()

        def measure(peer: str) -> float:
            before = process.resident_kib(pid)
            process.reset_peak(pid)
            took = programs.bulk_seconds(self.world.routes[peer], rows)
            growth.setdefault(peer, []).append(max(0, process.peak_kib(pid) - before) / 1024)
            return took

        name = f"{rows:,} rows x 4 columns"
        found = self.turns(f"{name}: seconds", ALL, rounds, measure)
        grown = {peer: series(values) for peer, values in growth.items() if peer.startswith("yett")}
        self.note(f"{name}: MiB that the gate grew", grown)
        for ours, policy, tls in _ways():
            yield self._row(f"{name} to psql", BULK, "s", found[ours], found["direct" + tls], "direct", policy, tls)
        for ours, policy, tls in _ways():
            most = series([grown[ours].high])
            yield self._row(f"{name}, gate's memory grows", GROWTH, "MiB", most, None, "", policy, tls)

    def _connect(self) -> Iterator[Row]:
        routes, count = self.world.routes, self.pace.connects
        cpu, work = _CpuMeter(self.world), "connect, sign in, first row"

        def measure(peer: str) -> float:
            before = cpu.read(peer)
            median = programs.connect_ms(routes[peer], count)
            cpu.note(peer, before, count)
            return median

        found = self.turns(f"{work}: ms", ALL, self.pace.rounds, measure)
        self._note_cpu(work, cpu)
        for ours, policy, tls in _ways():
            yield self._row(work, CONNECT, "ms", found[ours], found["direct" + tls], "direct", policy, tls)

    def _masking(self) -> Iterator[Row]:
        return masking.answers(self)

    def _unseen(self) -> Iterator[Row]:
        return masking.unseen(self)

    def _idle(self) -> Iterator[Row]:
        count = self.pace.idle
        for ours, policy, tls in _ways():
            title = f"{count:,} idle sessions, each"
            each = series([idle_kib(self.world, ours, count)])
            self.note(f"{title}: KiB, {ours}", {ours: each})
            yield self._row(title, IDLE, "KiB", each, None, "", policy, tls)

    def turns(
        self, title: str, peers: tuple[str, ...], rounds: int, measure: Callable[[str], float]
    ) -> dict[str, Series]:
        """Measure the peers in turns, keep what was found and tell of it."""
        found = in_turns(peers, rounds, measure)
        self.note(title, found)
        return found

    def note(self, title: str, found: dict[str, Series]) -> None:
        """Keep figures of each peer and tell of them."""
        self.measured[title] = found
        self.tell(f"{title}   " + "  ".join(f"{peer} {number(one.median)}" for peer, one in found.items()))

    def _note_cpu(self, title: str, cpu: "_CpuMeter") -> None:
        for where, found in cpu.series().items():
            self.note(f"{title}: µs of CPU {where}", found)

    def _row(
        self, work: str, bar: Bar, unit: str, ours: Series, peer: Series | None, name: str, policy: str, tls: str
    ) -> Row:
        official = policy == "restricted" and not tls
        return Row(work, bar, unit, ours, peer, name, policy, bool(tls), official)


@dataclass(slots=True)
class _CpuMeter:
    """Notes the processor time of each statement or sign-in, in µs: of what stands in between, and of the server.

    On a busy machine it says more than times do, and it tells the gate's own work from what it has the server do.
    """

    world: World
    between: dict[str, list[float]] = field(default_factory=dict)
    server: dict[str, list[float]] = field(default_factory=dict)

    def read(self, peer: str) -> tuple[float, float]:
        pid = self.world.proxy_pid(peer)
        between = 0.0 if pid is None else process.cpu_seconds(pid)
        return between, process.family_cpu_seconds(self.world.server_pid)

    def note(self, peer: str, before: tuple[float, float], statements: int) -> None:
        between, server = (1e6 * (now - then) / statements for now, then in zip(self.read(peer), before, strict=True))
        self.server.setdefault(peer, []).append(server)
        if self.world.proxy_pid(peer) is not None:
            self.between.setdefault(peer, []).append(between)

    def series(self) -> dict[str, dict[str, Series]]:
        found = {"in between": self.between, "of the server": self.server}
        return {where: {peer: series(values) for peer, values in peers.items()} for where, peers in found.items()}


def idle_kib(world: World, peer: str, count: int) -> float:
    """Return the resident memory of each of `count` sessions that have had one row and now do nothing.

    The gate is a fresh one, warmed by a few sessions, so that what it loads once is not counted.
    """
    pid = world.fresh_gate()
    for _ in range(10):
        programs.open_session(world.routes[peer]).finish()
    before = process.settled_kib(pid)
    opened = []
    try:
        opened += [programs.open_session(world.routes[peer]) for _ in range(count)]
        return (process.settled_kib(pid) - before) / count
    finally:
        for connection in opened:
            connection.finish()


def _ways() -> tuple[tuple[str, str, str], ...]:
    """Return the gate's peers: route, policy, and what routes with the same TLS end in."""
    return (("yett", "restricted", ""), ("yett-free", "unrestricted", ""), ("yett+tls", "restricted", "+tls"))
