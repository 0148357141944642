"""Answers health, readiness, metrics and the API over HTTP, to callers on this machine or of a known host name only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from yett.admin.problems import HEADERS, ApiProblem, json_answer, problem_answer
from yett.admin.same_site import SameSite


@dataclass(frozen=True, slots=True)
class Standing:
    """What the control plane may ask of the rest of the gate.

    `unready` gives the reasons for which no session should come here now, none when all is well; `exposition` gives
    body and content type of a scrape for an Accept header.
    """

    unready: Callable[[], Sequence[str]]
    exposition: Callable[[str], tuple[bytes, str]]


def admin_pages(standing: Standing, hosts: Sequence[str] = (), api: Sequence[BaseRoute] = ()) -> Starlette:
    """Return the HTTP application: GET /healthz, /readyz and /metrics, and the routes of `api_routes`."""

    async def healthz(_: Request) -> Response:
        return json_answer({"status": "ok"}, 200)

    async def readyz(_: Request) -> Response:
        reasons = list(standing.unready())
        return json_answer({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def metrics(request: Request) -> Response:
        body, content_type = standing.exposition(request.headers.get("accept", ""))
        return Response(body, headers={**HEADERS, "Content-Type": content_type})

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics), *api]
    return Starlette(
        routes=routes,
        middleware=[Middleware(SameSite, hosts=tuple(hosts))],
        exception_handlers={404: _unknown, 405: _other_method},
    )


async def _unknown(_request: Request, _fault: Exception) -> Response:
    return problem_answer(ApiProblem("api_unknown"))


async def _other_method(_request: Request, _fault: Exception) -> Response:
    return problem_answer(ApiProblem("method_unknown"))
