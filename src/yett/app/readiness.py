"""Says whether new sessions should come here now, and gives other rooms' numbers to the metrics."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yett import __version__
from yett.app.measured import Ledger
from yett.app.policies import PolicyWatch
from yett.build_info import build_summary
from yett.gateway.gate import Gate
from yett.gateway.sessions import Sessions
from yett.identity.identity import Identity
from yett.interceptors.authorize import PolicyInForce
from yett.recording.vault import Vault


@dataclass(frozen=True, slots=True)
class Readiness:
    """The state of the gate as its operators see it. Nothing here waits or touches the network."""

    gate: Gate
    vault: Vault
    identity: Identity
    policy: PolicyInForce
    watch: PolicyWatch
    data: Path

    def reasons(self) -> list[str]:
        """Return why no session should come here now; empty when all is well."""
        found = []
        if self.gate.draining:
            found.append("draining: the gate is shutting down")
        if trouble := self.vault.trouble():
            found.append(f"{trouble}: evidence cannot be written, so everything is refused")
        if self.watch.problem:
            found.append(f"policy_invalid: {self.watch.problem}; version {self.policy.engine.version} stays in force")
        return found

    def readings(self, ledger: Ledger, sessions: Sessions) -> Callable[[], dict[tuple[str, tuple[str, ...]], float]]:
        """Return what the metrics ask at each scrape."""
        build = (__version__, build_summary())

        def read() -> dict[tuple[str, tuple[str, ...]], float]:
            ledger.note(sessions.drivers)
            return {
                ("yett_ready", ()): float(not self.reasons()),
                ("yett_recording_healthy", ()): float(self.vault.healthy()),
                ("yett_recording_free_bytes", ()): _free_bytes(self.data),
                ("yett_policy_info", (str(self.policy.engine.version),)): 1.0,
                ("yett_build_info", build): 1.0,
            }

        return read


def _free_bytes(folder: Path) -> float:
    space = os.statvfs(folder)
    return float(space.f_bavail * space.f_frsize)
