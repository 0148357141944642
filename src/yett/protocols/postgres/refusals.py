"""Refusals in PostgreSQL's own words: SQLSTATE, message, detail and hint."""

from yett.core.decisions import Decision, Deny, Hold, Terminate
from yett.core.operations import Refusal
from yett.protocols.postgres.codec import error, parse, query

# This text cannot be parsed by any server, so the target fails the transaction exactly as for an error of its own, and
# its log says why. The client sees the gate's refusal in its place; the refused statement never leaves the gate.
_NEVER_RUNS = "yett refused this statement"
POISON_QUERY = query(_NEVER_RUNS)
POISON_PARSE = parse(b"yett_refused", _NEVER_RUNS.encode())

SQLSTATES = {
    "syntax_error": "42601",
    "text_not_utf8": "22021",
    "text_not_unicode": "22021",
    "text_has_nul": "22021",
    "text_too_long": "54000",
    "text_too_deep": "54001",
    "text_operator_run": "54001",
    "text_too_many_statements": "54000",
    "relation_unknown": "42P01",
    "column_unknown": "42703",
    "function_unknown": "42883",
    "object_unknown": "42704",
    "schema_unknown": "3F000",
    "catalog_unavailable": "57P03",
    "transaction_aborted": "25P02",
    "statement_unknown": "26000",
    "cursor_unknown": "34000",
    "parameter_undefined": "42P02",
    "definition_changed": "40001",
    "limit_exceeded": "54000",
    "rate_limited": "53400",
    "match_limited": "53400",
    "recording_failed": "57P03",
    "recording_stalled": "57P03",
    "disk_full": "53100",
    "recording_disk_full": "53100",
    "feature_not_offered": "0A000",
    "reserved_name": "42939",
    "identity_ended": "57P01",
    "draining": "57P01",
    "cancelled": "57014",
    "copy_failed": "57014",
    "copy_too_large": "54000",
}
"""Stable refusal codes that are not permission denials, and the SQLSTATE a client sees for each."""

MASKED_WRITE = Refusal(
    "mask_token",
    "it would write a mask of this gate as if it were the value behind it",
    "Leave the masked column out of what is written, so that its value stays.",
)


def denial(decision: Decision, position: int = 0) -> bytes:
    """Return the ErrorResponse for a decision that is not an allow (42501 unless the code has its own SQLSTATE)."""
    match decision.verdict:
        case Deny(code=code, reason=reason, hint=hint):
            return _denied(decision, code, reason, hint, position)
        case Hold(flows=flows, reason=reason):
            names = ", ".join(flows)
            return error(
                "42501",
                f"this statement needs approval by {names}, and this gate cannot ask for it",
                detail=f"{reason} (policy {', '.join(decision.policies)})",
                hint="Ask a policy author to permit it, or leave it out.",
            )
        case Terminate(code=code, reason=reason):
            return error(SQLSTATES.get(code, "57P01"), reason, severity="FATAL")
        case _:
            return error("XX000", "the gate could not judge this statement")


def _denied(decision: Decision, code: str, reason: str, hint: str, position: int) -> bytes:
    sqlstate = SQLSTATES.get(code, "42501")
    if sqlstate != "42501":
        return error(sqlstate, reason, hint=hint, P=str(position) if position else "")
    by = f'policy "{decision.policies[0]}"' if decision.policies else f"the gate ({code})"
    version = f" (policy version {decision.policy_version})" if decision.policy_version else ""
    return error("42501", f"refused by {by}", detail=reason + version, hint=hint)


def too_many(what: str, most: int) -> bytes:
    """Return the error for a limit on what a client may make the gate hold."""
    return error("54000", f"too many {what}: the gate allows {most}", hint="Use fewer, or close what is not needed.")


def malformed(what: str) -> bytes:
    """Return the error for a message whose body cannot be read: as with the server, the connection goes on."""
    return error("08P01", what)


def ending(reason: str, *, sqlstate: str = "57P01") -> bytes:
    """Return the FATAL error that tells a client why its connection ends."""
    return error(sqlstate, reason, severity="FATAL")
