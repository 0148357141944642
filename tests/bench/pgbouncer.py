"""Debian's pgbouncer as people run it before one database: session pooling, SCRAM, nothing logged for each client."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.rounds import NotMeasured
from e2e.routes import OWNER
from servers.authority import Authority
from servers.postgres import PASSWORD, TestPostgres
from yett.demo.account import Account, unprivileged
from yett.demo.embedded import free_port

_INI = """
[databases]
{database} = host={server.host} port={server.port} dbname={database}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pool_mode = session
default_pool_size = 50
max_client_conn = 2000
auth_type = scram-sha-256
auth_file = {folder}/users.txt
server_tls_sslmode = disable
client_tls_sslmode = allow
client_tls_cert_file = {folder}/bouncer.pem
client_tls_key_file = {folder}/bouncer.key
log_connections = 0
log_disconnections = 0
log_stats = 0
stats_period = 3600
"""


@dataclass(frozen=True, slots=True)
class PgBouncer:
    """A running pgbouncer."""

    pid: int
    port: int
    version: str


@contextmanager
def pgbouncer_before(server: TestPostgres, authority: Authority, database: str) -> Iterator[PgBouncer]:
    """Start pgbouncer in front of one database, as an unprivileged user; it is ended in any case."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise NotMeasured("pgbouncer is not installed: run tools/setup-system bench")
    account = unprivileged()
    folder = account.own_folder("yett-bouncer-")
    port = free_port()
    _configure(folder, server, authority, database, port)
    account.own(folder)
    with (folder / "said.log").open("wb") as output:
        process = account.spawn([program, "-q", folder / "pgbouncer.ini"], output=output)
    try:
        _await_listening(process, port, folder / "said.log")
        yield PgBouncer(process.pid, port, _version(program, account))
    finally:
        process.kill()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, server: TestPostgres, authority: Authority, database: str, port: int) -> None:
    (folder / "pgbouncer.ini").write_text(_INI.format(server=server, folder=folder, database=database, port=port))
    users = folder / "users.txt"
    users.touch(mode=0o600)
    users.write_text(f'"{OWNER}" "{PASSWORD}"\n')
    chain, key = authority.server("localhost", "127.0.0.1")
    shutil.copy(chain, folder / "bouncer.pem")
    shutil.copy(key, folder / "bouncer.key")
    (folder / "bouncer.key").chmod(0o600)


def _await_listening(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    msg = f"pgbouncer did not start: {log.read_text(errors='replace').strip()[-500:]}"
    raise NotMeasured(msg)


def _version(program: str, account: Account) -> str:
    return account.run([program, "--version"]).stdout.splitlines()[0]
