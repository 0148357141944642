"""Says on which addresses the gate listens, with which certificate, and what each of them is bound to."""

import ssl

from yett.config import Config
from yett.config.addresses import split_address
from yett.config.parts import listen_addresses
from yett.config.protocols import alpn
from yett.core.errors import AuthenticationFailed, ConfigError
from yett.core.principals import Principal
from yett.gateway.gate import Gate
from yett.gateway.listener import ListenerSpec
from yett.gateway.tls import ServerTls, server_tls
from yett.identity.identity import Identity


def listener_specs(config: Config, identity: Identity) -> list[ListenerSpec]:
    """Return every listener of the data plane. Raises ConfigError for unusable TLS files or an unknown principal."""
    settings = config.settings
    specs = []
    for protocol, address in listen_addresses(settings).items():
        host, port = split_address(address)
        tls = tls_context(config, protocol)
        specs.append(ListenerSpec(protocol, host, port, tls, tls_seconds=settings.limits.startup_deadline))
    for index, one in enumerate(settings.listeners):
        host, port = split_address(one.address)
        protocol = settings.resources[one.resource].protocol
        specs.append(
            ListenerSpec(
                protocol,
                host,
                port,
                tls_context(config, protocol),
                bound_resource=one.resource,
                bound_principal=_bound(config, identity, index) if one.bound else None,
                tls_seconds=settings.limits.startup_deadline,
            )
        )
    return specs


def tls_context(config: Config, protocol: str) -> ServerTls | None:
    """Return the TLS of a protocol's listeners, or None where the gate has no certificate."""
    tls, mtls = config.settings.gate.tls, config.settings.identity.mtls
    if tls is None:
        return None
    own = server_tls(tls.cert, tls.key, mtls.ca if mtls else "", alpn(protocol))
    if tls.min_version == "1.3":
        own.context.minimum_version = ssl.TLSVersion.TLSv1_3
    return own


def _bound(config: Config, identity: Identity, index: int) -> Principal:
    name = config.settings.listeners[index].bound
    try:
        return identity.bound(name)
    except AuthenticationFailed:
        where = config.where("listeners", index, "bound")
        hint = "add it first: `yett agent add`, `yett service add` or `yett user add`"
        message = f"{where}: there is no principal {name}"
        raise ConfigError(message, hint=hint, code="config_unknown_name") from None


def reload_certificates(config: Config, gate: Gate) -> None:
    """Read the gate's certificate and key again: new connections see the new ones. Raises ConfigError."""
    tls = config.settings.gate.tls
    if tls is None:
        return
    for listener in gate.listeners:
        if listener.spec.tls is not None:
            listener.spec.tls.renew(tls.cert, tls.key)
