"""How a client proves who it is. The way is chosen before any secret arrives, by what is known until then.

1. The listener is on loopback and bound to one principal: nothing is asked.
2. TLS has verified a client certificate that stands for a principal: nothing is asked.
3. The user name has the form `<name>~<credential id>`: SCRAM-SHA-256 against that credential's verifier, bound to the
   TLS connection (SCRAM-SHA-256-PLUS) where the client can. An unknown id is led through the same steps.
4. Any other user name: the password is a yett credential or an OIDC token, in the clear inside TLS (or on loopback).

PostgreSQL protocol: Start-up, SASL Authentication. A step that fails ends the login: nothing is tried after it.
"""

from dataclasses import dataclass

from yett.core.errors import AuthenticationFailed, ProtocolError
from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.protocols.postgres.codec import read_cstring
from yett.protocols.postgres.login.authority import Authority
from yett.protocols.postgres.login.channel_binding import server_end_point
from yett.protocols.postgres.login.packets import (
    AUTH_CLEARTEXT,
    AUTH_OK,
    AUTH_SASL_CONTINUE,
    AUTH_SASL_FINAL,
    SCRAM,
    SCRAM_PLUS,
    Dialogue,
    authentication,
    sasl_mechanisms,
)
from yett.protocols.postgres.login.refused import LoginRefused, TlsRequired
from yett.protocols.postgres.login.scram import MESSAGE_BYTES_MAX, ServerExchange, mock_verifier

PASSWORD_BYTES_MAX = 65_536  # tokens that carry hundreds of groups
AUTHENTICATION_OK = authentication(AUTH_OK)
_PASSWORD = ord("p")
_MOCK_ITERATIONS = 4096  # as every yett credential has


@dataclass(frozen=True, slots=True)
class Channel:
    """What is known of the connection. `server_certificate` is the one that the gate showed (DER), under TLS only."""

    tls: bool
    loopback: bool
    server_certificate: bytes | None = None


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who the client is, and how that was proven. `final` goes to the client before AuthenticationOk."""

    principal: Principal
    method: str
    final: bytes = b""


@dataclass(frozen=True, slots=True)
class Unproven:
    """The client has sent a password that the authority could not judge at once. It proves nothing yet."""

    password: Secret


def authenticate(
    user: str, channel: Channel, authority: Authority, gate_secret: bytes
) -> Dialogue[Authenticated | Unproven]:
    """Find out who the client is; AuthenticationOk is left to the caller.

    `gate_secret` is random, private to the gate, and stays the same. Raises LoginRefused or TlsRequired, whose `answer`
    is to be sent before closing.
    """
    try:
        return (yield from _authenticated(user, channel, authority, gate_secret))
    except TlsRequired:
        raise
    except (AuthenticationFailed, ProtocolError) as failure:
        raise LoginRefused(user, failure.code, failure.message) from None


def _authenticated(
    user: str, channel: Channel, authority: Authority, gate_secret: bytes
) -> Dialogue[Authenticated | Unproven]:
    principal = authority.bound() if channel.loopback else None
    if principal is not None:
        return Authenticated(principal, "bound")
    principal = authority.certificate() if channel.tls else None
    if principal is not None:
        return Authenticated(principal, "mtls")
    _, tilde, credential_id = user.rpartition("~")
    if tilde:
        return (yield from _by_scram(credential_id, channel, authority, gate_secret))
    if not channel.tls and not channel.loopback:
        raise TlsRequired
    return (yield from _by_password(authority))


def _by_password(authority: Authority) -> Dialogue[Authenticated | Unproven]:
    body = _response((yield authentication(AUTH_CLEARTEXT)), PASSWORD_BYTES_MAX)
    raw, end = read_cstring(body, 0)
    if end != len(body):
        raise ProtocolError("a password message has bytes left over", code="password_malformed")
    try:
        password = Secret(raw.decode())
    except UnicodeDecodeError:
        raise ProtocolError("a password is not in UTF8", code="password_malformed") from None
    if not raw:
        raise ProtocolError("the password is empty", code="password_empty")
    principal = authority.password(password)
    return Unproven(password) if principal is None else Authenticated(principal, "password")


def _by_scram(
    credential_id: str, channel: Channel, authority: Authority, gate_secret: bytes
) -> Dialogue[Authenticated | Unproven]:
    end_point = server_end_point(channel.server_certificate) if channel.tls and channel.server_certificate else None
    offer = (SCRAM_PLUS, SCRAM) if end_point else (SCRAM,)
    chosen, first = _chosen(_response((yield sasl_mechanisms(offer)), MESSAGE_BYTES_MAX), offer)
    known = authority.scram(credential_id)
    verifier = known or mock_verifier(gate_secret, credential_id, _MOCK_ITERATIONS)
    exchange = ServerExchange(
        verifier, end_point=end_point if chosen == SCRAM_PLUS else None, offers_plus=SCRAM_PLUS in offer
    )
    challenge = authentication(AUTH_SASL_CONTINUE, exchange.first(first))
    signature = exchange.final(_response((yield challenge), MESSAGE_BYTES_MAX))
    if known is None:
        raise AuthenticationFailed("no such credential is known", code="credential_unknown")
    if signature is None:
        raise AuthenticationFailed("the credential's secret does not fit", code="credential_wrong")
    principal = authority.scram_proven(credential_id)
    return Authenticated(principal, chosen.lower(), authentication(AUTH_SASL_FINAL, signature))


def _response(message: tuple[int, bytes], size_max: int) -> bytes:
    kind, body = message
    if kind != _PASSWORD:
        raise ProtocolError("a password message was expected", code="password_malformed")
    if len(body) > size_max:
        raise ProtocolError("a password message is too long", code="password_too_long")
    return body


def _chosen(body: bytes, offer: tuple[str, ...]) -> tuple[str, bytes]:
    """Read SASLInitialResponse: the mechanism, and its first message."""
    name, at = read_cstring(body, 0)
    mechanism = name.decode("ascii", "replace")
    if mechanism not in offer:
        raise ProtocolError("the client chose a SASL mechanism that was not offered", code="scram_malformed")
    size = int.from_bytes(body[at : at + 4], signed=True)
    first = body[at + 4 :]
    if len(body) < at + 4 or size != len(first):
        raise ProtocolError("malformed SASL message", code="scram_malformed")
    return mechanism, first
