"""How a PostgreSQL connection begins: encryption, identity, permission, the target's login, and then a relay.

One linear dialogue from the first byte to the first ReadyForQuery. The client is told nothing of the target until
policy has let it connect; the target is dialled only with the permit that says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from yett.core.decisions import Decision, Deny, Hold, Terminate
from yett.core.errors import (
    AuthenticationFailed,
    LimitExceeded,
    ProtocolError,
    RecordingFailed,
    UpstreamFailed,
    YettError,
)
from yett.core.permits import Permit
from yett.core.principals import Principal
from yett.core.sessions import ClientFacts
from yett.protocols._wire.dialogue import (
    Arrival,
    Await,
    HangUp,
    Leg,
    Opening,
    Receive,
    Send,
    TlsFacts,
    UpgradeClient,
)
from yett.protocols._wire.reception import Admission, CancelRoute, CredentialWanted, Entry, Reception, TargetLogin
from yett.protocols.postgres import codec
from yett.protocols.postgres.login.client_auth import AUTHENTICATION_OK, Authenticated, Channel, Unproven, authenticate
from yett.protocols.postgres.login.options import check_settings
from yett.protocols.postgres.login.packets import cancel_packet
from yett.protocols.postgres.login.refused import LoginRefused, StartupRefused
from yett.protocols.postgres.login.scram_keys import ScramKeysCache
from yett.protocols.postgres.login.startup import (
    CancelRequest,
    GssRequest,
    SslRequest,
    Startup,
    first_length,
    read_first,
)
from yett.protocols.postgres.login.target_ready import TargetReady
from yett.protocols.postgres.login.target_refused import ABOUT_SETTINGS, WRONG_CODE, TargetRefused
from yett.protocols.postgres.relay import Relay
from yett.protocols.postgres.screening import Screen
from yett.protocols.postgres.statement_desk import Knowledge, StatementDesk
from yett.protocols.postgres.talk import RelayLimits
from yett.protocols.postgres.target_side import connect, converse, dial

_REQUESTS_MAX = 4
_CLIENT, _TARGET = Leg.CLIENT, Leg.TARGET


@dataclass(frozen=True, slots=True)
class Ready:
    """An opening's result: the seat it was admitted to, and the relay that serves it."""

    seat: Any
    relay: Relay


@dataclass(frozen=True, slots=True)
class Room:
    """What every PostgreSQL opening of this gate uses."""

    knowledge: Mapping[str, Knowledge]
    limits: RelayLimits
    scram_keys: ScramKeysCache
    clock: Callable[[], float]
    gate_secret: bytes
    """Random, private to the gate, always the same: what makes unknown credentials look like known ones."""
    screen: Callable[[str, str], Screen | None] = lambda _resource, _principal: None
    """What stands between a resource's answers and a principal (`issuer/subject`) whom policy restricts."""


def open_session(room: Room, arrival: Arrival, desk: Reception) -> Opening[Ready | None]:
    """Open one connection; None where it ends here: refused, or only a cancel request."""
    try:
        first = yield from _first_packet(arrival)
    except ProtocolError as refusal:
        desk.refused(arrival, {"code": refusal.code, "reason": refusal.message})
        if isinstance(refusal, StartupRefused):
            yield Send(_CLIENT, refusal.answer)
        # Whoever sends no such packet may not speak this protocol at all: a server, too, leaves without a word.
        return None
    if first is None:
        return None
    packet, tls = first
    if isinstance(packet, CancelRequest):
        yield from _cancel(packet, desk)
        return None
    return (yield from _welcome(room, arrival, desk, packet, tls))


def _first_packet(arrival: Arrival) -> Opening[tuple[Startup | CancelRequest, TlsFacts | None] | None]:
    """Answer pleas for encryption until the client says what it wants."""
    tls = arrival.tls
    for _ in range(_REQUESTS_MAX):
        header = yield Receive(_CLIENT, 4)
        length = first_length(header)
        packet = read_first(header + (yield Receive(_CLIENT, length - 4)))
        match packet:
            case SslRequest() if tls is None and arrival.tls_offered:
                tls = yield UpgradeClient(b"S")
            case SslRequest() | GssRequest():
                yield Send(_CLIENT, b"N")
            case _:
                return packet, tls
    return None


