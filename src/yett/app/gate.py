"""Builds one gate from its settings: every room, joined to the others, before anything listens."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from yett import __version__
from yett.admin.pages import Standing
from yett.admin.server import AdminServer
from yett.app.approvals import Approvals, open_approvals
from yett.app.authority import ConnectionAuthority, Proving
from yett.app.control_plane import control_plane
from yett.app.leases import Leases
from yett.app.leasing import gate_leases
from yett.app.listening import listener_specs
from yett.app.masking import resource_data
from yett.app.measured import Ledger, MeasuredChain
from yett.app.notifying import notifications
from yett.app.policies import PolicyWatch, load_engine
from yett.app.postgres import Served, postgres_service
from yett.app.readiness import Readiness
from yett.app.reviewing import reviewing_routes
from yett.approvals.viewing import HoldsUnmask
from yett.config import Config
from yett.config.addresses import split_address
from yett.config.parts import deny_rules
from yett.config.protocols import default_port
from yett.core.approvals import Asked
from yett.core.clock import Clock
from yett.core.errors import AuthenticationFailed
from yett.core.ids import SessionId
from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Resource
from yett.credentials.sources import CredentialSource, own_credential_source
from yett.gateway.driver import Driver
from yett.gateway.gate import Gate
from yett.gateway.holding import Holding
from yett.gateway.reception import FrontDesk
from yett.gateway.sessions import SessionLimits, Sessions
from yett.identity.identity import Identity
from yett.identity.lapse import Lapse
from yett.interceptors.authorize import Authorize, PolicyInForce
from yett.interceptors.covering import Covering
from yett.interceptors.deviation import Deviation, StructureOf
from yett.interceptors.guard import Guard
from yett.interceptors.identity_in_force import identity_in_force
from yett.interceptors.limit import MatchLimit, RateLimit
from yett.interceptors.seat import Seat
from yett.policy.deny_list import DenyList
from yett.policy.reload import Reload, Replaced
from yett.protocols._wire.reception import CredentialWanted, Entry, TargetLogin
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.shapes import structure_of as postgres_structure_of
from yett.protocols.postgres.shared_role import never_shared
from yett.recording.vault import Vault
from yett.storage.database import open_database
from yett.storage.identity_store import SqlIdentityStore
from yett.storage.lock import InstanceLock
from yett.telemetry.counters import GateCounters
from yett.telemetry.metrics import Metrics
from yett.telemetry.webhooks import Webhooks

_log = structlog.get_logger("yett.app")
_SERVICES: Mapping[str, Callable[[Config, FrontDesk, Clock], Served]] = {"postgres": postgres_service}

_STRUCTURES: Mapping[str, StructureOf] = {"postgres": postgres_structure_of}

_Awaitables = dict[str, Callable[[Any], Awaitable[Any]]]


@dataclass(frozen=True, slots=True)
class Rooms:
    """A gate that is built and not yet started."""

    config: Config
    identity: Identity
    vault: Vault
    policy: PolicyInForce
    watch: PolicyWatch
    counters: GateCounters
    gate: Gate
    readiness: Readiness
    ledger: Ledger
    admin: AdminServer | None
    catalogs: Mapping[str, NameCache]
    leases: Leases
    approvals: Approvals | None = None
    webhooks: Webhooks | None = None


def build(config: Config, clock: Clock, stack: ExitStack) -> Rooms:
    """Return the gate that `config` describes; what it opens is closed with `stack`.

    Raises YettError for whatever an operator has to put right: a bad policy (`policy_invalid`), a second gate on the
    same folder (`store_in_use`), a port in use (`port_in_use`), a store that cannot be opened (`store_failed`).
    """
    settings = config.settings
    engine = load_engine(config, clock)
    stack.enter_context(InstanceLock(config.data))
    database = stack.enter_context(open_database(config.data))
    identity = Identity(settings.identity, SqlIdentityStore(database), clock)
    identity.load()
    vault = Vault(config.data, settings.recording, gate_version=__version__)
    stack.callback(vault.close)
    policy, counters = PolicyInForce(engine), GateCounters()
    approvals = None
    if asks(config) or engine.asks_novelty:
        approvals = stack.enter_context(open_approvals(config, clock, holds_unmask(config, policy)))
    leases = gate_leases(
        config, entries(config), policy, clock, lambda lost: sessions.end_some(lost, "the lease for the target ended")
    )
    most = SessionLimits(settings.limits.sessions, settings.limits.sessions_per_principal)
    sessions = Sessions(most, leases.give_back, leases.changed)
    chain = _chain(config, policy, counters, clock, approvals)
    proving = Proving(identity, clock, counters)
    desk = FrontDesk(
        entries(config),
        chain,
        policy,
        vault,
        sessions,
        lambda arrival, tls: ConnectionAuthority(proving, arrival, tls),
        partial(Lapse, identity, clock),
        clock,
        roles_for(approvals, clock),
    )
    if approvals is not None:
        approvals.grants.on_change(lambda keys: sessions.change_roles(keys, roles_for(approvals, clock)))
        approvals.load()
    ledger = Ledger(counters)
    holding = Holding(approvals.desk, chain, admin_address(config)) if approvals is not None else None
    served = {name: _SERVICES[name](config, desk, clock) for name in _protocols(config)}
    gate = Gate(
        listener_specs(config, identity),
        {name: one.service for name, one in served.items()},
        _awaitables(identity, counters, clock, leases),
        sessions,
        chain,
        login_seconds=settings.limits.login_deadline,
        opening_max=settings.limits.openings,
        opening_per_address_max=settings.limits.openings_per_address,
        idle_seconds=settings.limits.idle_deadline,
        stall_seconds=settings.limits.stall_deadline,
        power=settings.recording.durability == "power",
        holding=holding,
        on_fault=lambda where, fault: _log.error("fault", where=where, exc_info=fault),
        on_ended=lambda driver, reason: _ended(ledger, holding, driver, reason),
    )
    stack.callback(identity.on_change(sessions.end_the_ended))
    learns = approvals is not None
    watch = PolicyWatch(config, policy, clock, lambda outcome: _reloaded(outcome, counters, leases, learns=learns))
    readiness = Readiness(gate, vault, identity, policy, watch, config.data)
    metrics = Metrics(counters, readiness.readings(ledger, sessions))
    api = reviewing_routes(config, approvals if asks(config) else None, identity, vault, clock)
    admin = control_plane(config, Standing(readiness.reasons, metrics.exposition), api)
    webhooks = None
    if approvals is not None:
        webhooks = notifications(approvals.desk, settings.webhooks, settings.admin.address)
    catalogs = {name: names for one in served.values() for name, names in one.catalogs.items()}
    return Rooms(
        config,
        identity,
        vault,
        policy,
        watch,
        counters,
        gate,
        readiness,
        ledger,
        admin,
        catalogs,
        leases,
        approvals,
        webhooks,
    )


def asks(config: Config) -> bool:
    """Say whether anybody is asked anything by this gate."""
    return bool(config.settings.approvals or config.settings.access)


def roles_for(approvals: Approvals | None, clock: Clock) -> Callable[[Principal], frozenset[str]]:
    """Return what says which roles somebody has for a while."""
    if approvals is None:
        return lambda _: frozenset()
    grants = approvals.grants
    return lambda principal: grants.roles_for(principal, clock.now())


def holds_unmask(config: Config, policy: PolicyInForce) -> HoldsUnmask:
    """Return what says whether a reviewer may see all labelled data of the resource that is asked about."""
    targets = entries(config)

    def holds(reviewer: Principal, asked: Asked) -> bool:
        entry = targets.get(asked.resource)
        if entry is None:
            return False
        client = ClientFacts(address="", port=0, tls=False, program="", details={})
        session = Session(SessionId("review"), reviewer, entry.resource, client, 0.0)
        return policy.engine.unrestricted(session)

    return holds


def admin_address(config: Config) -> str:
    """Return where reviewers find the gate."""
    admin = config.settings.admin
    return admin.address if admin.listen else "yett approvals"


def entries(config: Config) -> dict[str, Entry]:
    """Return the catalogue as protocols see it."""
    found = {}
    for name, one in config.settings.resources.items():
        host, port = split_address(one.address, default_port(one.protocol))
        found[name] = Entry(Resource(name, one.protocol, one.env), host, port, config.targets[name])
    return found


def credential_sources(config: Config, clock: Clock) -> dict[str, CredentialSource]:
    """Return where the gate's own look at each resource gets its credential; sessions get theirs from leases."""
    return {name: own_credential_source(one.credential, clock) for name, one in config.settings.resources.items()}


