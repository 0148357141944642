"""Puts the control plane together: health, metrics and the reviewers' API on the `[admin]` listener."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from starlette.routing import BaseRoute

from yett.admin.api import Behind, api_routes
from yett.admin.pages import Standing, admin_pages
from yett.admin.server import AdminServer
from yett.admin.ticket_shown import ValueText, plain_value
from yett.app.approvals import Approvals
from yett.app.evaluation import evaluation_mode
from yett.config import Config
from yett.config.addresses import split_address
from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.gateway.tls import server_tls
from yett.identity.identity import Identity
from yett.protocols.postgres.transcript import whole_value
from yett.recording.vault import Vault

_VALUES: Mapping[str, Callable[[int, int, bytes], str]] = {"postgres": whole_value}


def control_plane(
    config: Config, standing: Standing, identity: Identity, vault: Vault, approvals: Approvals | None
) -> AdminServer | None:
    """Return the listener of `[admin]`, not yet bound, or None where it is turned off.

    Where nobody is asked anything (`approvals` is None) there is no API.
    Raises ConfigError where HTTPS is wanted and the certificate cannot be used.
    """
    admin = config.settings.admin
    if not admin.listen:
        return None
    api = _api(config, identity, vault, approvals) if approvals is not None else []
    tls = config.settings.gate.tls if admin.tls else None
    context = server_tls(tls.cert, tls.key).context if tls is not None else None
    return AdminServer(admin_pages(standing, _hosts(config), api), *split_address(admin.listen), context)


def _api(config: Config, identity: Identity, vault: Vault, approvals: Approvals) -> list[BaseRoute]:
    clock = approvals.clock

    async def verify(raw: Secret) -> Principal:
        return await identity.verify_with_refresh(raw, clock.now())

    return api_routes(
        Behind(
            verify=verify,
            record=vault.event,
            record_refused=vault.refused,
            clock=clock,
            desk=approvals.desk,
            grants=approvals.grants,
            fresh_seconds=float(config.settings.admin.fresh),
            evaluation=evaluation_mode(),
            value_text=_value_text(config),
        )
    )


def _hosts(config: Config) -> list[str]:
    """Return the names that may stand in Host: those that are set, and the one that people are told."""
    admin = config.settings.admin
    own = urlsplit(admin.address).hostname
    return [*admin.hosts, own] if own else [*admin.hosts]


def _value_text(config: Config) -> ValueText:
    protocols = {name: one.protocol for name, one in config.settings.resources.items()}

    def text(resource: str, format_: int, type_: int, value: bytes) -> str:
        read = _VALUES.get(protocols.get(resource, ""))
        return read(format_, type_, value) if read else plain_value(resource, format_, type_, value)

    return text
