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

    `digest` is SHA-256 over all that the yes covers: principal and whom it acts for, run, resource, resolved objects with
    their definitions, session settings that change meaning, statement and parameter bytes with types and formats, policy
    version. `shape` is the same without the values that are being written: predicates, names and everything else stay in.
    `shown` is what the reviewer reads beside it (targets, labels touched, plan, affected rows, last operations of the
    session), as text by title; it holds what the client sent and is kept encrypted, as `statement` and `parameters` are.
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
    """One reviewer's answer. `for_shape_seconds` is set where they chose to let exactly this shape pass for a while."""

    reviewer: str
    yes: bool
    at: float
    reason: str = ""
    for_shape_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question to people. `id` is what a person types; `expires_at` is when silence becomes a no."""

    id: str
    state: TicketState
    asked: Asked
    created_at: float
    expires_at: float
    votes: tuple[Vote, ...] = ()
    ended_at: float = 0.0
    reason: str = ""
