"""Puts together what reviewers and askers reach over HTTP: who they are, what they may see, what is recorded of it."""

from starlette.routing import BaseRoute

from yett.admin.api import Behind, api_routes
from yett.app.approvals import Approvals
from yett.app.evaluation import evaluation_mode
from yett.config import Config
from yett.core.clock import Clock
from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.identity.identity import Identity
from yett.recording.vault import Vault


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
        )
    )
