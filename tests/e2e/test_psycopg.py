"""psycopg 3 works through the gate: sync and async, text and binary, pipelines, cursors, COPY, notifications."""

import asyncio
import contextlib
import threading
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from e2e.conftest import WAYS
from e2e.routes import Route

VALUES = {
    "int8": 2**62,
    "numeric": Decimal("12345678901234567890.123456789"),
    "float8": 1.5e300,
    "text": "Žluťoučký kůň 🐎 \\ ' \"",
    "bytea": bytes(range(256)),
    "bool": True,
    "date": date(2024, 2, 29),
    "timestamptz": datetime(2024, 2, 29, 12, 30, 45, 123456, tzinfo=UTC),
    "interval": timedelta(days=400, microseconds=7),
    "uuid": UUID("12345678-1234-5678-1234-567812345678"),
    "inet": ip_address("2001:db8::1"),
    "int4[]": [1, 2, None, 4],
    "text[]": ["a", None, "c,d", '"'],
}


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("kind", VALUES)
def test_a_value_goes_there_and_back(any_route: Route, kind: str, binary: bool) -> None:
    with any_route.connect() as connection, connection.cursor(binary=binary) as cursor:
        mark = "%b" if binary else "%s"
        cursor.execute(f"SELECT {mark}::{kind}, NULL::{kind}", [VALUES[kind]])
        assert cursor.fetchone() == (VALUES[kind], None)


def test_json_goes_there_and_back(route: Route) -> None:
    value = {"a": [1, None, {"b": "ü"}]}
    with route.connect() as connection:
        assert connection.execute("SELECT %s::jsonb", [Jsonb(value)]).fetchone() == (value,)


def test_what_the_server_says_of_itself_is_mirrored(any_route: Route) -> None:
    names = ("server_version", "server_encoding", "client_encoding", "DateStyle", "integer_datetimes", "TimeZone")
    with any_route.connect() as connection, any_route.server.connect() as server:
        told = {name: connection.info.parameter_status(name) for name in names}
        assert told == {name: server.info.parameter_status(name) for name in names}


def test_a_changed_setting_is_reported(route: Route) -> None:
    with route.connect() as connection:
        connection.execute("SET application_name = 'another'")
        assert connection.info.parameter_status("application_name") == "another"


def test_an_error_carries_every_field(route: Route, direct: Route) -> None:
    assert _unique_violation(route) == _unique_violation(direct)


def _unique_violation(route: Route) -> dict[str, str | None]:
    with route.connect() as connection, pytest.raises(psycopg.errors.UniqueViolation) as caught:
        connection.execute("INSERT INTO products VALUES (1, 'SKU-00001', 'x', 1, 1, '{}')")
    diagnosis = caught.value.diag
    names = ("severity", "sqlstate", "message_primary", "message_detail", "schema_name", "table_name")
    return {name: getattr(diagnosis, name) for name in (*names, "constraint_name", "source_function")}


def test_an_errors_place_counts_characters_not_bytes(route: Route) -> None:
    with route.connect() as connection, pytest.raises(psycopg.errors.UndefinedColumn) as caught:
        connection.execute("SELECT 'ěšč', nowhere")
    assert caught.value.diag.statement_position == "15"


def test_notices_arrive_before_the_answer(route: Route) -> None:
    heard = []
    with route.connect() as connection:
        connection.add_notice_handler(lambda notice: heard.append(notice.message_primary))
        connection.execute("DO $$ BEGIN RAISE NOTICE 'one'; RAISE NOTICE 'two'; END $$")
    assert heard == ["one", "two"]


def test_a_prepared_statement_is_used_again_and_again(route: Route) -> None:
    with route.connect() as connection:
        for number in range(1, 21):
            found = connection.execute("SELECT id FROM customers WHERE id = %s", [number], prepare=True).fetchone()
            assert found == (number,)
        kept = connection.execute("SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql").fetchone()
        assert kept == (1,)


def test_many_prepared_statements_are_let_go_again(route: Route) -> None:
    with route.connect() as connection:
        connection.prepared_max = 5
        for number in range(40):
            assert connection.execute(f"SELECT {number}", prepare=True).fetchone() == (number,)


