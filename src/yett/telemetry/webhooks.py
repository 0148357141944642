"""Tells other systems what happens to tickets, by signed POSTs: beside the gate's work, never in its way."""

import asyncio
import http.client
import os
import random
import ssl
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import structlog

from yett.core.approvals import Ticket
from yett.core.ids import sortable_id
from yett.telemetry.webhook_news import news, with_statement
from yett.telemetry.webhook_settings import SecretFromEnv, WebhookSettings
from yett.telemetry.webhook_signing import SIGNATURE, signature

_log = structlog.get_logger("yett.telemetry")

WAITING_MAX = 500
"""How many notifications of one receiver wait at most; then the oldest is dropped."""

GIVE_UP_SECONDS = 300.0
_PAUSE_SECONDS, _PAUSE_SECONDS_MAX = 1.0, 30.0
_CALL_SECONDS = 10.0
_SECRET_CHARS_MIN = 16
_SECRET_BYTES_MAX = 4096
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class _Letter:
    """One notification on its way."""

    id: str
    kind: str
    body: bytes
    made_at: float


class SecretMissing(Exception):
    """A webhook's secret cannot be read, so nothing can be sent that its receiver would believe."""


class Webhooks:
    """The receivers of notifications. `tell` returns at once; `run` sends, as long as the gate runs.

    A notification is tried again for five minutes, with growing pauses, then dropped and logged: tickets are kept by
    the gate, and a receiver that was away finds them there. `outcomes` counts, by (receiver, `sent` | `failed`).
    """

    def __init__(
        self,
        settings: Mapping[str, WebhookSettings],
        address: str,
        environ: Mapping[str, str] = os.environ,
        *,
        pause_seconds: float = _PAUSE_SECONDS,
        give_up_seconds: float = GIVE_UP_SECONDS,
    ) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self._settings = settings
        self._address = address
        self._environ = environ
        self._pause_seconds = pause_seconds
        self._give_up_seconds = give_up_seconds
        self._waiting: dict[str, deque[_Letter]] = {name: deque() for name in settings}
        self._come: dict[str, asyncio.Event] = {name: asyncio.Event() for name in settings}

    def tell(self, names: Iterable[str], kind: str, ticket: Ticket, by: str = "", reason: str = "") -> None:
        """Have these receivers told what happened to a ticket, those of them that want to know it. Never raises."""
        for name in names:
            settings = self._settings.get(name)
            if settings is None or kind not in settings.events:
                continue
            found = news(kind, ticket, self._address, by, reason)
            if settings.statement:
                found = with_statement(found, ticket)
            letter_id, now = sortable_id(), time.time()
            body = msgspec.json.encode({"id": letter_id, **found, "sent_at": round(now)})
            waiting = self._waiting[name]
            if len(waiting) >= WAITING_MAX:
                self._failed(name, waiting.popleft(), "too many wait")
            waiting.append(_Letter(letter_id, kind, body, time.monotonic()))
            self._come[name].set()

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in self._settings:
                group.create_task(self._serve(name))

    async def _serve(self, name: str) -> None:
        while True:
            await self._come[name].wait()
            self._come[name].clear()
            while self._waiting[name]:
                await self._deliver(name, self._waiting[name].popleft())

    async def _deliver(self, name: str, letter: _Letter) -> None:
        pause = self._pause_seconds
        while True:
            problem, again = await asyncio.to_thread(self._try, name, letter)
            if not problem:
                self.outcomes[name, "sent"] += 1
                return
            over = time.monotonic() + pause - letter.made_at > self._give_up_seconds
            if not again or over:
                self._failed(name, letter, problem)
                return
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - it only spreads the tries
            pause = min(2 * pause, _PAUSE_SECONDS_MAX)

    def _try(self, name: str, letter: _Letter) -> tuple[str, bool]:
        """Send once; return what went wrong, if anything, and whether trying again may help."""
        settings = self._settings[name]
        try:
            status = _post(settings, letter, _secret(settings, self._environ))
        except SecretMissing as missing:
            return str(missing), True
        except (OSError, ValueError, http.client.HTTPException) as error:
            return type(error).__name__, True
        if 200 <= status < 300:
            return "", False
        return f"answered {status}", status >= 500 or status in _LATER

    def _failed(self, name: str, letter: _Letter, problem: str) -> None:
        self.outcomes[name, "failed"] += 1
        _log.warning("notification not sent", webhook=name, kind=letter.kind, id=letter.id, problem=problem)


def _post(settings: WebhookSettings, letter: _Letter, secret: bytes) -> int:
    parts = urlsplit(settings.url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "yett",
        "Yett-Event": letter.kind,
        "Yett-Id": letter.id,
        SIGNATURE: signature(secret, letter.body, int(time.time())),
    }
    connection = _connection(settings)
    try:
        # http.client follows no redirects: what was signed goes where yett.toml says, and nowhere else.
        connection.request(
            "POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), letter.body, headers
        )
        return connection.getresponse().status
    finally:
        connection.close()


def _connection(settings: WebhookSettings) -> http.client.HTTPConnection:
    parts = urlsplit(settings.url)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port or 80, timeout=_CALL_SECONDS)
    trust = ssl.create_default_context(cafile=settings.ca or None)
    return http.client.HTTPSConnection(host, parts.port or 443, timeout=_CALL_SECONDS, context=trust)


def _secret(settings: WebhookSettings, environ: Mapping[str, str]) -> bytes:
    match settings.secret:
        case SecretFromEnv(name=name):
            found = environ.get(name, "").encode()
        case from_file:
            try:
                with Path(from_file.path).open("rb") as file:
                    found = file.read(_SECRET_BYTES_MAX).removesuffix(b"\n").removesuffix(b"\r")
            except OSError as error:
                raise SecretMissing(f"its secret's file cannot be read: {error.strerror}") from None
    if len(found) < _SECRET_CHARS_MIN:
        raise SecretMissing(f"its secret is not set, or shorter than {_SECRET_CHARS_MIN} characters")
    return found
