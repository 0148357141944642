"""Has webhooks told what happens to tickets: those that the ticket's flows name, or all where they name none."""

from collections.abc import Mapping

from yett.approvals.desk import ApprovalDesk
from yett.approvals.events import Event
from yett.approvals.refusals import NotAllowed
from yett.telemetry.webhook_settings import WebhookSettings
from yett.telemetry.webhooks import Webhooks


def notifications(desk: ApprovalDesk, settings: Mapping[str, WebhookSettings], address: str) -> Webhooks:
    """Return the webhooks, told of everything from now on; their `run` sends.

    `address` is where people reach the API.
    """
    webhooks = Webhooks(settings, address)

    def tell(event: Event) -> None:
        webhooks.tell(_names(desk, event, settings), event.kind, event.ticket, event.by, event.reason)

    if settings:
        desk.watch.on_event(tell)
    return webhooks


def _names(desk: ApprovalDesk, event: Event, settings: Mapping[str, WebhookSettings]) -> tuple[str, ...]:
    try:
        named = desk.terms(event.ticket.asked).webhooks
    except NotAllowed:
        # The flow is no longer in yett.toml: what happens to its last tickets is told to everybody.
        named = ()
    return named or tuple(settings)