def test_a_pipeline_answers_in_order(route: Route) -> None:
    with route.connect() as connection, connection.pipeline():
        cursors = [connection.execute("SELECT %s::int * 2", [number]) for number in range(200)]
        assert [cursor.fetchone()[0] for cursor in cursors] == [2 * number for number in range(200)]


def test_an_error_in_a_pipeline_skips_to_the_sync(route: Route) -> None:
    with route.connect() as connection:
        with pytest.raises(psycopg.errors.DivisionByZero), connection.pipeline() as pipeline:
            connection.execute("SELECT 1")
            connection.execute("SELECT 1 / 0")
            skipped = connection.execute("SELECT 2")
            pipeline.sync()
            skipped.fetchone()
        assert connection.execute("SELECT 3").fetchone() == (3,)


def test_a_transaction_in_a_pipeline_commits(route: Route) -> None:
    with route.connect(autocommit=False) as connection:
        with connection.pipeline():
            connection.execute("CREATE TEMP TABLE t (a int) ON COMMIT PRESERVE ROWS")
            connection.cursor().executemany("INSERT INTO t VALUES (%s)", [(n,) for n in range(50)])
            connection.commit()
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (50,)


def test_a_server_side_cursor_fetches_in_parts_and_scrolls(route: Route) -> None:
    with route.connect(autocommit=False) as connection, connection.cursor("c", scrollable=True) as cursor:
        cursor.execute("SELECT id FROM customers ORDER BY id")
        assert [row[0] for row in cursor.fetchmany(3)] == [1, 2, 3]
        cursor.scroll(100, mode="absolute")
        assert cursor.fetchone() == (101,)
        cursor.scroll(-2)
        assert cursor.fetchone() == (100,)


def test_rows_stream_one_by_one(route: Route) -> None:
    with route.connect() as connection, connection.cursor() as cursor:
        total = sum(row[0] for row in cursor.stream("SELECT n FROM generate_series(1, 20000) n"))
    assert total == 20000 * 20001 // 2


def test_rows_stream_in_chunks(route: Route) -> None:
    with route.connect() as connection, connection.cursor() as cursor:
        rows = list(cursor.stream("SELECT n FROM generate_series(1, 1000) n", size=100))
    assert len(rows) == 1000


@pytest.mark.parametrize("form", ["TEXT", "BINARY", "CSV"])
def test_copy_out_and_in_again(route: Route, form: str) -> None:
    with route.connect() as connection:
        with connection.cursor().copy(f"COPY payments TO STDOUT (FORMAT {form})") as copy:
            data = b"".join(copy)
        connection.execute("CREATE TEMP TABLE again (LIKE payments)")
        with connection.cursor().copy(f"COPY again FROM STDIN (FORMAT {form})") as copy:
            for start in range(0, len(data), 777):
                copy.write(data[start : start + 777])
        differing = connection.execute("SELECT count(*) FROM (TABLE payments EXCEPT TABLE again) d").fetchone()
    assert differing == (0,)
    assert len(data) > 10_000


def test_copy_given_up_by_the_client_changes_nothing(route: Route) -> None:
    with route.connect() as connection:
        connection.execute("CREATE TEMP TABLE t (a int)")
        with pytest.raises(RuntimeError), connection.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write("1\n2\n")
            raise RuntimeError("changed my mind")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_large_value_goes_there_and_back(route: Route) -> None:
    value = bytes(range(256)) * 40_000
    with route.connect() as connection, connection.cursor(binary=True) as cursor:
        assert cursor.execute("SELECT %b::bytea", [value]).fetchone() == (value,)


def test_a_large_result_arrives_whole(route: Route) -> None:
    query = "SELECT n, repeat('x', 500) FROM generate_series(1, 50000) n"
    with route.connect() as connection:
        rows = connection.execute(query).fetchall()
    assert len(rows) == 50_000
    assert rows[-1] == (50_000, "x" * 500)


