"""Keeps an eye on each target's catalog, on a connection of the gate's own, for what nobody's statement can show."""

import asyncio
from collections.abc import Mapping
from functools import partial

from yett.app.targets import ask, talk_to_target
from yett.core.errors import UpstreamFailed
from yett.credentials.sources import CredentialSource
from yett.protocols._wire.dialogue import Await, Opening
from yett.protocols._wire.reception import Entry
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.epoch import EPOCH_SQL, epoch_of

INTERVAL_SECONDS = 2.0
_RETRY_SECONDS = 10.0


def watch_catalog(names: NameCache) -> Opening[None]:
    """Compare the catalog's epoch every other second, and forget names when it has moved; ends when none are known."""
    while not names.is_empty:
        rows = yield from ask(EPOCH_SQL)
        if rows is None:
            return
        names.observe(epoch_of(rows))
        yield Await("sleep", INTERVAL_SECONDS)


async def follow_targets(
    catalogs: Mapping[str, NameCache], entries: Mapping[str, Entry], sources: Mapping[str, CredentialSource]
) -> None:
    """Watch every target until cancelled. One that cannot be reached is tried again: names then live by their age."""
    async with asyncio.TaskGroup() as group:
        for name, names in catalogs.items():
            group.create_task(_follow(entries[name], sources[name], names))


async def _follow(entry: Entry, source: CredentialSource, names: NameCache) -> None:
    while True:
        pause = INTERVAL_SECONDS
        if not names.is_empty:
            try:
                await talk_to_target(entry, source, partial(watch_catalog, names), None)
            except UpstreamFailed:
                pause = _RETRY_SECONDS
        await asyncio.sleep(pause)
