"""Ends a session whose identity was revoked or has run out, at the next thing it asks."""

from yett.core.decisions import Decision, Terminate
from yett.core.operations import Operation
from yett.interceptors.seat import Seat

_WORDS = {
    "expired": "the token this session stands on has expired",
    "revoked_token": "the token this session stands on was revoked",
    "revoked_session": "the login this session stands on was revoked",
    "revoked_subject": "this identity was revoked",
}


def identity_in_force(seat: Seat, operation: Operation, *, unrestricted: bool) -> Decision | None:
    """Terminate when the principal no longer counts; otherwise let the next interceptor decide."""
    del operation, unrestricted
    code = seat.ended()
    if code is None:
        return None
    return Decision(Terminate("identity_ended", why_ended(code)), decided_by="identity")


def why_ended(code: str) -> str:
    """Return in words why an identity no longer counts."""
    return _WORDS.get(code, "this identity no longer counts")
