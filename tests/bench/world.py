"""What is measured: one PostgreSQL with pgbench's tables, pgbouncer and one gate before it, and the ways to each."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from bench import sensitive
from bench.pgbouncer import PgBouncer, pgbouncer_before
from bench.rounds import NotMeasured
from e2e.gates import Gate, gate_before
from e2e.routes import OWNER, Route
from servers.authority import Authority, new_authority
from servers.postgres import PASSWORD, TestPostgres, releases, running

DATABASE = "bench"
SCALE = 10
POSTGRES_VERSION = 15  # Debian's, which pgbench comes with

# For the restricted one every statement is resolved and decided, and its names are asserted in the same round trip. For
# the free one policy proves at once that nothing can be refused.
POLICIES = {
    "restricted": """
permit (principal == Agent::"local/restricted", action == Action::"connect", resource == Resource::"bench");
permit (
  principal == Agent::"local/restricted",
  action in [Action::"read", Action::"write"],
  resource in Schema::"bench/public"
);
""",
    "free": 'permit (principal == Agent::"local/free", action, resource in Resource::"bench");\n',
}

_LIMITS = """
[limits]
sessions = 10000
sessions_per_principal = 10000
"""

_SERVER = {
    "log_statement": "none",
    "shared_buffers": "256MB",
    "max_connections": "1300",
    "max_wal_size": "2GB",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


@dataclass(frozen=True, slots=True)
class World:
    """Everything that runs. `routes` are the peers by name; those that end in `+tls` have TLS up to the client."""

    server: TestPostgres
    bouncer: PgBouncer
    gate: Gate
    routes: dict[str, Route]
    folder: Path

    @property
    def recorded_bytes(self) -> int:
        """Return how much the gate has recorded."""
        return sum(path.stat().st_size for path in (self.gate.data / "recordings").rglob("*.yrec"))

    def fresh_gate(self) -> int:
        """Start the gate anew, so that memory freed by earlier work hides nothing; returns its process number."""
        self.gate.restart()
        return self.gate_pid

    def proxy_pid(self, peer: str) -> int | None:
        """Return the process number of what stands between on this peer's way, if anything does."""
        if peer.startswith("direct"):
            return None
        return self.bouncer.pid if peer.startswith("pgbouncer") else self.gate_pid

    @property
    def server_pid(self) -> int:
        """Return the process number of the postmaster, whose children are the server's sessions."""
        return int((self.server.server.data / "postmaster.pid").read_text().split()[0])

    @property
    def gate_pid(self) -> int:
        """Return the gate's process number."""
        return int(self.gate.process.process.pid)


@contextmanager
def world() -> Iterator[World]:
    """Start all that is compared; end it and remove what it wrote."""
    folder = Path(tempfile.mkdtemp(prefix="yett-bench-"))
    try:
        authority = new_authority(folder / "authority")
        with running(releases()[POSTGRES_VERSION], authority, _SERVER) as server:
            _fill(server)
            with _peers(server, authority, folder) as found:
                _prove(found)
                yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _peers(server: TestPostgres, authority: Authority, folder: Path) -> Iterator[World]:
    # The gate is shown a server without TLS: targets are reached without it, by every peer alike.
    plain = replace(server, release=replace(server.release, tls=False))
    with (
        pgbouncer_before(server, authority, DATABASE) as bouncer,
        gate_before(
            plain,
            authority,
            extra=_LIMITS + sensitive.settings(),
            policies=POLICIES | sensitive.policies(),
            resources={DATABASE: DATABASE, **sensitive.resources(DATABASE)},
        ) as gate,
    ):
        yield World(server, bouncer, gate, _routes(plain, bouncer, gate), folder)


def _routes(server: TestPostgres, bouncer: PgBouncer, gate: Gate) -> dict[str, Route]:
    direct = Route("direct", server, server.host, server.port, OWNER, PASSWORD, DATABASE)
    found = {
        "direct": direct,
        "pgbouncer": replace(direct, name="pgbouncer", port=bouncer.port),
        "yett": _as_agent(gate, "restricted"),
        "yett-free": _as_agent(gate, "free"),
    }
    covered = {f"{name}+tls": replace(found[name], sslmode="require") for name in ("direct", "pgbouncer", "yett")}
    return found | covered


def _as_agent(gate: Gate, name: str) -> Route:
    """Make a local agent and a yett credential for it, as an operator would."""
    _yett(gate, "agent", "add", name)
    issued = json.loads(_yett(gate, "token", "issue", name, "--for", "4h", "--json"))
    return Route(f"yett as {name}", gate.server, gate.host, gate.port, issued["user"], issued["credential"], DATABASE)


def _yett(gate: Gate, *arguments: str) -> str:
    command = [sys.executable, "-m", "yett", *arguments, "--config", str(gate.config)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if result.returncode:
        msg = f"yett {arguments[0]} {arguments[1]} failed: {result.stderr.strip()}"
        raise NotMeasured(msg)
    return result.stdout


def _fill(server: TestPostgres) -> None:
    server.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
    server.create_database(DATABASE, OWNER)
    route = Route("direct", server, server.host, server.port, OWNER, PASSWORD, DATABASE)
    command = [server.tool("pgbench"), "--initialize", "--quiet", f"--scale={SCALE}", "--init-steps=dtGvp"]
    result = route.run(command, seconds=180)
    if result.returncode:
        msg = f"pgbench could not make its tables: {result.stderr.strip()}"
        raise NotMeasured(msg)
    server.execute("VACUUM (FREEZE, ANALYZE) pgbench_accounts", "CHECKPOINT", database=DATABASE)


def _prove(found: World) -> None:
    """Make sure that each way works and that the gate does its work: judges, refuses, records."""
    deadline = time.monotonic() + 10  # a running gate sees a new credential within a tenth of a second
    for route in found.routes.values():
        while not _answers(route, deadline):
            time.sleep(0.1)
    with found.routes["yett"].connect() as connection:
        try:
            connection.execute("CREATE TABLE not_permitted ()")
        except psycopg.errors.InsufficientPrivilege:
            pass
        else:
            raise NotMeasured("the gate let the restricted agent define a table: policy is not on")
    if found.recorded_bytes == 0:
        raise NotMeasured("the gate has recorded nothing")


def _answers(route: Route, deadline: float) -> bool:
    try:
        with route.connect() as connection:
            connection.execute("SELECT abalance FROM pgbench_accounts WHERE aid = 1").fetchone()
    except psycopg.OperationalError as error:
        if time.monotonic() > deadline:
            msg = f"{route.name} does not answer: {error}"
            raise NotMeasured(msg) from None
        return False
    return True