def _cancel(request: CancelRequest, desk: Reception) -> Opening[None]:
    """Pass a cancel request on to the target that runs the statement, if it shows the key that its session was given.

    The client is told nothing either way, as by a server.
    """
    route = desk.cancel(request.process_id, request.key)
    if route is not None:
        yield from stop_statement(route)


def stop_statement(route: CancelRoute) -> Opening[None]:
    """Have a session's target stop what it runs, as its owner's cancel request would."""
    try:
        yield from dial(route.entry, route.permit)
        yield Send(_TARGET, cancel_packet(route.process_id, route.secret_key))
        # The server closes when it has acted on it: waiting for that keeps the order that libpq's clients rely on.
        yield Receive(_TARGET, 1)
    except (OSError, UpstreamFailed):
        return


def _welcome(
    room: Room, arrival: Arrival, desk: Reception, startup: Startup, tls: TlsFacts | None
) -> Opening[Ready | None]:
    facts = {"user": startup.user, "database": startup.database, "program": startup.program}
    if startup.negotiation:
        yield Send(_CLIENT, startup.negotiation)
    try:
        who = yield from _identity(room, arrival, desk, startup, tls)
    except (AuthenticationFailed, ProtocolError) as refusal:
        desk.refused(arrival, {**facts, "code": refusal.code, "reason": refusal.message})
        yield Send(_CLIENT, getattr(refusal, "answer", b"") or _fatal("28P01", "authentication failed"))
        return None
    name = arrival.bound_resource or startup.database
    entry = desk.entry(name)
    if entry is None:
        desk.refused(arrival, {**facts, "principal": who.principal.key, "code": "resource_unknown"})
        hint = "Give the name of a resource as the database: `yett connect` lists them."
        yield Send(_CLIENT, _fatal("3D000", f'there is no resource "{name}"', hint))
        return None
    admission = yield from _admitted(arrival, desk, startup, who, entry, tls)
    if admission is None:
        return None
    return (yield from _join(room, desk, startup, who, entry, admission))


def _identity(
    room: Room, arrival: Arrival, desk: Reception, startup: Startup, tls: TlsFacts | None
) -> Opening[Authenticated]:
    """Have the client prove who it is; a token whose signing key is not known yet waits for the provider's keys."""
    channel = Channel(tls is not None, arrival.loopback, arrival.own_certificate or None)
    dialogue = authenticate(startup.user, channel, desk.authority(arrival, tls), room.gate_secret)
    proof = yield from converse(dialogue, _CLIENT)
    if not isinstance(proof, Unproven):
        return proof
    try:
        principal: Principal = yield Await("verify", proof.password)
    except AuthenticationFailed as failure:
        raise LoginRefused(startup.user, failure.code, failure.message) from None
    return Authenticated(principal, "password")


def _admitted(  # noqa: PLR0913, PLR0917 - what meets here, given once
    arrival: Arrival, desk: Reception, startup: Startup, who: Authenticated, entry: Entry, tls: TlsFacts | None
) -> Opening[Admission | None]:
    client = ClientFacts(
        address=arrival.address,
        port=arrival.port,
        tls=tls is not None,
        program=startup.program,
        details={"user": startup.user, "method": who.method, **startup.parameters},
    )
    details = {"login_method": who.method, "protocol": f"3.{startup.protocol_minor}"}
    try:
        admission = desk.admit(who.principal, entry, client, details)
    except (RecordingFailed, LimitExceeded) as failure:
        sqlstate = "53300" if isinstance(failure, LimitExceeded) else "57P03"
        yield Send(_CLIENT, _fatal(sqlstate, failure.message, failure.hint))
        return None
    if admission.permit is None:
        yield Send(_CLIENT, _not_admitted(admission.decision, entry))
        return None
    return admission


