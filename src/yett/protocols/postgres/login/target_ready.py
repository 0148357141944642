"""What a target says between accepting the login and being ready: its settings, its cancel key, its notices."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from yett.core.errors import ProtocolError, UpstreamFailed
from yett.protocols.postgres.codec import read_cstring
from yett.protocols.postgres.login.packets import CANCEL_KEY_BYTES_MAX, PROTOCOL_MINOR_NEWEST, Dialogue

_MESSAGES_MAX = 1000
_BYTES_MAX = 1 << 20
_NOTICES_MAX = 20


@dataclass(frozen=True, slots=True)
class TargetReady:
    """A target that waits for its first query. `secret_key` and `process_id` cancel what it runs (none: b"" and 0).

    `notices` are bodies of NoticeResponse, as they came.
    """

    parameters: Mapping[str, str]
    process_id: int
    secret_key: bytes = field(repr=False)
    protocol_minor: int
    notices: tuple[bytes, ...] = ()


def ready_target(minor: int, refusal: Callable[[bytes], UpstreamFailed]) -> Dialogue[TargetReady]:
    """Read everything up to ReadyForQuery. Raises ProtocolError, or what `refusal` makes of an ErrorResponse."""
    parameters: dict[str, str] = {}
    notices: list[bytes] = []
    process_id, key, size = 0, b"", 0
    for _ in range(_MESSAGES_MAX):
        kind, body = yield b""
        size += len(body)
        if size > _BYTES_MAX:
            break
        match chr(kind):
            case "S":
                name, value = _setting(body)
                parameters[name] = value
            case "K":
                process_id, key = _cancel_key(body, minor)
            case "N":
                notices += [body] if len(notices) < _NOTICES_MAX else []
            case "E":
                raise refusal(body)
            case "Z":
                _check_ready(body, parameters)
                return TargetReady(parameters, process_id, key, minor, tuple(notices))
            case _:
                raise ProtocolError("an unexpected message came before it was ready")
    raise ProtocolError("it says too much before being ready")


def _setting(body: bytes) -> tuple[str, str]:
    name, at = read_cstring(body, 0)
    value, at = read_cstring(body, at)
    if at != len(body):
        raise ProtocolError("a reported setting has bytes left over")
    return name.decode("utf-8", "replace"), value.decode("utf-8", "replace")


def _cancel_key(body: bytes, minor: int) -> tuple[int, bytes]:
    longest = CANCEL_KEY_BYTES_MAX if minor >= PROTOCOL_MINOR_NEWEST else 4
    if not 4 <= len(body) - 4 <= longest:
        raise ProtocolError("a cancel key has the wrong length")
    return struct.unpack_from("!I", body)[0], body[4:]


def _check_ready(body: bytes, parameters: Mapping[str, str]) -> None:
    if body != b"I":
        raise ProtocolError("it is ready inside a transaction that nobody began")
    if parameters.get("client_encoding", "UTF8") != "UTF8":
        raise UpstreamFailed(
            "the target does not speak UTF8 with the gate",
            code="upstream_encoding",
            hint="Remove client_encoding from the settings of the role or the pooler in between.",
        )
