"""Reads what a call sends: a small JSON object of a known form, within a time, and nothing else."""

import asyncio
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import Request

from yett.admin.problems import ApiProblem

BODY_BYTES_MAX = 16 << 10
_SECONDS = 10.0
REASON_CHARS_MAX = 1000

Reason = Annotated[str, Meta(max_length=REASON_CHARS_MAX)]
Seconds = Annotated[float, Meta(ge=0, le=30 * 86400)]


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a call sends: an unknown key is an error."""


class Approve(Body, frozen=True):
    """A yes: to what was seen, and for a while to exactly this shape where that was chosen."""

    seen: str = ""
    reason: Reason = ""
    for_shape_seconds: Seconds = 0.0


class Deny(Body, frozen=True):
    """A no, with the words that the client is told."""

    reason: Reason = ""


class BreakGlass(Body, frozen=True):
    """Going on without a reviewer."""

    reason: Reason = ""
    seen: str = ""


class CloseWindow(Body, frozen=True):
    """The end of the time for which a shape may pass."""

    reason: Reason = ""


class AskAccess(Body, frozen=True):
    """A role, for a while."""

    role: Annotated[str, Meta(min_length=1, max_length=200)]
    seconds: Annotated[float, Meta(gt=0, le=366 * 86400)]
    reason: Reason = ""


class Revoke(Body, frozen=True):
    """The end of a grant."""

    reason: Reason = ""


T = TypeVar("T", bound=Body)


async def read_body(request: Request, kind: type[T]) -> T:
    """Return the body. Raises ApiProblem: `body_invalid` (with the place, never the content), `body_too_large`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ApiProblem("body_invalid", "the body must be application/json", status=415)
    raw = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > BODY_BYTES_MAX:
                    raise ApiProblem("body_too_large")
    except TimeoutError:
        raise ApiProblem("body_invalid", "the body did not come in time", status=408) from None
    try:
        return msgspec.json.decode(bytes(raw), type=kind)
    except msgspec.ValidationError as error:
        raise ApiProblem("body_invalid", str(error)) from None
    except (msgspec.DecodeError, RecursionError):
        raise ApiProblem("body_invalid", "the body is not JSON") from None
