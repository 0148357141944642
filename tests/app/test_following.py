"""What others make beside the gate is noticed within seconds: overloads, casts, comments."""

import asyncio
from contextlib import suppress

from psycopg.conninfo import conninfo_to_dict

from servers.postgres import PASSWORD, TestPostgres
from yett.app.following import follow_targets
from yett.core.clock import SystemClock
from yett.core.secret import Secret
from yett.core.targets import Resource
from yett.protocols._wire.reception import Entry, TargetLogin
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.records import Meaning
from yett.protocols.postgres.settings import PostgresSettings


def test_a_function_made_beside_the_gate_is_noticed(postgres: TestPostgres, database: str) -> None:
    asyncio.run(_noticed(postgres, database))


async def _noticed(postgres: TestPostgres, database: str) -> None:
    names = NameCache(SystemClock())
    user = conninfo_to_dict(postgres.dsn(database=database))["user"]
    entry = Entry(Resource("orders", "postgres"), postgres.host, postgres.port, PostgresSettings(database=database))
    login = TargetLogin(str(user), Secret(PASSWORD))
    watching = asyncio.create_task(follow_targets({"orders": names}, {"orders": entry}, {"orders": login}))  # type: ignore[dict-item]  # no lease is needed here
    try:
        _know(names)
        await _forgotten_within(names, seconds=0.5, expected=False)
        await asyncio.sleep(3)
        _know(names)
        await asyncio.to_thread(
            postgres.execute,
            "CREATE FUNCTION lower(int) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$",
            database=database,
        )
        await _forgotten_within(names, seconds=8, expected=True)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


def _know(names: NameCache) -> None:
    names.keep_names({((), "f", None, "lower"): Meaning(builtin=True)}, names.generation)


async def _forgotten_within(names: NameCache, *, seconds: float, expected: bool) -> None:
    for _ in range(int(seconds * 20)):
        if names.is_empty:
            break
        await asyncio.sleep(0.05)
    assert names.is_empty is expected
