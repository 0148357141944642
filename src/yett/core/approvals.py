"""What a person is asked, and where the asking stands: the words that gate, store, API and command line share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TicketState(StrEnum):
    """Where a ticket stands. Only `open` and `approved` can still change; `used` is an approval that was acted on."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation that waits for a person: everything that a yes would stand for, and what the reviewer is shown.

    `digest` is SHA-256 over all that the yes covers: principal and whom it acts for, run, resource, resolved objects
    with their definitions, session settings that change meaning, statement and parameter bytes with types and formats,
    policy version. `shape` is the same without the values that are being written: predicates, names and everything
    else stay in. `parameters` come as (format, type, value), as the protocol numbers formats and types. `shown` is what
    the reviewer reads beside it (targets, labels touched, plan, affected rows, last operations of the session), as text
    by title; it holds what the client sent and is kept encrypted, as `statement` and `parameters` are. `on_behalf_of`
    holds the keys of all whom the principal acts for, the nearest first, one on each line.
    """

    principal: str
    kind: str
    on_behalf_of: str
    groups: tuple[str, ...]
    run: str
    resource: str
    env: str
    session: str
    sequence: int
    address: str
    program: str
    flows: tuple[str, ...]
    reason: str
    policies: tuple[str, ...]
    policy_version: str
    operation: str
    statement: bytes = field(repr=False)
    parameters: tuple[tuple[int, int, bytes | None], ...] = field(repr=False)
    digest: bytes = b""
    shape: bytes = b""
    in_transaction: bool = False
    shown: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Vote:
    """One reviewer's answer. `for_shape_seconds` is set where they chose to let exactly this shape pass for a while.

    `flows` are those of the ticket's flows that the reviewer could answer for; `break_glass` marks somebody with that
    right who went on without a reviewer.
    """

    reviewer: str
    yes: bool
    at: float
    reason: str = ""
    for_shape_seconds: float = 0.0
    flows: tuple[str, ...] = ()
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question to people. `id` is what a person types.

    `expires_at` is when silence becomes a no; for an approved ticket, when its unused approval ends. `window_until` is
    set where exactly this shape may pass until then. `outcome` says what became of the act once it was used ("" while
    that is not known), `escalated_at` when further people were asked. `found` is what the target told of it after it
    was asked (plan, affected rows), as text by title: shown as `asked.shown` is, in the place of what stands there
    under the same title. No yes hangs on it.
    """

    id: str
    state: TicketState
    asked: Asked
    created_at: float
    expires_at: float
    votes: tuple[Vote, ...] = ()
    ended_at: float = 0.0
    reason: str = ""
    window_until: float = 0.0
    escalated_at: float = 0.0
    outcome: str = ""
    found: Mapping[str, str] = field(default_factory=dict, repr=False)
