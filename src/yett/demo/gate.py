"""The quick start's gate: the ordinary `yett up`, as a process of its own."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

from yett.core.errors import YettError
from yett.demo.account import ourselves


class GateFailed(YettError):
    """The quick start's gate ended, or did not become ready."""

    code = "demo_gate_failed"


@dataclass(slots=True)
class GateProcess:
    """A running `yett up`; `admin` is the address of its /readyz."""

    process: subprocess.Popen[bytes]
    admin: str

    def await_ready(self, *, wait_seconds: float = 30) -> None:
        """Return once /readyz says yes; raises GateFailed when the process ends or the time is up."""
        deadline = time.monotonic() + wait_seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                msg = f"the gate ended with status {self.process.returncode}"
                raise GateFailed(msg, hint="what it said is above, or in its log")
            if is_ready(self.admin):
                return
            time.sleep(0.05)
        msg = f"the gate was not ready within {wait_seconds:.0f} seconds"
        raise GateFailed(msg, hint=f"{self.admin}/readyz says why")

    def terminate(self, *, wait_seconds: float = 40) -> int:
        """Ask it to drain and end; returns its exit status. It is killed when it takes too long."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(wait_seconds)
        except subprocess.TimeoutExpired:
            self.kill9()
            return self.process.wait()

    def kill9(self) -> None:
        """End it at once, as the kernel would when memory is out."""
        self.process.kill()
        self.process.wait(10)


def start_gate(config: Path, admin: str, *, output: IO[bytes] | int) -> GateProcess:
    """Start `yett up` with this yett.toml; what it says goes to `output`. It ends when we do, however we end."""
    command = [sys.executable, "-m", "yett", "up", "--config", str(config)]
    return GateProcess(ourselves().spawn(command, output=output), admin)


def is_ready(admin: str) -> bool:
    """Tell whether the gate behind this address says that it is ready."""
    try:
        with urlopen(f"{admin}/readyz", timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
