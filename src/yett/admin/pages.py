"""Answers health, readiness and metrics over HTTP, to callers on this machine or of a known host name only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yett.admin.same_site import SameSite

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the control plane may ask of the rest of the gate.

    `unready` gives the reasons for which no session should come here now, none when all is well; `exposition` gives
    body and content type of a scrape for an Accept header.
    """

    unready: Callable[[], Sequence[str]]
    exposition: Callable[[str], tuple[bytes, str]]


def admin_pages(standing: Standing, hosts: Sequence[str] = ()) -> Starlette:
    """Return the HTTP application: GET /healthz, /readyz and /metrics."""

    async def healthz(_: Request) -> Response:
        return _json({"status": "ok"}, 200)

    async def readyz(_: Request) -> Response:
        reasons = list(standing.unready())
        return _json({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def metrics(request: Request) -> Response:
        body, content_type = standing.exposition(request.headers.get("accept", ""))
        return Response(body, headers={**_HEADERS, "Content-Type": content_type})

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    return Starlette(routes=routes, middleware=[Middleware(SameSite, hosts=tuple(hosts))])


def _json(body: object, status: int) -> Response:
    return Response(msgspec.json.encode(body), status, headers={**_HEADERS, "Content-Type": "application/json"})
