"""Ends a session whose identity was revoked or has run out, at the next thing it asks."""

from typing import Final

from yett.core.decisions import Decision, Terminate
from yett.interceptors.seat import Seat
from yett.protocols._wire.questions import Inspect

_WORDS: Final = {
    "token_expired": "the token this session stands on has expired",
    "credential_expired": "the credential this session stands on has expired",
    "revoked_token": "the token this session stands on was revoked",
    "revoked_session": "the login this session stands on was revoked",
    "revoked_subject": "this identity was revoked",
    "principal_changed": "the groups or roles of this identity were changed: sign in again",
    "principal_disabled": "this identity was disabled",
    "principal_unknown": "this identity was removed",
    "revocations_unknown": "the gate cannot read who was revoked, so nobody counts until it can",
}


def identity_in_force(seat: Seat, question: Inspect) -> Decision | None:
    """Terminate when the principal no longer counts; otherwise let the next interceptor decide."""
    del question
    code = seat.ended()
    if code is None:
        return None
    return Decision(Terminate("identity_ended", why_ended(code)), decided_by="identity")


def why_ended(code: str) -> str:
    """Return in words why an identity no longer counts."""
    return _WORDS.get(code, "this identity no longer counts")
