"""What the flows of one question come to together: the strictest of each wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yett.approvals.refusals import not_allowed
from yett.approvals.settings import FlowSettings

Flows = Mapping[str, FlowSettings]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a question that must satisfy several flows at once. Times are in seconds."""

    wait_seconds: float
    remind_seconds: float
    open_max: int
    window_seconds_max: float
    unmask_needed: bool
    reviewers: tuple[str, ...]
    webhooks: tuple[str, ...]
    count_affected: bool


def terms_of(flows: Flows, names: Sequence[str], *, in_transaction: bool = False) -> Terms:
    """Return the terms of a question to these flows. Raises NotAllowed (`flow_unknown`) unless all are configured."""
    if not names or any(name not in flows for name in names):
        raise not_allowed("flow_unknown")
    asked = [flows[name] for name in names]
    waits = [min(one.expires, one.in_transaction) if in_transaction else one.expires for one in asked]
    return Terms(
        wait_seconds=float(min(waits)),
        remind_seconds=float(min(one.remind for one in asked)),
        open_max=min(one.open_per_principal for one in asked),
        window_seconds_max=float(min(one.shape_window_max for one in asked)),
        unmask_needed=any(one.unmask_needed for one in asked),
        reviewers=tuple(dict.fromkeys(group for one in asked for group in one.reviewers)),
        webhooks=tuple(dict.fromkeys(name for one in asked for name in one.webhooks)),
        count_affected=any(one.count_affected for one in asked),
    )
