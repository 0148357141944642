"""Why a statement is refused before its names are resolved, or because they cannot be."""

from typing import Final

from yett.core.operations import Operation, Refusal
from yett.core.targets import Access, Effect, Target
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.texts import PROTOCOL, Text

UNRESOLVED: Final = {
    "definition_changed": "what it shows hangs on its literals; prepare it again",
    "transaction_aborted": "current transaction is aborted, commands ignored until end of transaction block",
    "catalog_unavailable": "the gate could not ask the target what the names in this statement mean",
}
_DROPPED: Final = frozenset(("TABLE", "VIEW", "SEQUENCE", "MATERIALIZED VIEW", "INDEX", "FOREIGN TABLE"))
_MISSING: Final = {
    "42P01": "relation_unknown",
    "42703": "column_unknown",
    "42883": "function_unknown",
    "42704": "object_unknown",
    "3F000": "schema_unknown",
}
UNSAFE: Final = Refusal(
    "session_unsafe",
    "in this session texts mean something else than the gate reads: another encoding, or backslashes in plain strings",
    "Reconnect, with client_encoding UTF8 and standard_conforming_strings on.",
)
_UNKNOWN: Final = (Access(Effect.UNKNOWN, Target("")),)
UNTOLD: Final = Refusal(
    "hold_impossible",
    "what it means cannot be told for as long as it would wait, so nobody could be shown what a yes stands for",
    "Run it again; if that goes on, look at the target's health.",
)
UNSEEN: Final = Refusal(
    "hold_impossible",
    "its transaction does not see what others change while it waits, so a yes could come to stand for something else",
    "Run it by itself, or in a READ COMMITTED transaction.",
)


def nameless(known: Text) -> bool:
    """Transaction statements and the like touch nothing but the resource: nothing has to be looked up for them."""
    return all(
        not one.assumed and all(touch.ref.name == "" and touch.effect is Effect.CONNECT for touch in one.touches)
        for one in known.statements
    )


def of_text(known: Text) -> Refusal | None:
    """Return why a text must be refused whatever its names mean: for principals whom policy restricts."""
    if known.lost:
        return Refusal(
            "statement_unknown", "it runs a statement or cursor that this session has not made through the gate"
        )
    several = known.statements
    if len(several) > 1 and not known.combined and any(one.barrier for one in several[:-1]):
        reason = "an earlier statement of this text can change what a later one means"
        return Refusal("statements_interdependent", reason, "Send the statements one at a time.")
    if len(several) > 1 and not known.combined and any(one.changes.executes or one.changes.fetches for one in several):
        reason = "what an EXECUTE or FETCH runs is judged only where it stands alone"
        return Refusal("statements_interdependent", reason, "Send the statements one at a time.")
    return None


def refused(known: Text, refusal: Refusal, sqlstate: str = "") -> Meant:
    """Return the refusal of a text, in the server's own words where it would have said the same."""
    template = known.operation
    code = _MISSING.get(sqlstate) if refusal.code == "name_unresolved" else None
    if code is not None:
        # As the server says it: it has no hint for these, and names what a DROP is of.
        what = template.kind.removeprefix("DROP ")
        reason = refusal.reason.replace("relation", what.lower(), 1) if what in _DROPPED else refusal.reason
        refusal = Refusal(code, reason)
    return Meant(Operation(PROTOCOL, template.kind, template.text, _UNKNOWN, template.facts, refusal))
