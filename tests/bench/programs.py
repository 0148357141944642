"""Runs the clients that do the measuring: pgbench, psql, and libpq itself."""

import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, median_grouped

from psycopg import pq

from bench.rounds import NotMeasured
from e2e.routes import Route

ROWS = 1_000_000
SELECT = "SELECT abalance FROM pgbench_accounts WHERE aid = "
_SCRIPT = f"\\set aid random(1, {ROWS})\n{SELECT}:aid;\n"
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_COUNT = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast statements went, without the time to connect, and how many they were."""

    per_second: float
    statements: int


def latency_us(route: Route, transactions: int) -> float:
    """Return the median time of one client's simple SELECT, in µs: each statement has another literal."""
    with tempfile.TemporaryDirectory(prefix="yett-bench-") as folder:
        log = f"--log-prefix={folder}/log"
        _pgbench(route, folder, "--client=1", f"--transactions={transactions}", "--protocol=simple", "--log", log)
        lines = [line for path in Path(folder).glob("log.*") for line in path.read_text().splitlines()]
    if len(lines) != transactions:
        msg = f"pgbench logged {len(lines)} of {transactions} transactions through {route.name}"
        raise NotMeasured(msg)
    # pgbench counts whole µs: a plain median would move in steps of a tenth of what pgbouncer adds.
    return median_grouped([int(line.split()[2]) for line in lines], interval=1)


def throughput(route: Route, mode: str, clients: int, seconds: int) -> Rate:
    """Run statements of several clients at once for a while; `mode` is pgbench's: simple, extended or prepared."""
    with tempfile.TemporaryDirectory(prefix="yett-bench-") as folder:
        said = _pgbench(route, folder, f"--client={clients}", "--jobs=2", f"--time={seconds}", f"--protocol={mode}")
    return Rate(_figure(_TPS, said), int(_figure(_COUNT, said)))


def bulk_seconds(route: Route, rows: int) -> float:
    """Return how long psql takes to fetch and print all four columns of so many accounts."""
    limit = "" if rows == ROWS else f" LIMIT {rows}"
    return select_seconds(route, f"SELECT aid, bid, abalance, filler FROM pgbench_accounts{limit}")


def select_seconds(route: Route, select: str) -> float:
    """Return how long psql takes to fetch and print everything that this answers."""
    command = [route.server.tool("psql"), "-X", "-q", "-A", "-t", "-o", "/dev/null", "-c", select]
    started = time.perf_counter()
    result = route.run(command, seconds=120)
    took = time.perf_counter() - started
    if result.returncode or result.stderr:
        msg = f"psql failed through {route.name}: {result.stderr.strip()[:500]}"
        raise NotMeasured(msg)
    return took


def connect_ms(route: Route, times: int) -> float:
    """Return the median time to connect, authenticate and have a first row, in ms; by libpq without anything around."""
    return median(_connect_ms(route) for _ in range(times))


def open_session(route: Route) -> pq.PGconn:
    """Return a connection that has had its first row."""
    connection = pq.PGconn.connect(route.dsn().encode())
    if connection.status != pq.ConnStatus.OK:
        msg = f"{route.name} let nobody in: {connection.get_error_message()}"
        raise NotMeasured(msg)
    answer = connection.exec_(f"{SELECT}1".encode())
    if answer.status != pq.ExecStatus.TUPLES_OK or answer.ntuples != 1:
        msg = f"no row through {route.name}: {answer.get_error_message()}"
        raise NotMeasured(msg)
    return connection


def _connect_ms(route: Route) -> float:
    started = time.perf_counter()
    connection = open_session(route)
    took = time.perf_counter() - started
    connection.finish()
    return took * 1000


def _pgbench(route: Route, folder: str, *arguments: str) -> str:
    script = Path(folder) / "select.sql"
    script.write_text(_SCRIPT)
    command = [route.server.tool("pgbench"), "--no-vacuum", f"--file={script}", *arguments]
    result = route.run(command, seconds=120)
    if result.returncode or _figure(_COUNT, result.stdout) == 0:
        msg = f"pgbench failed through {route.name}: {result.stderr.strip()[:500]}"
        raise NotMeasured(msg)
    return result.stdout


def _figure(pattern: re.Pattern[str], said: str) -> float:
    found = pattern.search(said)
    if found is None:
        msg = f"pgbench said nothing of {pattern.pattern}"
        raise NotMeasured(msg)
    return float(found[1])
