"""The five works that the gate is measured by, each as the issue words it, each with its bar."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench import memory, programs
from bench.report import Bar, Judged, Row
from bench.rounds import Series, in_turns, series
from bench.world import World

CLIENTS = 8
ALL = ("direct", "pgbouncer", "yett", "yett-free", "direct+tls", "pgbouncer+tls", "yett+tls")

ADDED = Bar(3, 1.5, "")
RATE = Bar(0.4, 0.8, "", at_least=True)
BULK = Bar(1.3, 1.05, "")
# The issue says "memory bounded": an answer of a hundred MB must not be found in the gate's memory.
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


FULL = Pace()
QUICK = Pace(rounds=3, transactions=600, seconds=1, rate_rounds=3, rows=200_000, bulk_rounds=3, connects=15, idle=250)


@dataclass(slots=True)
class Course:
    """One run over all works. `measured` keeps every peer's figures; `tell` hears of progress."""

    world: World
    pace: Pace
    tell: Callable[[str], None]
    measured: dict[str, dict[str, Series]] = field(default_factory=dict)

    def run(self) -> list[Row]:
        """Measure everything and return the rows."""
        works = (self._latency, self._throughput, self._bulk, self._connect, self._idle)
        return [row for work in works for row in work()]

    def _latency(self) -> Iterator[Row]:
        routes, count = self.world.routes, self.pace.transactions
        title = "1 client, simple SELECT: µs"
        found = self._turns(title, ALL, self.pace.rounds, lambda peer: programs.latency_us(routes[peer], count))
        for ours, policy, tls in _ways():
            base = found["direct" + tls]
            added, peer = found[ours].minus(base), found["pgbouncer" + tls].minus(base)
            yield self._row("1 client, simple SELECT, added median", ADDED, "µs", added, peer, "pgbouncer", policy, tls)

    def _throughput(self) -> Iterator[Row]:
        routes, seconds = self.world.routes, self.pace.seconds
        for mode in ("simple", "prepared"):
            found = self._turns(
                f"{CLIENTS} clients, {mode}: statements/s",
                ALL,
                self.pace.rate_rounds,
                lambda peer, mode=mode: programs.throughput(routes[peer], mode, CLIENTS, seconds),
            )
            for ours, policy, tls in _ways():
                work = f"{CLIENTS} clients, {mode}"
                yield self._row(work, RATE, "/s", found[ours], found["pgbouncer" + tls], "pgbouncer", policy, tls)

    def _bulk(self) -> Iterator[Row]:
        rows, rounds = self.pace.rows, self.pace.bulk_rounds
        pid, growth = self.world.fresh_gate(), dict[str, list[float]]()

        def measure(peer: str) -> float:
            before = memory.resident_kib(pid)
            memory.reset_peak(pid)
            took = programs.bulk_seconds(self.world.routes[peer], rows)
            growth.setdefault(peer, []).append((memory.peak_kib(pid) - before) / 1024)
            return took

        name = f"{rows:,} rows x 4 columns"
        found = self._turns(f"{name}: seconds", ALL, rounds, measure)
        grown = {peer: series(values) for peer, values in growth.items() if peer.startswith("yett")}
        self.measured[f"{name}: MiB that the gate grew"] = grown
        for ours, policy, tls in _ways():
            yield self._row(f"{name} to psql", BULK, "s", found[ours], found["direct" + tls], "direct", policy, tls)
        for ours, policy, tls in _ways():
            most = series([grown[ours].high])
            yield self._row(f"{name}, gate's memory grows", GROWTH, "MiB", most, None, "", policy, tls)

    def _connect(self) -> Iterator[Row]:
        routes, count = self.world.routes, self.pace.connects
        title = "connect, sign in, first row: ms"
        found = self._turns(title, ALL, self.pace.rounds, lambda peer: programs.connect_ms(routes[peer], count))
        for ours, policy, tls in _ways():
            work = "connect, sign in, first row"
            yield self._row(work, CONNECT, "ms", found[ours], found["direct" + tls], "direct", policy, tls)

    def _idle(self) -> Iterator[Row]:
        count = self.pace.idle
        for ours, policy, tls in _ways():
            each = series([idle_kib(self.world, ours, count)])
            self.measured.setdefault(f"{count:,} idle sessions: KiB each", {})[ours] = each
            self.tell(f"{count:,} idle sessions: KiB each   {ours} {each.median:.1f}")
            yield self._row(f"{count:,} idle sessions, each", IDLE, "KiB", each, None, "", policy, tls)

    def _turns(
        self, title: str, peers: tuple[str, ...], rounds: int, measure: Callable[[str], float]
    ) -> dict[str, Series]:
        found = in_turns(peers, rounds, measure)
        self.measured[title] = found
        self.tell(f"{title}   " + "  ".join(f"{peer} {one.median:.4g}" for peer, one in found.items()))
        return found

    def _row(
        self, work: str, bar: Bar, unit: str, ours: Series, peer: Series | None, name: str, policy: str, tls: str
    ) -> Row:
        official = policy == "restricted" and not tls
        return Row(work, bar, unit, ours, peer, name, policy, bool(tls), official)


def idle_kib(world: World, peer: str, count: int) -> float:
    """Return the resident memory of each of `count` sessions that have had one row and now do nothing.

    The gate is a fresh one, warmed by a few sessions, so that what it loads once is not counted.
    """
    pid = world.fresh_gate()
    for _ in range(10):
        programs.open_session(world.routes[peer]).finish()
    before = memory.settled_kib(pid)
    opened = []
    try:
        opened += [programs.open_session(world.routes[peer]) for _ in range(count)]
        return (memory.settled_kib(pid) - before) / count
    finally:
        for connection in opened:
            connection.finish()


def _ways() -> tuple[tuple[str, str, str], ...]:
    """Return the gate's peers: route, policy, and what routes with the same TLS end in."""
    return (("yett", "restricted", ""), ("yett-free", "unrestricted", ""), ("yett+tls", "restricted", "+tls"))
