"""Puts the control plane together: health, metrics and the reviewers' API on the `[admin]` listener."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.routing import BaseRoute

from yett.admin.pages import Standing, admin_pages
from yett.admin.server import AdminServer
from yett.config import Config
from yett.config.addresses import split_address
from yett.gateway.tls import server_tls


def control_plane(config: Config, standing: Standing, api: Sequence[BaseRoute] = ()) -> AdminServer | None:
    """Return the listener of `[admin]`, not yet bound, or None where it is turned off.

    `api` is what `reviewing_routes` returns. Raises ConfigError where HTTPS is wanted and no certificate fits.
    """
    admin = config.settings.admin
    if not admin.listen:
        return None
    tls = config.settings.gate.tls if admin.tls else None
    context = server_tls(tls.cert, tls.key).context if tls is not None else None
    return AdminServer(admin_pages(standing, _hosts(config), api), *split_address(admin.listen), context)


def renew_certificate(config: Config, listener: AdminServer) -> None:
    """Read the certificate of an HTTPS listener again: new connections see the new one. Raises ConfigError."""
    tls = config.settings.gate.tls
    if tls is None or not config.settings.admin.tls:
        return
    server_tls(tls.cert, tls.key)
    listener.renew(tls.cert, tls.key)


def _hosts(config: Config) -> list[str]:
    """Return the names that may stand in Host: those that are set, and the one that people are told."""
    admin = config.settings.admin
    own = urlsplit(admin.address).hostname
    return [*admin.hosts, own] if own else [*admin.hosts]