def _protocols(config: Config) -> list[str]:
    return sorted({one.protocol for one in config.settings.resources.values()} | config.settings.gate.listen.keys())


def _chain(
    config: Config, policy: PolicyInForce, counters: GateCounters, clock: Clock, approvals: Approvals | None
) -> MeasuredChain:
    limits = config.settings.limits
    rules = deny_rules(config.settings)
    deviation = Deviation(approvals.novelty, _STRUCTURES) if approvals is not None else None
    covering = Covering(Authorize(policy, deviation), policy, resource_data(config.settings))
    return MeasuredChain(
        [
            identity_in_force,
            RateLimit(limits.statements_per_second, limits.statements_burst, clock),
            Guard(DenyList(rules).check if rules else None, never_shared),
            MatchLimit(covering, limits.matches_per_minute, clock, counters.matched),
        ],
        counters,
        deviation,
        _judged_in_vain,
    )


def _judged_in_vain(seat: Seat, fault: Exception) -> None:
    """Tell of a fault while something was judged; a log of ours says of what kind it was and where, not its words."""
    _log.error("a fault while judging: refused", session=seat.session.id, exc_info=fault)


def _awaitables(identity: Identity, counters: GateCounters, clock: Clock, leases: Leases) -> _Awaitables:
    async def verify(raw: Secret) -> object:
        try:
            principal = await identity.verify_with_refresh(raw, clock.now())
        except AuthenticationFailed:
            counters.login("password", "refused")
            raise
        counters.login("password", "ok")
        return principal

    async def credential(wanted: CredentialWanted) -> TargetLogin:
        return await leases.take(wanted.seat.session, wanted.entry, wanted.refused)

    return {"verify": verify, "credential": credential}


def _ended(ledger: Ledger, holding: Holding | None, driver: Driver, reason: str) -> None:
    ledger.ended(driver, reason)
    if holding is not None:
        holding.settling.left(driver)
    if reason.startswith("internal"):
        _log.error("a session ended by a fault of the gate", session=driver.seat.session.id, fault=reason)


def _reloaded(outcome: Reload, counters: GateCounters, leases: Leases, *, learns: bool) -> None:
    if isinstance(outcome, Replaced):
        if outcome.engine.asks_novelty and not learns:
            hint = "restart the gate: it learns from its next start on"
            _log.warning("policies ask for context.novel; until a restart everything is new", hint=hint)
        leases.wake()
        counters.policy_reloads["loaded"] += 1
        _log.info("policies loaded", version=str(outcome.engine.version), before=outcome.before)
        return
    counters.policy_reloads["kept"] += 1
    for problem in getattr(outcome, "problems", ()):
        _log.error("policies not loaded; the old ones stay in force", place=str(problem.place), problem=problem.message)
