"""Short words for touches, so that a test's table can be read: `read orders`, `define public.t!` (made by it)."""

from yett.protocols.postgres.sql.facts import StatementFacts
from yett.protocols.postgres.sql.refs import CONNECTS, Ref, RefKind, Touch
from yett.protocols.postgres.sql.understanding import understand

_PREFIX = {RefKind.RELATION: "", RefKind.RESOURCE: "everything"}


def facts(text: str) -> StatementFacts:
    """Return the facts of the one statement in `text`."""
    understood = understand(text)
    assert understood.refusal is None, understood.refusal
    (only,) = understood.statements
    return only


def named(ref: Ref) -> str:
    """Return a reference in words."""
    path = ".".join(part for part in (ref.catalog, ref.schema, ref.name) if part)
    prefix = _PREFIX.get(ref.kind, f"{ref.kind} ")
    return f"{prefix}{path}{'!' if ref.new else ''}"


def words(touch: Touch) -> str:
    """Return a touch in words."""
    return f"{touch.effect} {named(touch.ref)}"


def touched(text: str) -> set[str]:
    """Return everything that the one statement in `text` touches, beside connecting."""
    found = facts(text)
    assert CONNECTS in found.touches
    return {words(touch) for touch in found.touches if touch != CONNECTS}
