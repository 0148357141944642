"""What a webhook says of a ticket: who asks what of which resource and why, where to answer; no statement or values."""

from collections.abc import Mapping
from datetime import UTC, datetime

from yett.core.approvals import Ticket

_LONG = 500


def news(kind: str, ticket: Ticket, address: str, by: str = "", reason: str = "") -> dict[str, object]:
    """Return the body of one notification."""
    asked = ticket.asked
    about = {
        "id": ticket.id,
        "state": ticket.state.value,
        "url": ticket_address(address, ticket.id),
        "principal": asked.principal,
        "kind": asked.kind,
        "on_behalf_of": [one for one in asked.on_behalf_of.split("\n") if one],
        "run": asked.run,
        "resource": asked.resource,
        "env": asked.env,
        "operation": asked.operation,
        "flows": list(asked.flows),
        "reason": asked.reason[:_LONG],
        "in_transaction": asked.in_transaction,
        "created_at": _iso(ticket.created_at),
        "expires_at": _iso(ticket.expires_at),
    }
    return {
        "event": f"approval.{kind}",
        "by": by,
        "reason": reason[:_LONG],
        "text": _sentence(kind, ticket),
        "ticket": about,
    }


def with_statement(body: Mapping[str, object], ticket: Ticket) -> dict[str, object]:
    """Return the body with the statement's text, for a receiver that is trusted with it; never with its parameters."""
    return {**body, "statement": ticket.asked.statement.decode("utf-8", "backslashreplace")}


def ticket_address(address: str, ticket_id: str) -> str:
    """Return where a ticket is to be seen: what notices and notifications name."""
    return f"{address}/api/approvals/{ticket_id}"


def _sentence(kind: str, ticket: Ticket) -> str:
    asked = ticket.asked
    behalf = f" for {', '.join(asked.on_behalf_of.split())}" if asked.on_behalf_of else ""
    place = f" on {asked.resource}" if asked.resource else ""
    what = f"{kind.replace('_', ' ')}: {asked.principal}{behalf}, {asked.operation}{place}"
    words = f"{what} (yett approvals show {ticket.id})"
    return "".join(one if one.isprintable() else "?" for one in words)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
