"""What a refused use of a column means in plain words, and how the same thing can be asked for instead."""

from collections.abc import Callable

from yett.core.targets import Access, Effect, Target, quoted

Permitted = Callable[[Access], bool]

_MEANINGS = {
    Effect.FILTER: "rows cannot be chosen, joined, sorted or grouped by it",
    Effect.MATCH: "rows cannot be looked up by it",
    Effect.UNMASK: "it cannot be written where its label would be lost",
}


def meaning(access: Access) -> str:
    """Return what it means that this effect on a labelled column is refused; empty for any other access."""
    target = access.target
    words = _MEANINGS.get(access.effect, "")
    return f", which is labelled {target.label}: {words}" if words and target.label and target.kind == "Column" else ""


def instead(access: Access, permitted: Permitted) -> str:
    """Return how to ask for the same thing in a way that may be allowed, or ""; `permitted` judges the way out."""
    target = access.target
    if access.instead or target.kind != "Column" or len(target.path) < 2:
        return access.instead
    name = quoted(target.path[-1])
    if access.effect in _MEANINGS:
        return _of_labelled(name, access, permitted)
    table = Target(target.resource, "Table", target.path[:-1])
    if not permitted(Access(access.effect, table)):
        return ""
    more = ", and name the columns that you need instead of *" if access.effect is Effect.READ else " of what you write"
    return f"leave {name} out{more}"


def _of_labelled(name: str, access: Access, permitted: Permitted) -> str:
    if access.effect is Effect.UNMASK:
        return f"leave {name} out, or keep it in a temporary table, which keeps the label"
    if access.effect is Effect.FILTER and permitted(Access(Effect.MATCH, access.target)):
        return f"look rows up by the whole value, as in {name} = '…', or use the row's key"
    return "use the row's key, or a column without a label"
