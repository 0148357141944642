"""The settings of `[approvals.<flow>]` and `[access.<role>]`: whom a hold asks, and what can be had for a while."""

from typing import Annotated

import msgspec
from msgspec import Meta

from yett.core.durations import Duration

DAY_SECONDS = 86400.0

Groups = tuple[Annotated[str, Meta(min_length=1, max_length=1024)], ...]
"""Groups with their issuer, such as `corp/dba`: no other provider can assert them."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of settings in which an unknown key is an error."""


class FlowSettings(Strict, frozen=True):
    """One flow of approvals: who is asked, how many must agree, and how long a question stands."""

    reviewers: Annotated[
        Groups, Meta(min_length=1, description="Groups whose people may answer, with their issuer: `corp/dba`.")
    ]
    quorum: Annotated[int, Meta(ge=1, le=20, description="How many of them must say yes; one no is enough.")] = 1
    expires: Annotated[
        Duration, Meta(description="How long a question stands, and a yes that was not used; silence is a no.")
    ] = Duration(900)
    in_transaction: Annotated[
        Duration, Meta(description="The same inside an open transaction, which keeps locks while it waits.")
    ] = Duration(60)
    remind: Annotated[Duration, Meta(description="How often a waiting client is told again that it waits.")] = Duration(
        30
    )
    escalate_after: Annotated[
        Duration, Meta(description="When an open question is put to `escalate_to` too; 0s is never.")
    ] = Duration(0)
    escalate_to: Annotated[Groups, Meta(description="Groups that may answer once a question is escalated.")] = ()
    open_per_principal: Annotated[
        int, Meta(ge=1, le=1000, description="The most questions of one principal that are open at once.")
    ] = 5
    shape_window_max: Annotated[
        Duration, Meta(description="How long a reviewer may let exactly this shape pass, 24h at most; 0s is never.")
    ] = Duration(0)
    unmask_needed: Annotated[
        bool, Meta(description="Only who may see the labelled data unmasked may look at a question and answer it.")
    ] = False
    count_affected: Annotated[
        bool,
        Meta(
            description="The target counts for the reviewer, within 5s, the rows that an UPDATE or DELETE would touch."
        ),
    ] = False
    webhooks: Annotated[
        tuple[str, ...], Meta(description="Names of the webhooks that are told of this flow's questions.")
    ] = ()
    break_glass: Annotated[
        Groups, Meta(description="Groups whose people may go on without a reviewer, with a reason; loudly recorded.")
    ] = ()

    def __post_init__(self) -> None:
        _check(0 < self.expires <= 7 * DAY_SECONDS, "`expires` must be longer than 0s and at most 7d")
        _check(self.in_transaction > 0, "`in_transaction` must be longer than 0s")
        _check(self.remind >= 1, "`remind` must be at least 1s")
        _check(0 <= self.shape_window_max <= DAY_SECONDS, "`shape_window_max` must be at most 24h")
        _check(
            bool(self.escalate_to) == (self.escalate_after > 0), "`escalate_after` and `escalate_to` belong together"
        )
        _check(self.escalate_after < self.expires, "`escalate_after` must be shorter than `expires`")


class AccessSettings(Strict, frozen=True):
    """A role that can be asked for, for a while."""

    requestable_by: Annotated[
        Groups, Meta(min_length=1, description="Groups that may ask for the role, with their issuer.")
    ]
    approval: Annotated[str, Meta(min_length=1, description="The flow of `[approvals.<flow>]` that is asked.")]
    max: Annotated[Duration, Meta(description="The longest time that it may be asked for.")]

    def __post_init__(self) -> None:
        _check(1 <= self.max <= 30 * DAY_SECONDS, "`max` must be at least 1s and at most 30d")


def _check(holds: bool, message: str) -> None:  # noqa: FBT001  a plain statement reads best
    if not holds:
        raise ValueError(message)
