"""asyncpg, which speaks the protocol by itself and in binary, works through the gate."""

import asyncio
import io
import ssl
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from e2e.routes import Route

Work = Callable[[asyncpg.Connection], Awaitable[object]]


def _with_connection(route: Route, work: Work, **options: object) -> object:
    async def run() -> object:
        # A limit of its own: pytest's can't end an event loop that waits for a server.
        async with asyncio.timeout(20):
            connection = await asyncpg.connect(**_login(route), **options)
            try:
                return await work(connection)
            finally:
                connection.terminate()

    return asyncio.run(run())


def _login(route: Route) -> dict[str, object]:
    return {
        "host": route.host,
        "port": route.port,
        "user": route.user,
        "password": route.password,
        "database": route.database,
        "ssl": ssl.create_default_context(cafile=route.ca_path) if route.ca_path else False,
    }


def test_parameters_and_rows_of_many_types(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        query = "SELECT $1::numeric, $2::date, $3::text[], $4::jsonb, $5::bytea"
        return tuple(
            await connection.fetchrow(query, Decimal("1.50"), date(2024, 1, 2), ["a", None], '{"b": 1}', b"\0\xff")
        )

    expected = (Decimal("1.50"), date(2024, 1, 2), ["a", None], '{"b": 1}', b"\0\xff")
    assert _with_connection(route, work) == expected


def test_its_statement_cache_prepares_once(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        for number in range(1, 11):
            assert await connection.fetchval("SELECT id FROM customers WHERE id = $1", number) == number
        return await connection.fetchval(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT id%'"
        )

    assert _with_connection(route, work) == 1


def test_without_its_cache_statements_are_unnamed(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        return [await connection.fetchval("SELECT $1::int", number) for number in range(5)]

    assert _with_connection(route, work, statement_cache_size=0) == list(range(5))


def test_a_prepared_statement_describes_itself(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        statement = await connection.prepare("SELECT id, email FROM customers WHERE id > $1")
        columns = [(column.name, column.type.name) for column in statement.get_attributes()]
        return columns, [parameter.name for parameter in statement.get_parameters()]

    assert _with_connection(route, work) == ([("id", "int8"), ("email", "text")], ["int8"])


def test_enums_and_composites_are_looked_up_by_introspection(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        status = await connection.fetchval("SELECT 'paid'::order_status")
        row = await connection.fetchval("SELECT p FROM products p WHERE id = 1")
        statuses = await connection.fetchval(
            "SELECT array_agg(DISTINCT status) @> '{paid}'::order_status[] FROM orders"
        )
        return status, row["sku"], statuses

    assert _with_connection(route, work) == ("paid", "SKU-00001", True)


def test_a_cursor_fetches_a_portal_in_parts(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        async with connection.transaction():
            cursor = await connection.cursor("SELECT id FROM customers ORDER BY id")
            first = [row["id"] for row in await cursor.fetch(5)]
            await cursor.forward(10)
            then = [row["id"] for row in await cursor.fetch(2)]
            iterated = [row["id"] async for row in connection.cursor("SELECT id FROM orders ORDER BY id", prefetch=7)]
            return first, then, len(iterated)

    assert _with_connection(route, work) == ([1, 2, 3, 4, 5], [16, 17], 500)


def test_executemany_is_all_or_nothing(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        await connection.execute("CREATE TEMP TABLE t (a int PRIMARY KEY)")
        await connection.executemany("INSERT INTO t VALUES ($1)", [(n,) for n in range(1000)])
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.executemany("INSERT INTO t VALUES ($1)", [(2000,), (5,), (2001,)])
        return await connection.fetchval("SELECT count(*) FROM t")

    assert _with_connection(route, work) == 1000


def test_copy_in_and_out(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        await connection.execute("CREATE TEMP TABLE t (a int, b text)")
        rows = [(n, f"row {n}") for n in range(5000)]
        tag = await connection.copy_records_to_table("t", records=rows)
        out = io.BytesIO()
        await connection.copy_from_query("SELECT * FROM t WHERE a < $1", 3, output=out, format="csv")
        return tag, out.getvalue()

    assert _with_connection(route, work) == ("COPY 5000", b"0,row 0\n1,row 1\n2,row 2\n")


def test_transactions_nest(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        async with connection.transaction():
            await connection.execute("CREATE TEMP TABLE t (a int)")
            with pytest.raises(asyncpg.DivisionByZeroError):
                async with connection.transaction():
                    await connection.execute("INSERT INTO t VALUES (1)")
                    await connection.execute("SELECT 1 / 0")
            await connection.execute("INSERT INTO t VALUES (2)")
        return await connection.fetch("SELECT a FROM t")

    assert [row["a"] for row in _with_connection(route, work)] == [2]


def test_a_call_that_times_out_is_cancelled_at_the_server(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        with pytest.raises(TimeoutError):
            await connection.execute("SELECT pg_sleep(20)", timeout=0.3)
        return await connection.fetchval("SELECT 'alive'")

    assert _with_connection(route, work) == "alive"


def test_listeners_hear(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        heard = asyncio.Queue()
        await connection.add_listener("bells", lambda _c, _pid, _channel, payload: heard.put_nowait(payload))
        await connection.execute("NOTIFY bells, 'ring'")
        async with asyncio.timeout(5):
            return await heard.get()

    assert _with_connection(route, work) == "ring"


def test_notices_are_heard(route: Route) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        heard = []
        connection.add_log_listener(lambda _connection, message: heard.append(message.message))
        await connection.execute("DO $$ BEGIN RAISE NOTICE 'hear me'; END $$")
        await asyncio.sleep(0)
        return heard

    assert _with_connection(route, work) == ["hear me"]


def test_a_pool_resets_what_a_session_left(route: Route) -> None:
    async def run() -> list[object]:
        async with asyncpg.create_pool(**_login(route), min_size=2, max_size=4) as pool:
            answers = await asyncio.gather(*(pool.fetchval("SELECT $1::int", n) for n in range(40)))
            async with pool.acquire() as connection:
                await connection.execute("SET work_mem = '9MB'")
            async with pool.acquire() as connection:
                return [answers, await connection.fetchval("SHOW work_mem")]

    assert asyncio.run(asyncio.wait_for(run(), 20)) == [list(range(40)), "4MB"]