def _join(  # noqa: PLR0913, PLR0917 - what meets here, given once
    room: Room, desk: Reception, startup: Startup, who: Authenticated, entry: Entry, admission: Admission
) -> Opening[Ready | None]:
    permit = admission.permit
    if permit is None:
        return None
    free = desk.freedom(admission)
    try:
        if not free():
            check_settings(startup.parameters)
        settings = {} if free() else {"standard_conforming_strings": "on"}
        wanted = CredentialWanted(entry, admission.seat)
        ready = yield from _signed_in(room, startup, wanted, permit, settings)
    except StartupRefused as refusal:
        desk.failed(admission, refusal.code, refusal.message)
        yield Send(_CLIENT, refusal.answer)
        return None
    except UpstreamFailed as failure:
        desk.failed(admission, failure.code, str(failure))
        yield Send(_CLIENT, _upstream_fatal(failure))
        return None
    except (OSError, ProtocolError) as failure:
        desk.failed(admission, "upstream_failed", str(failure))
        what = failure.message if isinstance(failure, YettError) else "the connection was lost"
        yield Send(_CLIENT, _fatal("08006", f"the target could not be logged in to: {what}"))
        return None
    except GeneratorExit:
        desk.failed(admission, "login_deadline")
        raise
    process_id, key = desk.opened(admission, entry, ready.process_id, ready.secret_key, startup.protocol_minor)
    statuses = b"".join(codec.parameter_status(name, value) for name, value in ready.parameters.items())
    notices = b"".join(codec.message(b"N", body) for body in ready.notices)
    greeting = statuses + codec.backend_key_data(process_id, key) + notices + codec.ready(b"I")
    yield Send(_CLIENT, who.final + AUTHENTICATION_OK + greeting)
    relay = Relay(
        permit,
        StatementDesk(room.knowledge[entry.resource.name]),
        room.limits,
        dict(ready.parameters),
        room.clock,
        free,
        room.screen(entry.resource.name, who.principal.key),
    )
    return Ready(admission.seat, relay)


def _signed_in(
    room: Room, startup: Startup, wanted: CredentialWanted, permit: Permit, settings: Mapping[str, str]
) -> Opening[TargetReady]:
    """Sign in to the target; once more where its password was replaced since the gate had fetched it."""
    login: TargetLogin = yield Await("credential", wanted)
    try:
        return (yield from connect(wanted.entry, login, startup, permit, room.scram_keys, settings))
    except UpstreamFailed as failure:
        if failure.code != WRONG_CODE:
            raise
        again: TargetLogin = yield Await("credential", replace(wanted, refused=login))
        if again == login:
            raise
    yield HangUp()
    return (yield from connect(wanted.entry, again, startup, permit, room.scram_keys, settings))


def _fatal(sqlstate: str, message: str, hint: str = "") -> bytes:
    return codec.error(sqlstate, message, severity="FATAL", hint=hint)


def _not_admitted(decision: Decision, entry: Entry) -> bytes:
    match decision.verdict:
        case Deny(reason=reason, hint=hint):
            by = f' by policy "{decision.policies[0]}"' if decision.policies else ""
            text = f'connecting to "{entry.resource.name}" was refused{by}'
            return codec.error("42501", text, severity="FATAL", detail=reason, hint=hint)
        case Hold(reason=reason) | Terminate(reason=reason):
            return _fatal("42501", f'connecting to "{entry.resource.name}" was refused: {reason}')
        case _:
            return _fatal("XX000", "the gate could not judge this connection")


def _upstream_fatal(failure: UpstreamFailed) -> bytes:
    """Tell the client that the target is not to be had; the target's own words stay with the operator."""
    if isinstance(failure, TargetRefused) and failure.sqlstate in ABOUT_SETTINGS:
        return _fatal(failure.sqlstate, failure.told)
    told = failure.told if isinstance(failure, TargetRefused) else failure.message
    hint = "" if isinstance(failure, TargetRefused) else failure.hint
    return _fatal(_upstream_sqlstate(failure), f"{told} ({failure.code})", hint or "Tell whoever runs the gate.")


def _upstream_sqlstate(failure: UpstreamFailed) -> str:
    """Return what a client retries by: the server's own code where it may be told, else what kind of failure it is."""
    if isinstance(failure, TargetRefused) and failure.sqlstate.startswith(("53", "57", "22")):
        return failure.sqlstate
    return "08001" if failure.code == "upstream_unreachable" else "08006"
