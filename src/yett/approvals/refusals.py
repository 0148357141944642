"""Why somebody may not answer a question, ask one, or have a role: each with a stable code."""

from yett.core.errors import LimitExceeded, YettError

REFUSALS = {
    "own": "nobody approves what they asked for themselves",
    "acted_for": "nobody approves what was asked on their behalf",
    "machine": "only people answer, and only for themselves",
    "not_reviewer": "this flow does not ask you",
    "unmask_needed": "this flow asks only who may see the labelled data unmasked",
    "voted": "you have answered this already",
    "ended": "this is decided, or its time is over",
    "ticket_unknown": "there is no such ticket",
    "reason_needed": "a reason is needed",
    "reason_too_long": "the reason is too long",
    "window_not_offered": "this flow does not let a shape pass for that long",
    "flow_unknown": "the settings have no such approval flow, so nobody could answer",
    "digest_missing": "a question without the digest of what it stands for cannot be asked",
    "role_unknown": "the settings have no such role to ask for",
    "not_requestable": "this role cannot be asked for by you",
    "duration_unfit": "the role cannot be had for that long",
    "grant_unknown": "there is no such grant",
}
"""What each code means."""

_HINTS = {
    "own": "ask somebody else of the reviewers",
    "acted_for": "ask somebody else of the reviewers",
    "machine": "a person has to sign in as themselves",
    "not_reviewer": "`yett approvals show` says who is asked",
    "ended": "repeat what was held: it is asked anew",
    "ticket_unknown": "`yett approvals list` shows what you may see",
    "reason_needed": "say why, in a sentence",
    "window_not_offered": "`shape_window_max` of the flow says how long it may be",
    "flow_unknown": "add [approvals.<flow>] to yett.toml",
    "role_unknown": "the table is [access.<role>] in yett.toml",
    "not_requestable": "`requestable_by` of the role says who may ask",
    "duration_unfit": "`max` of the role says how long it may be",
    "grant_unknown": "`yett grants` shows what is in force",
}


class NotAllowed(YettError):
    """Somebody may not answer this question, or not ask it."""

    code = "not_allowed"


def not_allowed(code: str) -> NotAllowed:
    """Return the refusal of that code, in words."""
    return NotAllowed(REFUSALS[code], hint=_HINTS.get(code, ""), code=code)


def too_many_open(limit: int) -> LimitExceeded:
    """Return the refusal of one more open question."""
    message = f"{limit} of your questions are open already, as many as may be"
    return LimitExceeded(message, hint="wait for their answers, or withdraw one", code="too_many_tickets")


def too_large(bytes_max: int) -> LimitExceeded:
    """Return the refusal of a request that no person could be shown whole."""
    message = f"this is longer than the {bytes_max >> 10} KiB that a person can be asked about"
    return LimitExceeded(message, hint="send it in smaller parts", code="approval_too_large")
