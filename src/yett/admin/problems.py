"""Everything that the API refuses, as problem details (RFC 9457): a stable code, what happened, what to do."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from yett.core.errors import YettError

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}

REFUSALS = {
    "not_signed_in": "no credential was shown",
    "authentication_failed": "the credential was not accepted",
    "people_only": "only people may use this, as themselves: agents and services never approve",
    "proof_stale": "the sign-in is too long ago for this",
    "plaintext_refused": "credentials from other machines are taken over TLS only",
    "too_many_calls": "there were too many calls",
    "too_many_watchers": "too many are watching",
    "body_invalid": "the body is not what this call takes",
    "body_too_large": "the body is too large",
    "seen_missing": "say what was seen: the beginning of the ticket's digest",
    "seen_other": "the ticket is not what was seen",
    "api_unknown": "there is nothing here",
    "method_unknown": "this cannot be done here",
    "api_fault": "the gate failed while it answered",
}

_STATUS = {
    "not_signed_in": 401,
    "authentication_failed": 401,
    "proof_stale": 401,
    "people_only": 403,
    "plaintext_refused": 403,
    "machine": 403,
    "own": 403,
    "acted_for": 403,
    "not_reviewer": 403,
    "not_requestable": 403,
    "ticket_unknown": 404,
    "grant_unknown": 404,
    "role_unknown": 404,
    "api_unknown": 404,
    "method_unknown": 405,
    "seen_other": 409,
    "voted": 409,
    "ended": 409,
    "body_too_large": 413,
    "too_many_calls": 429,
    "too_many_watchers": 429,
    "limit_exceeded": 429,
    "too_many_tickets": 429,
    "api_fault": 500,
    "recording_failed": 503,
    "recording_stalled": 503,
    "disk_full": 503,
}


class ApiProblem(YettError):
    """A call of the API is refused. `status` is the HTTP status; the other words are YettError's."""

    code = "api_fault"

    def __init__(self, code: str, message: str = "", *, hint: str = "", status: int = 0) -> None:
        super().__init__(message or REFUSALS[code], hint=hint, code=code)
        self.status = status or _STATUS.get(code, 400)


def status_of(code: str, otherwise: int) -> int:
    """Return the HTTP status of a code that another room raised."""
    return _STATUS.get(code, otherwise)


def json_answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer that nobody keeps and no browser runs."""
    return Response(
        msgspec.json.encode(body), status, headers={**HEADERS, **(headers or {}), "Content-Type": "application/json"}
    )


def problem_answer(problem: ApiProblem, fresh_seconds: float = 0) -> Response:
    """Return the problem as RFC 9457 has it; a 401 says what would do (RFC 6750 §3, RFC 9470 §3)."""
    body = {
        "type": f"urn:yett:problem:{problem.code}",
        "title": REFUSALS.get(problem.code, problem.message),
        "status": problem.status,
        "detail": problem.message,
        "code": problem.code,
        "hint": problem.hint,
    }
    headers = {**HEADERS, "Content-Type": "application/problem+json"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = _challenge(problem.code, fresh_seconds)
    if problem.status == 429:
        headers["Retry-After"] = "5"
    return Response(msgspec.json.encode(body), problem.status, headers=headers)


def _challenge(code: str, fresh_seconds: float) -> str:
    match code:
        case "proof_stale":
            return f'Bearer realm="yett", error="insufficient_user_authentication", max_age="{fresh_seconds:.0f}"'
        case "not_signed_in":
            return 'Bearer realm="yett"'
        case _:
            return 'Bearer realm="yett", error="invalid_token"'
