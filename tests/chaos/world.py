"""What chaos is made in: a real PostgreSQL, a real gate that holds writes and leases roles, a disk for its store."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from chaos.acts import FLOWS, SCHEMA
from chaos.disk import Disk, small_disk
from e2e.gates import Gate, gate_before
from e2e.routes import OWNER
from servers.authority import new_authority
from servers.postgres import PASSWORD, TestPostgres, releases, running
from yett.demo.gate import GateFailed

DATABASE = "chaos"
PREFIX = "yett_e_"
_ADMIN, _ADMIN_PASSWORD = "lease_admin", "the-one-that-makes-roles"
# What the target told a client is done must survive its own death: kill -9 loses what is in shared memory alone.
_DURABLE = {"synchronous_commit": "on", "full_page_writes": "on"}
_VERSION = 17
_END_SECONDS = 12.0

_PERMIT = """
permit (
  principal in Group::"corp/writers",
  action in [Action::"connect", Action::"read", Action::"write", Action::"execute"],
  resource
);
"""
_HOLD = """
@id("{table}-needs-{flow}")
@approval("{flow}")
@reason("writes to {table} are reviewed")
forbid (principal, action == Action::"write", resource in Table::"chaos/public.{table}")
unless {{ context.approvals.contains("{flow}") }};
"""
_FREEZE = """
@id("frozen")
@reason("nothing is written to held for now")
forbid (principal, action == Action::"write", resource in Table::"chaos/public.held");
"""
_BUMP = """
@id("bump-{number}")
permit (principal in Group::"corp/nobody-{number}", action == Action::"read", resource);
"""
_EXTRA = """
[recording]
free_bytes_min = "3MiB"
reserve_bytes = "1MiB"

[approvals.dba]
reviewers = ["corp/dba"]
expires = "3s"
in_transaction = "2s"
remind = "1s"
open_per_principal = 50

[approvals.quick]
reviewers = ["corp/dba"]
expires = "1s"
in_transaction = "1s"
remind = "1s"
open_per_principal = 50

[approvals.pair]
reviewers = ["corp/dba"]
quorum = 2
expires = "3s"
in_transaction = "2s"
remind = "1s"
open_per_principal = 50
"""


@dataclass(slots=True)
class World:
    """Everything that is there, and how it is killed and started again. Starts happen in the main thread alone."""

    server: TestPostgres
    gate: Gate
    disk: Disk
    gate_up: bool = True
    target_up: bool = True
    disk_taken: bool = False
    bumps: int = 0

    @property
    def pid(self) -> int:
        """Return the gate's process."""
        process = self.gate.process
        assert process is not None
        return process.process.pid

    def kill_gate(self) -> None:
        """End the gate at once."""
        self.gate_up = False
        self.gate.kill9()

    def drain_gate(self) -> None:
        """Ask the gate to end."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self.gate_up = False

    def kill_target(self) -> None:
        """End the postmaster and every backend at once."""
        self.target_up = False
        self.server.kill9()

    def take_disk(self, leave_bytes: int) -> None:
        """Take the store's space away."""
        self.disk_taken = True
        self.disk.take(leave_bytes, self.pid)

    def reload(self, *, frozen: bool) -> None:
        """Put another version of the policies in force, in which writes to `held` may be forbidden."""
        self.bumps += 1
        self.gate.policies = policies(frozen=frozen, number=self.bumps)
        # A reader must never see half a file: the gate would only say so, and keep the old one.
        for name, text in self.gate.policies.items():
            new = self.gate.folder / "policies" / f".{name}.new"
            new.write_text(text)
            new.replace(self.gate.folder / "policies" / f"{name}.cedar")
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGHUP)

    def mend(self) -> list[str]:
        """Put everything back; return what did not come back as it should."""
        faults = []
        if self.disk_taken:
            self.disk.give_back(self.pid)
            self.disk_taken = False
        if not self.target_up:
            self.server.start()
            self.target_up = True
        process = self.gate.process
        assert process is not None
        if self.gate_up and process.process.poll() is not None:
            faults.append(f"the gate ended by itself with status {process.process.returncode}")
            self.gate_up = False
        if not self.gate_up:
            faults += self._ended()
            try:
                self.gate.start()
            except GateFailed as failed:
                faults.append(f"the gate did not come back: {failed.message}")
                self.gate.kill9()
                self.gate.start()
            self.gate_up = True
        return faults

    def _ended(self) -> list[str]:
        """Wait until the gate that was told to end has ended."""
        process = self.gate.process
        assert process is not None
        try:
            status = process.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill9()
            return [f"the gate did not end within {_END_SECONDS:.0f} s of SIGTERM"]
        return [] if status in {0, -signal.SIGKILL} else [f"the gate ended with status {status}"]


def policies(*, frozen: bool = False, number: int = 0) -> dict[str, str]:
    """Return the policies: writers write, but wait for the flow of each table."""
    holds = "".join(_HOLD.format(table=table, flow=flow) for table, flow in FLOWS.items() if flow)
    return {"chaos": _PERMIT + holds + _BUMP.format(number=number) + (_FREEZE if frozen else "")}


@contextmanager
def world(*, mounted: bool = True) -> Iterator[World]:
    """Start everything; end and remove everything."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="yett-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        authority = new_authority(folder / "authority")
        server = stack.enter_context(running(releases()[_VERSION], authority, _DURABLE))
        _fill(server)
        admin = f'{{ from = "file", login = "{_ADMIN}", password = "admin.password" }}'
        gate = stack.enter_context(
            gate_before(
                server,
                authority,
                policies=policies(),
                resources={DATABASE: DATABASE},
                extra=_EXTRA,
                credential=f'{{ from = "file", login = "{OWNER}", password = "target.password" }}',
            )
        )
        gate.terminate()
        shutil.rmtree(gate.data)
        disk = small_disk(gate.data, mounted=mounted)
        stack.callback(disk.close)
        (gate.folder / "admin.password").write_text(_ADMIN_PASSWORD)
        (gate.folder / "admin.password").chmod(0o600)
        gate.credential = f'{{ from = "ephemeral", admin = {admin} }}'
        gate.write()
        _drain_soon(gate)
        gate.start()
        yield World(server, gate, disk)


def roles_left(server: TestPostgres, wait_seconds: float) -> tuple[str, ...]:
    """Return the roles that gates made and that are still there after a while."""
    deadline = time.monotonic() + wait_seconds
    with server.connect() as connection:
        while True:
            rows = connection.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [PREFIX])
            found = tuple(str(row[0]) for row in rows)
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(0.05)


def _drain_soon(gate: Gate) -> None:
    gate.config.write_text(gate.config.read_text().replace("[gate]\n", '[gate]\ndrain = "2s"\n', 1))


def _fill(server: TestPostgres) -> None:
    with server.connect() as connection:
        owner = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(OWNER), sql.Literal(PASSWORD))
        connection.execute(owner)
        words = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE IN ROLE {} PASSWORD {}")
        connection.execute(words.format(sql.Identifier(_ADMIN), sql.Identifier(OWNER), sql.Literal(_ADMIN_PASSWORD)))
    server.create_database(DATABASE, OWNER)
    with server.connect(database=DATABASE) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(OWNER)))
        connection.execute(SCHEMA)  # type: ignore[arg-type]  # psycopg wants literal text
