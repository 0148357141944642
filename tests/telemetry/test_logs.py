"""Logs tell what happened, and never what was said."""

import asyncio
import io
import json
import logging

import pytest
import structlog

from yett.core.errors import UpstreamFailed
from yett.core.secret import Secret
from yett.telemetry.logs import PAYLOAD_KEYS, configure_logs
from yett.telemetry.settings import TelemetrySettings

MARKER = "pl4nted-marker"


@pytest.fixture(params=["json", "console"])
def written(request):
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logs(TelemetrySettings(log_format=request.param, log_level="debug"), stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_holds_its_name_level_time_and_facts(written):
    structlog.get_logger("yett.app").info("listening", address="127.0.0.1:6432")
    line = written.getvalue()
    assert "listening" in line
    assert "127.0.0.1:6432" in line
    if line.startswith("{"):
        assert json.loads(line).keys() == {"event", "address", "level", "logger", "timestamp"}


@pytest.mark.parametrize("key", sorted(PAYLOAD_KEYS))
def test_what_stands_under_a_payloads_key_is_not_written(written, key):
    structlog.get_logger().warning("denied", **{key: f"SELECT {MARKER}"})
    assert MARKER not in written.getvalue()
    assert "denied" in written.getvalue()


def test_bytes_and_secrets_are_not_written_under_any_key(written):
    structlog.get_logger().error("odd", first=MARKER.encode(), second=Secret(MARKER))
    assert MARKER not in written.getvalue()


def test_an_exceptions_message_is_not_written_but_its_place_is(written):
    try:
        raise ValueError(MARKER) from UpstreamFailed(MARKER)  # noqa: TRY301 - what is logged is being raised
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("uvicorn").exception("failed too")
    assert MARKER not in written.getvalue()
    assert written.getvalue().count("ValueError") == 2
    assert "test_logs.py" in written.getvalue()


def test_what_asyncio_says_of_a_failed_callback_quotes_no_arguments(written):
    def callback(data: bytes) -> None:
        raise ValueError(data)

    async def scenario() -> None:
        asyncio.get_running_loop().call_soon(callback, MARKER.encode())
        await asyncio.sleep(0.01)

    asyncio.run(scenario())
    assert "Exception in callback" in written.getvalue()
    assert MARKER not in written.getvalue()


def test_long_texts_are_cut(written):
    structlog.get_logger().info("long", reason="x" * 10_000)
    assert len(written.getvalue()) < 1000
