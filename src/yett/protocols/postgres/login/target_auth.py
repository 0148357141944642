"""How the gate logs in to a target: every method a PostgreSQL server may ask for, and the proof that it is the server.

PostgreSQL protocol: Start-up, SASL Authentication; the choices are libpq's (`channel_binding`, `require_auth`).
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from yett.core.errors import ProtocolError, UpstreamFailed
from yett.core.secret import Secret
from yett.protocols.postgres.codec import cstring, message
from yett.protocols.postgres.login.channel_binding import CHANNEL_BINDING, server_end_point
from yett.protocols.postgres.login.packets import (
    AUTH_CLEARTEXT,
    AUTH_MD5,
    AUTH_OK,
    AUTH_SASL,
    AUTH_SASL_CONTINUE,
    AUTH_SASL_FINAL,
    PROTOCOL_MAJOR,
    PROTOCOL_MINOR_NEWEST,
    SCRAM,
    SCRAM_PLUS,
    Dialogue,
    startup_packet,
)
from yett.protocols.postgres.login.scram import ClientExchange
from yett.protocols.postgres.login.scram_keys import ScramKeysCache
from yett.protocols.postgres.login.target_ready import TargetReady, ready_target
from yett.protocols.postgres.login.target_refused import refused_by

MESSAGE_BYTES_MAX = 65_536
_METHODS = {AUTH_OK: "none", AUTH_CLEARTEXT: "password", AUTH_MD5: "md5", AUTH_SASL: "scram-sha-256"}
_OTHER_METHODS = {2: "Kerberos V5", 6: "SCM", 7: "GSSAPI", 9: "SSPI"}


@dataclass(frozen=True, slots=True)
class TargetUser:
    """Who the gate is to a target, and how much it asks of the target in return.

    `server_certificate` is the target's (DER), under TLS only. `cleartext_allowed` says whether the password may be
    sent as it is: under TLS, on loopback, or by configuration. An empty `require_auth` allows every method.
    """

    user: str
    database: str
    password: Secret | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    server_certificate: bytes | None = None
    cleartext_allowed: bool = False
    channel_binding: Literal["disable", "prefer", "require"] = "prefer"
    require_auth: tuple[str, ...] = ()
    protocol_minor: int = PROTOCOL_MINOR_NEWEST


def log_in(who: TargetUser, keys: ScramKeysCache) -> Dialogue[TargetReady]:
    """Log in to a target, up to its first ReadyForQuery. Nothing but what is yielded has to be sent.

    Raises UpstreamFailed, whose code and hint say what to do; `upstream_protocol_version` means to connect again with
    `protocol_minor=0`. Its message never holds the password.
    """
    try:
        return (yield from _logged_in(who, keys))
    except ProtocolError as failure:
        msg = f"the target broke the protocol: {failure.message}"
        raise UpstreamFailed(msg, code="upstream_protocol") from None


def _logged_in(who: TargetUser, keys: ScramKeysCache) -> Dialogue[TargetReady]:
    # The encoding comes last: nothing that a client brought along may change it.
    given = {"user": who.user, "database": who.database, **who.parameters, "client_encoding": "UTF8"}
    received = yield startup_packet(who.protocol_minor, given)
    minor = who.protocol_minor
    if received[0] == ord("v"):
        minor = _negotiated(received[1], minor)
        received = yield b""
    code, data = _request(received, who, asked_minor=minor)
    _check_method(who, code, data)
    if code == AUTH_CLEARTEXT:
        code = yield from _send_password(who, _cleartext(who))
    elif code == AUTH_MD5:
        code = yield from _send_password(who, _md5(who, data))
    elif code == AUTH_SASL:
        code = yield from _by_scram(who, data, keys)
    if code != AUTH_OK:
        raise ProtocolError("it asks for another proof after the first")
    return (yield from ready_target(minor, lambda body: _refusal(who, body)))


def _send_password(who: TargetUser, raw: bytes) -> Dialogue[int]:
    code, _ = _request((yield message(b"p", raw + b"\0")), who)
    return code


def _by_scram(who: TargetUser, data: bytes, keys: ScramKeysCache) -> Dialogue[int]:
    password = _password(who)
    mechanism, exchange = _exchange(who, data)
    first = exchange.first()
    code, data = _request((yield message(b"p", cstring(mechanism) + struct.pack("!I", len(first)) + first)), who)
    if code != AUTH_SASL_CONTINUE:
        raise ProtocolError("it left the SCRAM exchange unfinished")
    exchange.challenged(data)
    proof = exchange.final(keys.keys(password, exchange.salt, exchange.iterations))
    code, data = _request((yield message(b"p", proof)), who)
    if code != AUTH_SASL_FINAL:
        raise ProtocolError("it left the SCRAM exchange unfinished")
    if not exchange.is_mutual(data):
        raise UpstreamFailed(
            "the target does not know the password that it asked for",
            code="upstream_not_proven",
            hint="Somebody may stand between the gate and the target: check the address and use tls mode verify-full.",
        )
    code, _ = _request((yield b""), who)
    return code


def _exchange(who: TargetUser, data: bytes) -> tuple[str, ClientExchange]:
    """Choose between plain and bound SCRAM as libpq does, so that nobody in between can choose the weaker."""
    offered = data.split(b"\0")
    has_plus = SCRAM_PLUS.encode() in offered
    tls = who.server_certificate is not None
    if has_plus and not tls:
        raise ProtocolError("it offers channel binding without TLS")
    end_point = server_end_point(who.server_certificate or b"") if who.channel_binding != "disable" else None
    if has_plus and end_point:
        return SCRAM_PLUS, ClientExchange(f"p={CHANNEL_BINDING}", end_point)
    if who.channel_binding == "require":
        raise _binding_missing()
    if SCRAM.encode() not in offered:
        raise _unsupported("a SASL mechanism that the gate does not have")
    # `y` says "I could, and was not offered it": a server that did offer it then knows that somebody removed it.
    return SCRAM, ClientExchange("y" if end_point else "n")


def _request(received: tuple[int, bytes], who: TargetUser, *, asked_minor: int = 0) -> tuple[int, bytes]:
    """Read an Authentication message; its code and what follows it."""
    kind, body = received
    if len(body) > MESSAGE_BYTES_MAX:
        raise ProtocolError("a login message is too long")
    if kind == ord("E"):
        raise _refusal(who, body, asked_minor=asked_minor)
    if kind != ord("R") or len(body) < 4:
        raise ProtocolError("an authentication request was expected")
    return struct.unpack_from("!I", body)[0], body[4:]


def _check_method(who: TargetUser, code: int, data: bytes) -> None:
    method = _METHODS.get(code)
    if method is None:
        raise _unsupported(_OTHER_METHODS.get(code, f"authentication method {code}"))
    if who.require_auth and method not in who.require_auth:
        msg = f"the target asks for authentication method {method}, which require_auth does not list"
        raise UpstreamFailed(
            msg,
            code="upstream_auth_method",
            hint="Change pg_hba.conf on the target, or `require_auth` of this resource.",
        )
    if who.channel_binding == "require" and method != "scram-sha-256":
        raise _binding_missing()
    if code == AUTH_MD5 and len(data) != 4:
        raise ProtocolError("an MD5 request has no salt")


def _cleartext(who: TargetUser) -> bytes:
    if not who.cleartext_allowed:
        raise UpstreamFailed(
            "the target asks for the password in the clear, without TLS",
            code="upstream_cleartext",
            hint="Turn on TLS, or have the target use scram-sha-256.",
        )
    return _password(who).reveal().encode()


def _md5(who: TargetUser, salt: bytes) -> bytes:
    inner = hashlib.md5(_password(who).reveal().encode() + who.user.encode(), usedforsecurity=False).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode()


def _password(who: TargetUser) -> Secret:
    if who.password is None or not who.password.reveal():
        raise UpstreamFailed(
            "the target asks for a password, and none is configured",
            code="upstream_password_missing",
            hint="Name a credential for this resource in yett.toml.",
        )
    return who.password


def _negotiated(body: bytes, asked: int) -> int:
    if len(body) < 8:
        raise ProtocolError("a version negotiation is too short")
    major, minor, count = struct.unpack_from("!HHI", body)
    if major != PROTOCOL_MAJOR or minor > asked or count or len(body) != 8:
        raise ProtocolError("it negotiates a version or an option that was not asked for")
    return int(minor)


def _refusal(who: TargetUser, body: bytes, *, asked_minor: int = 0) -> UpstreamFailed:
    return refused_by(body, asked_minor=asked_minor, secret=who.password.reveal() if who.password else "")


def _unsupported(method: str) -> UpstreamFailed:
    return UpstreamFailed(
        f"the target asks for {method}, which the gate does not offer",
        code="upstream_auth_method",
        hint="Let the gate in by scram-sha-256 or cert in the target's pg_hba.conf.",
    )


def _binding_missing() -> UpstreamFailed:
    return UpstreamFailed(
        "channel binding is required, and the target or its certificate does not allow it",
        code="upstream_channel_binding",
        hint="The target needs TLS, scram-sha-256 and a certificate whose signature has a hash (not Ed25519).",
    )
