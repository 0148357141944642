"""Puts the API together: who may call it, what is recorded of each call, and every endpoint there is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.routing import BaseRoute

from yett.admin.access_api import AccessApi
from yett.admin.approvals_api import ApprovalsApi, Reviewing
from yett.admin.callers import Reception
from yett.admin.calls import Calls
from yett.admin.ticket_shown import ValueText, plain_value
from yett.approvals.desk import ApprovalDesk
from yett.approvals.grants import Grants
from yett.core.clock import Clock
from yett.core.principals import Principal
from yett.core.secret import Secret


@dataclass(frozen=True, slots=True)
class Behind:
    """What the API stands on.

    `verify` returns whom a bearer credential stands for, as of now, or raises AuthenticationFailed. `record` writes an
    event of the gate and raises RecordingFailed; `record_refused` does so for strangers, and bounds how many. Both are
    called from the event loop. `fresh_seconds` is how long ago a reviewer may have signed in. `evaluation` says why
    this gate is only good for evaluation, or "". `value_text` reads parameters as the resource's protocol writes them.
    """

    verify: Callable[[Secret], Awaitable[Principal]]
    record: Callable[[str, Mapping[str, object]], None]
    record_refused: Callable[[Mapping[str, object]], None]
    clock: Clock
    desk: ApprovalDesk
    grants: Grants
    fresh_seconds: float
    evaluation: str = ""
    value_text: ValueText = plain_value


def api_routes(behind: Behind) -> list[BaseRoute]:
    """Return the routes of /api, for `admin_pages`."""
    reception = Reception(behind.verify, behind.record_refused, behind.clock, behind.fresh_seconds)
    calls = Calls(reception, behind.record, behind.fresh_seconds)
    reviewing = Reviewing(behind.desk, behind.clock, behind.evaluation, behind.value_text)
    access = AccessApi(behind.grants, behind.clock, calls)
    return [*ApprovalsApi(reviewing, calls).routes(), *access.routes()]
