"""Refuses requests that a web page of somebody else could have made: by their Host and Origin headers."""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class SameSite:
    """ASGI middleware. A name in Host that is not ours means DNS rebinding; a foreign Origin means another site's page.

    IP addresses are always good: a browser that was lured here by a name sends the name.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] = ()) -> None:
        self._app = app
        self._hosts = frozenset({"localhost", *(host.lower() for host in hosts)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] == "http":
            refusal = self._refusal(Headers(scope=scope))
            if refusal:
                await PlainTextResponse(refusal, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> str:
        if len(headers.getlist("host")) != 1 or not self._ours(f"//{headers['host']}"):
            return "unknown Host: name it in [admin] hosts\n"
        if "origin" in headers and not self._ours(headers["origin"]):
            return "requests of other sites' pages are refused\n"
        return ""

    def _ours(self, address: str) -> bool:
        try:
            name = urlsplit(address).hostname or ""
        except ValueError:
            return False
        return name.lower() in self._hosts or _is_ip(name)


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
