"""Puts together what makes the credentials of sessions: settings, policies, and a mark that tells gates apart."""

import hmac
from collections.abc import Callable, Mapping

from yett.app.kept_secret import kept_secret
from yett.app.leases import Leases, Lessor
from yett.app.masking import resource_maskings
from yett.app.role_leases import LeasedTarget, RoleLeases
from yett.app.rotation import settling
from yett.app.vault_leases import VaultLeases
from yett.config import Config
from yett.core.clock import Clock
from yett.core.ids import SessionId
from yett.credentials.settings import FromEphemeral
from yett.credentials.sources import credential_source, own_credential_source
from yett.credentials.vault_access import VaultAccess
from yett.credentials.vault_settings import FromVault
from yett.interceptors.authorize import PolicyInForce
from yett.protocols._wire.reception import Entry
from yett.protocols.postgres.leasing.roles import RoleTerms

_LOSS = "; roles that this gate had made are then swept a day after their end"


def gate_leases(
    config: Config,
    entries: Mapping[str, Entry],
    policy: PolicyInForce,
    clock: Clock,
    on_lost: Callable[[list[SessionId]], None],
) -> Leases:
    """Return what gives sessions their credentials. `on_lost` must end sessions whose lease can't go on, at once.

    Raises ConfigError where the gate's own mark can't be kept.
    """
    settings = config.settings.resources
    sources = {
        name: settling(entries[name], one.credential, credential_source(one.credential, clock), clock)
        for name, one in settings.items()
    }
    lessors: dict[str, Lessor] = {}
    for name, one in settings.items():
        if isinstance(one.credential, FromEphemeral):
            target = _leased(config, entries[name], one.credential, clock)
            lessors[name] = RoleLeases(target, policy, clock, on_lost)
        elif isinstance(one.credential, FromVault) and one.credential.engine == "database":
            lessors[name] = VaultLeases(name, VaultAccess(one.credential, clock), clock, on_lost)
    return Leases(sources, lessors)


def _leased(config: Config, entry: Entry, settings: FromEphemeral, clock: Clock) -> LeasedTarget:
    terms = RoleTerms(
        lease_mark(config, entry.resource.name),
        settings.prefix,
        settings.connections,
        settings.valid_for,
        settings.statement_timeout,
    )
    label_of = resource_maskings(config)[entry.resource.name].label_of
    admin = settling(entry, settings.admin, own_credential_source(settings, clock), clock)
    return LeasedTarget(entry, admin, terms, label_of)


def lease_mark(config: Config, resource: str) -> str:
    """Return what this gate's roles for a resource are known by at its target, the same over restarts.

    Roles belong to a whole server: of two gates, or of two resources there, neither may sweep the other's.
    """
    return hmac.digest(kept_secret(config.data, "lease.key", _LOSS), resource.encode(), "sha256").hex()[:8]
