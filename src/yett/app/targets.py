"""Tries a target as the gate would: reaches it, signs in with the gate's credential, and asks a few harmless things."""

import asyncio
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from yett.core.decisions import Allow, Decision
from yett.core.errors import ProtocolError, UpstreamFailed
from yett.core.ids import SessionId
from yett.core.permits import Permit
from yett.credentials.sources import CredentialSource, fetch_anew
from yett.gateway.leg import Leg as Connection
from yett.gateway.opener import Opener
from yett.protocols._wire.dialogue import Leg, Opening, Receive, Send
from yett.protocols._wire.reception import Entry, TargetLogin
from yett.protocols.postgres.codec import message
from yett.protocols.postgres.login.scram_keys import ScramKeysCache
from yett.protocols.postgres.login.startup import Startup
from yett.protocols.postgres.login.target_refused import WRONG_CODE
from yett.protocols.postgres.target_side import connect

_MESSAGE_BYTES_MAX = 1 << 20
_MESSAGES_MAX = 10_000
_DEADLINE_SECONDS = 20
Rows = list[tuple[str | None, ...]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tried:
    """What a target said: its parameters, the answers by name (None where it refused), how long reaching it took."""

    parameters: Mapping[str, str]
    answers: Mapping[str, Rows | None]
    seconds: float


async def try_target(
    entry: Entry, source: CredentialSource | TargetLogin, questions: Mapping[str, str] | None = None
) -> Tried:
    """Sign in to a target with what `source` gives, ask `questions` (name → SQL), and leave.

    Raises UpstreamFailed: `credential_unavailable`, `upstream_unreachable`, `upstream_tls`, `upstream_credential` …
    """
    began = time.monotonic()
    parameters, answers = await talk_to_target(entry, source, lambda: _asked(questions or {}), _DEADLINE_SECONDS)
    return Tried(parameters, answers, time.monotonic() - began)


async def talk_to_target(
    entry: Entry, source: CredentialSource | TargetLogin, talk: Callable[[], Opening[T]], seconds: float | None
) -> tuple[Mapping[str, str], T]:
    """Sign in to a target, say what `talk` says (see `ask`), and leave; return its parameters and what `talk` returned.

    `talk` may pause by `Await("sleep", seconds)`. A password that was replaced since it was fetched is fetched anew.

    Raises UpstreamFailed as `try_target` does, and when it takes longer than `seconds`; None is no limit.
    """
    if isinstance(source, TargetLogin):
        return await _talk(entry, source, talk, seconds)
    found = await source.fetch()
    try:
        return await _talk(entry, TargetLogin(found.user, found.password), talk, seconds)
    except UpstreamFailed as failure:
        if failure.code != WRONG_CODE or (again := await fetch_anew(source, found)) == found:
            raise
    return await _talk(entry, TargetLogin(again.user, again.password), talk, seconds)


async def _talk(
    entry: Entry, login: TargetLogin, talk: Callable[[], Opening[T]], seconds: float | None
) -> tuple[Mapping[str, str], T]:
    opener = Opener(Connection(), None, {"sleep": asyncio.sleep})
    try:
        async with asyncio.timeout(seconds):
            return await opener.run(_conversation(entry, login, talk))
    except TimeoutError:
        late = f"the target {entry.address}:{entry.port} did not answer within {seconds:g} s"
        raise UpstreamFailed(late, hint="check its address and the network", code="upstream_unreachable") from None
    except (OSError, ProtocolError, ValueError, LookupError, struct.error) as failure:
        what = failure.message if isinstance(failure, ProtocolError) else "the connection was lost"
        message_ = f"the target could not be signed in to: {what}"
        raise UpstreamFailed(message_, hint="is there a PostgreSQL server at that address?") from None
    finally:
        if opener.target is not None:
            opener.target.abort()


def _conversation(
    entry: Entry, login: TargetLogin, talk: Callable[[], Opening[T]]
) -> Opening[tuple[Mapping[str, str], T]]:
    startup = Startup(login.user, "", {"application_name": "yett check"})
    ready = yield from connect(entry, login, startup, _own_permit(), ScramKeysCache(), {})
    said = yield from talk()
    yield Send(Leg.TARGET, message(b"X", b""))
    return ready.parameters, said


def _asked(questions: Mapping[str, str]) -> Opening[dict[str, Rows | None]]:
    answers: dict[str, Rows | None] = {}
    for name, sql in questions.items():
        answers[name] = yield from ask(sql)
    return answers


def ask(sql: str) -> Opening[Rows | None]:
    """Run one query and return its rows as texts, or None where the target refused it."""
    yield Send(Leg.TARGET, message(b"Q", sql.encode() + b"\0"))
    rows: Rows = []
    refused = False
    for _ in range(_MESSAGES_MAX):
        header = yield Receive(Leg.TARGET, 5)
        length = int.from_bytes(header[1:5], "big") - 4
        if not 0 <= length <= _MESSAGE_BYTES_MAX:
            raise ProtocolError("a message of the target has an impossible length")
        body = (yield Receive(Leg.TARGET, length)) if length else b""
        match header[:1]:
            case b"D":
                rows.append(_row(body))
            case b"E":
                refused = True
            case b"Z":
                return None if refused else rows
            case _:
                continue
    raise ProtocolError("the target answers a look-up with too many messages")


def quoted_text(value: str) -> str:
    """Return a text as SQL that no quoting can fool: it travels as hexadecimal."""
    return f"pg_catalog.convert_from(pg_catalog.decode('{value.encode().hex()}', 'hex'), 'UTF8')"


def _row(body: bytes) -> tuple[str | None, ...]:
    values: list[str | None] = []
    at = 2
    for _ in range(int.from_bytes(body[:2], "big")):
        size = int.from_bytes(body[at : at + 4], "big", signed=True)
        at += 4
        values.append(None if size < 0 else body[at : at + size].decode(errors="replace"))
        at += max(size, 0)
    return tuple(values)


def _own_permit() -> Permit:
    """Return the permit of the operator's own look at a target, which no client's bytes ever use."""
    return Permit(SessionId("check"), 0, Decision(Allow(), decided_by="operator"))