def test_a_cancelled_statement_ends_and_the_session_goes_on(route: Route) -> None:
    with route.connect() as connection:
        timer = threading.Timer(0.3, connection.cancel_safe)
        timer.start()
        started = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(20)")
        assert time.monotonic() - started < 5
        timer.join()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_statement_that_times_out_is_the_servers_error(route: Route) -> None:
    with route.connect() as connection:
        connection.execute("SET statement_timeout = '100ms'")
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            connection.execute("SELECT pg_sleep(20)")


def test_notifications_arrive_while_nothing_is_asked(route: Route) -> None:
    with route.connect() as listening, route.connect() as other:
        listening.execute("LISTEN arrivals")
        other.execute("SELECT pg_notify('arrivals', 'a ' || n) FROM generate_series(1, 3) n")
        heard = [notify.payload for notify in listening.notifies(timeout=5, stop_after=3)]
    assert heard == ["a 1", "a 2", "a 3"]


def test_isolation_and_read_only_are_the_servers(route: Route) -> None:
    with route.connect(autocommit=False) as connection:
        connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        connection.read_only = True
        shown = connection.execute("SELECT current_setting('transaction_isolation')").fetchone()
        assert shown == ("serializable",)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM products")


def test_two_phase_commit_is_refused_as_the_server_refuses_it(route: Route) -> None:
    with route.connect(autocommit=False) as connection:
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="max_prepared_transactions"):
            connection.execute("PREPARE TRANSACTION 'one'")
        connection.rollback()


def test_many_sessions_at_once_keep_their_answers_apart(route: Route) -> None:
    async def one(number: int) -> list[int]:
        async with await psycopg.AsyncConnection.connect(route.dsn(), autocommit=True) as connection:
            query = "SELECT %s::int + n FROM generate_series(1, 50) n"
            return [row[0] for row in await (await connection.execute(query, [number * 1000])).fetchall()]

    async def all_of_them() -> list[list[int]]:
        return await asyncio.gather(*(one(number) for number in range(30)))

    answers = asyncio.run(asyncio.wait_for(all_of_them(), 20))
    assert answers == [[number * 1000 + n for n in range(1, 51)] for number in range(30)]


def test_async_pipelines_rows_and_dicts(route: Route) -> None:
    async def work() -> list[dict]:
        async with await psycopg.AsyncConnection.connect(route.dsn(), row_factory=dict_row) as connection:
            async with connection.pipeline():
                cursors = [await connection.execute("SELECT %s::text AS a", [str(n)]) for n in range(5)]
            return [await cursor.fetchone() for cursor in cursors]

    assert asyncio.run(asyncio.wait_for(work(), 20)) == [{"a": str(n)} for n in range(5)]


def test_the_process_id_is_the_one_that_the_server_and_notifications_show(route: Route) -> None:
    with route.connect() as connection:
        assert connection.info.backend_pid == connection.execute("SELECT pg_backend_pid()").fetchone()[0]
        connection.execute("LISTEN own; NOTIFY own")
        (heard,) = connection.notifies(timeout=5, stop_after=1)
        assert heard.pid == connection.info.backend_pid


def test_a_backend_is_ended_by_the_process_id_that_its_driver_knows(route: Route) -> None:
    with contextlib.closing(route.connect()) as victim, route.connect() as other:
        assert other.execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid]).fetchone() == (True,)
        with pytest.raises(psycopg.errors.AdminShutdown) as caught:
            victim.execute("SELECT 1")
        assert "closed the connection" not in str(caught.value)


def test_a_wrong_password_is_refused_with_its_own_code(route: Route) -> None:
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(route.dsn(password="wrong"))
    assert "authentication failed" in str(caught.value)


@pytest.mark.parametrize("version", ["3.0", "3.2"])
def test_both_protocol_versions_are_spoken_and_can_cancel(route_of, version: str) -> None:
    for way in WAYS:
        route = route_of(way, 18)
        with psycopg.connect(route.dsn(max_protocol_version=version), autocommit=True) as connection:
            threading.Timer(0.3, connection.cancel_safe).start()
            with pytest.raises(psycopg.errors.QueryCanceled):
                connection.execute("SELECT pg_sleep(20)")
            assert connection.execute("SELECT 1").fetchone() == (1,)
