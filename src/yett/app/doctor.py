"""Everything that `yett doctor` looks at: this machine, the targets' clocks, and the ways around the gate."""

import asyncio

from yett.app.around import around_findings
from yett.app.environment import environment_findings
from yett.app.findings import Finding
from yett.app.gate import credential_sources, entries
from yett.config import Config
from yett.core.clock import Clock


def run_doctor(config: Config, clock: Clock) -> list[Finding]:
    """Return every finding. It signs in to targets, and changes nothing."""

    async def collect() -> list[Finding]:
        found = list(environment_findings(config))
        sources = credential_sources(config, clock)
        for name, entry in entries(config).items():
            found += [finding async for finding in around_findings(entry, sources[name])]
        return found

    return asyncio.run(collect())
