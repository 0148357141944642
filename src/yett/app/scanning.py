"""Samples a resource, looks at its values with the detectors, and says which columns should have which label."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from yett.app.gate import credential_sources, entries
from yett.app.masking import masking_key
from yett.app.sampling import SampledTable, sampling
from yett.app.targets import talk_to_target
from yett.config import Config
from yett.config.problems import nearest
from yett.core.clock import Clock
from yett.core.errors import ConfigError
from yett.masking.masks import GateMasks
from yett.masking.proposals import Proposal, proposals

_SECONDS_MAX = 6 * 3600
_STATEMENT_SECONDS = 10


@dataclass(slots=True)
class Scan:
    """What one scan came to: counts and proposals, never a value."""

    resource: str
    tables: int = 0
    columns: int = 0
    unreadable: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sampling:
    """What is to be read: tables whose `schema.table` fits a pattern, and so many rows of each at most."""

    tables: str = "*"
    rows: int = 500


def scan(
    config: Config, clock: Clock, resource: str, wanted: Sampling, progress: Callable[[SampledTable], None]
) -> Scan:
    """Return what the detectors see in a resource, signing in with the gate's own credential.

    Tables are read in read-only transactions with a time limit; `progress` is told of each.
    Raises ConfigError for an unknown resource, UpstreamFailed where the target cannot be reached.
    """
    if resource not in config.settings.resources:
        message = f'no resource "{resource}" in {config.file}'
        hint = nearest(resource, config.settings.resources)
        raise ConfigError(message, hint=hint, code="config_unknown_name")
    masks = GateMasks(config.settings.masking, masking_key(config))
    scanner, labelling = masks.scanner(frozenset()), masks.labelling(resource)
    found = Scan(resource)

    def taken(table: SampledTable) -> None:
        found.tables += 1
        found.columns += len(table.columns)
        if not table.readable:
            found.unreadable.append(f"{table.schema}.{table.table}")
        found.proposals += proposals(table.columns, scanner, labelling)
        progress(table)

    def fits(schema: str, table: str) -> bool:
        return fnmatchcase(f"{schema}.{table}", wanted.tables)

    entry, source = entries(config)[resource], credential_sources(config, clock)[resource]
    talk = sampling(fits, wanted.rows, _STATEMENT_SECONDS, taken)
    asyncio.run(talk_to_target(entry, source, lambda: talk, _SECONDS_MAX))
    return found
