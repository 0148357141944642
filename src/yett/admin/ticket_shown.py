"""What the API says of a ticket: a line for a list, and everything that a yes would stand for."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from yett.core.approvals import Asked, Ticket, Vote

SEEN_CHARS_MIN = 12
"""How much of a ticket's digest says that it was looked at: 48 bits, far more than tickets of one gate."""

_SAME_SHAPE_MAX = 20

ValueText = Callable[[str, int, int, bytes], str]
"""Reads one parameter whole, as people write it: from resource, format (0 text, 1 binary), type and bytes."""


def plain_value(_resource: str, format_: int, _type: int, value: bytes) -> str:
    """Return a parameter's text, or its bytes in hexadecimal where it is not text."""
    if format_ == 0:
        try:
            return value.decode()
        except UnicodeDecodeError:
            pass
    return "\\x" + value.hex()


def ticket_line(ticket: Ticket, now: float) -> dict[str, object]:
    """Return what a list shows: who asks what of which resource and why, nothing of the statement."""
    asked = ticket.asked
    return {
        "id": ticket.id,
        "state": ticket.state.value,
        "principal": asked.principal,
        "kind": asked.kind,
        "on_behalf_of": _chain(asked),
        "run": asked.run,
        "resource": asked.resource,
        "env": asked.env,
        "operation": asked.operation,
        "flows": list(asked.flows),
        "reason": asked.reason,
        "in_transaction": asked.in_transaction,
        "created_at": iso(ticket.created_at),
        "expires_at": iso(ticket.expires_at),
        "seconds_left": max(0, round(ticket.expires_at - now)),
        "ended_at": iso(ticket.ended_at) if ticket.ended_at else None,
        "ended_because": ticket.reason,
    }


def ticket_whole(ticket: Ticket, now: float, earlier: Iterable[Ticket], value_text: ValueText) -> dict[str, object]:
    """Return everything: the request as it would run, beside it what helps to judge it, and the digest of it all."""
    asked = ticket.asked
    exact = asked.statement.isascii() or _is_utf8(asked.statement)
    return {
        **ticket_line(ticket, now),
        "digest": asked.digest.hex(),
        "groups": sorted(asked.groups),
        "session": asked.session,
        "sequence": asked.sequence,
        "client": {"address": asked.address, "program": asked.program},
        "policies": list(asked.policies),
        "policy_version": asked.policy_version,
        "statement": asked.statement.decode("utf-8", "backslashreplace"),
        "statement_bytes": len(asked.statement),
        **({} if exact else {"statement_hex": asked.statement.hex()}),
        "parameters": [_parameter(asked, number, value_text) for number in range(len(asked.parameters))],
        "shown": {**asked.shown, **ticket.found},
        "votes": [_vote(vote) for vote in ticket.votes],
        "window_until": iso(ticket.window_until) if ticket.window_until else None,
        "escalated_at": iso(ticket.escalated_at) if ticket.escalated_at else None,
        "outcome": ticket.outcome,
        "same_shape": [_earlier(one) for one in _newest(earlier)],
    }


def iso(at: float) -> str:
    """Return a time for programs (RFC 3339)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _chain(asked: Asked) -> list[str]:
    return [one for one in asked.on_behalf_of.split("\n") if one]


def _parameter(asked: Asked, index: int, value_text: ValueText) -> dict[str, object]:
    format_, type_, value = asked.parameters[index]
    return {
        "number": index + 1,
        "type": type_,
        "format": "binary" if format_ == 1 else "text",
        "null": value is None,
        "text": "" if value is None else value_text(asked.resource, format_, type_, value),
    }


def _vote(vote: Vote) -> dict[str, object]:
    return {
        "reviewer": vote.reviewer,
        "yes": vote.yes,
        "at": iso(vote.at),
        "reason": vote.reason,
        "for_shape_seconds": vote.for_shape_seconds,
        "flows": list(vote.flows),
        "break_glass": vote.break_glass,
    }


def _earlier(ticket: Ticket) -> dict[str, object]:
    return {
        "id": ticket.id,
        "state": ticket.state.value,
        "created_at": iso(ticket.created_at),
        "principal": ticket.asked.principal,
        "reviewers": [vote.reviewer for vote in ticket.votes],
    }


def _newest(tickets: Iterable[Ticket]) -> list[Ticket]:
    return sorted(tickets, key=lambda one: one.created_at, reverse=True)[:_SAME_SHAPE_MAX]


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
