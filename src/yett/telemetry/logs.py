"""Writes structured logs that never hold a payload: what a key or an exception could carry is left out."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog

from yett.core.errors import YettError
from yett.core.secret import Secret
from yett.telemetry.settings import TelemetrySettings

PAYLOAD_KEYS = frozenset({
    "answer", "authorization", "body", "bytes", "content", "cookie", "credential", "data", "detail", "line",
    "parameter", "parameters", "params", "password", "payload", "query", "row", "rows", "secret", "sql", "statement",
    "text", "token", "value", "values",
})  # fmt: skip  # a list of words
"""Keys that name what clients and targets say to each other: what stands under them is never written."""

NOT_LOGGED = "(not logged)"
_TEXT_MAX = 300
_FRAMES_MAX = 6

Event = MutableMapping[str, Any]


def configure_logs(settings: TelemetrySettings, stream: TextIO | None = None) -> None:
    """Send the logs of the gate and of its libraries to `stream` (standard error), in the configured form."""
    target = stream or sys.stderr
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(as_json=as_json, colors=target.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    logging.getLogger("uvicorn").setLevel("WARNING")  # the gate itself says where it listens
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def without_payloads(_logger: object, _method: str, event: Event) -> Event:
    """Replace what stands under a payload's key, bytes and secrets; cut long texts."""
    for key, value in event.items():
        if key in PAYLOAD_KEYS or isinstance(value, Secret | bytes | bytearray | memoryview):
            event[key] = NOT_LOGGED
        elif isinstance(value, str) and len(value) > _TEXT_MAX:
            event[key] = value[:_TEXT_MAX] + "…"
    return event


def without_messages(_logger: object, _method: str, event: Event) -> Event:
    """Write of an exception its kind and where it was raised; its message could quote a payload."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = type(error).__name__
        event["at"] = _frames(error.__traceback__)
        if isinstance(error, YettError):
            event["code"] = error.code
    return event


def foreign_event(_logger: object, _method: str, event: Event) -> Event:
    """Shorten what asyncio logs: its messages quote the arguments of callbacks."""
    record = event.get("_record")
    if record is not None and record.name == "asyncio":
        event["event"] = str(record.msg).partition("\n")[0].partition("(")[0].partition("<")[0].strip()
    return event


def _shared() -> list[Any]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_messages,
        without_payloads,
    ]


def _formatter(*, as_json: bool, colors: bool) -> logging.Formatter:
    renderer: Any = structlog.processors.JSONRenderer(default=_shown)
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(colors=colors)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[foreign_event, *_shared()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Path | Secret) else type(value).__name__


def _frames(where: TracebackType | None) -> str:
    frames = traceback.extract_tb(where)[-_FRAMES_MAX:]
    return " > ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames)
