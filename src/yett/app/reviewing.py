"""Puts together what reviewers and askers reach over HTTP: who they are, what they may see, what is recorded of it."""

from collections.abc import Callable, Mapping

from starlette.routing import BaseRoute

from yett.admin.api import Behind, api_routes
from yett.admin.ticket_shown import ValueText, plain_value
from yett.app.approvals import Approvals
from yett.app.evaluation import evaluation_mode
from yett.config import Config
from yett.core.clock import Clock
from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.identity.identity import Identity
from yett.protocols.postgres.transcript import whole_value
from yett.recording.vault import Vault

_VALUES: Mapping[str, Callable[[int, int, bytes], str]] = {"postgres": whole_value}


def reviewing_routes(
    config: Config, approvals: Approvals | None, identity: Identity, vault: Vault, clock: Clock
) -> list[BaseRoute]:
    """Return the routes of the API; none where nobody is asked anything."""
    if approvals is None:
        return []

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


def _value_text(config: Config) -> ValueText:
    """Return what reads parameters as the protocol of their resource writes them: no reviewer reads hexadecimal."""
    protocols = {name: one.protocol for name, one in config.settings.resources.items()}

    def text(resource: str, format_: int, type_: int, value: bytes) -> str:
        read = _VALUES.get(protocols.get(resource, ""))
        return read(format_, type_, value) if read else plain_value(resource, format_, type_, value)

    return text
