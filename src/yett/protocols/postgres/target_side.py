"""The gate as a client of the target: dials, encrypts as libpq's sslmode says, and logs in with its own credential."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from yett.core.errors import ProtocolError, UpstreamFailed
from yett.core.permits import Permit
from yett.protocols._wire.dialogue import Dial, HangUp, Leg, Opening, Receive, Send, TargetTls, TlsFacts, UpgradeTarget
from yett.protocols._wire.reception import Entry, TargetLogin
from yett.protocols.postgres.login.client_auth import PASSWORD_BYTES_MAX
from yett.protocols.postgres.login.packets import SSL_REQUEST, Dialogue
from yett.protocols.postgres.login.scram_keys import ScramKeysCache
from yett.protocols.postgres.login.startup import Startup
from yett.protocols.postgres.login.target_auth import TargetUser, log_in
from yett.protocols.postgres.login.target_ready import TargetReady
from yett.protocols.postgres.login.tls_modes import ALPN, TlsPlan, Way, plan
from yett.protocols.postgres.settings import PostgresSettings

T = TypeVar("T")
_MESSAGE_BYTES_MAX = 1 << 20
_LOCAL = ("127.0.0.1", "::1", "localhost")
_OTHER_WAY = frozenset({"upstream_tls", "upstream_hba", "upstream_login_refused", "upstream_password_wrong"})


def connect(  # noqa: PLR0913, PLR0917 - what meets here, given once
    entry: Entry,
    login: TargetLogin,
    startup: Startup,
    permit: Permit,
    scram_keys: ScramKeysCache,
    settings_wanted: Mapping[str, str],
) -> Opening[TargetReady]:
    """Return a target that is logged in to and ready; raises UpstreamFailed with what to do about it.

    `settings_wanted` go before what the role and the database set on the target.
    """
    settings: PostgresSettings = entry.settings
    user = TargetUser(
        user=login.user,
        database=settings.database or entry.resource.name,
        password=login.password,
        parameters={**startup.parameters, **settings_wanted},
        channel_binding=settings.channel_binding,
        require_auth=tuple(settings.require_auth),
        protocol_minor=startup.protocol_minor,
    )
    try:
        return (yield from _any_way(entry, user, permit, scram_keys))
    except UpstreamFailed as failure:
        if failure.code != "upstream_protocol_version":
            raise
        yield HangUp()
    return (yield from _any_way(entry, replace(user, protocol_minor=0), permit, scram_keys))


def _any_way(entry: Entry, user: TargetUser, permit: Permit, keys: ScramKeysCache) -> Opening[TargetReady]:
    """Try each way of the plan on a new connection; the last one's failure counts."""
    ways = _plan(entry).ways
    for way in ways[:-1]:
        try:
            return (yield from _one_way(entry, way, user, permit, keys))
        except UpstreamFailed as failure:
            if failure.code not in _OTHER_WAY:
                raise
            yield HangUp()
    return (yield from _one_way(entry, ways[-1], user, permit, keys))


def _one_way(entry: Entry, way: Way, user: TargetUser, permit: Permit, keys: ScramKeysCache) -> Opening[TargetReady]:
    tls = yield from _dial(entry, way, permit)
    private = tls is not None or entry.address.startswith("/") or entry.address in _LOCAL
    certificate = tls.server_certificate if tls is not None else None
    known = replace(user, server_certificate=certificate, cleartext_allowed=private)
    return (yield from converse(log_in(known, keys), Leg.TARGET))


def dial(entry: Entry, permit: Permit) -> Opening[TlsFacts | None]:
    """Connect and encrypt the first way that the resource's settings name; None where the connection stays plain."""
    return (yield from _dial(entry, _plan(entry).ways[0], permit))


def _dial(entry: Entry, way: Way, permit: Permit) -> Opening[TlsFacts | None]:
    yield Dial(entry.address, entry.port, permit)
    if not way.tls:
        return None
    if way.direct:
        direct: TlsFacts = yield UpgradeTarget(_tls(entry))
        return direct
    yield Send(Leg.TARGET, SSL_REQUEST)
    answer = yield Receive(Leg.TARGET, 1)
    if answer == b"S":
        tls: TlsFacts = yield UpgradeTarget(_tls(entry))
        return tls
    if answer != b"N":
        raise UpstreamFailed("the target does not answer like a PostgreSQL server", hint="check its address")
    if way.falls_back:
        return None
    message = f"the target does not speak TLS, and tls.mode is {entry.settings.tls.mode}"
    raise UpstreamFailed(message, hint="switch TLS on at the target, or lower tls.mode", code="upstream_tls")


def converse(dialogue: Dialogue[T], leg: Leg) -> Opening[T]:
    """Carry a login dialogue: send what it hands out, resume it with each message that comes.

    A client has proven nothing yet: what it may make the gate hold is no more than the longest password.
    """
    longest = PASSWORD_BYTES_MAX + 4 if leg is Leg.CLIENT else _MESSAGE_BYTES_MAX
    try:
        outgoing = next(dialogue)
        while True:
            if outgoing:
                yield Send(leg, outgoing)
            header = yield Receive(leg, 5)
            length = int.from_bytes(header[1:5], "big")
            if not 4 <= length <= longest:  # the length counts itself
                raise ProtocolError("a message of the login has an impossible length")
            body = (yield Receive(leg, length - 4)) if length > 4 else b""
            outgoing = dialogue.send((header[0], body))
    except StopIteration as done:
        result: T = done.value
        return result


def _plan(entry: Entry) -> TlsPlan:
    if entry.address.startswith("/"):
        return plan("disable")
    tls = entry.settings.tls
    return plan(tls.mode, root_cert=tls.root_cert)


def _tls(entry: Entry) -> TargetTls:
    tls = entry.settings.tls
    return TargetTls(
        mode=tls.mode,
        root_cert=tls.root_cert,
        client_cert=tls.client_cert,
        client_key=tls.client_key,
        crl=tls.crl,
        server_name=entry.address,
        alpn=ALPN,
    )
