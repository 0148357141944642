"""Fetches a provider's keys over the network, with limits on time, size and where it may be sent."""

import json
import ssl
import time
import urllib.error
import urllib.request
from http.client import HTTPMessage
from pathlib import Path
from typing import IO

from yett.core.errors import YettError
from yett.identity.settings import OidcSettings, is_web_address

ANSWER_BYTES_MAX = 512 << 10
_DISCOVERY = "/.well-known/openid-configuration"


class FetchFailed(YettError):
    """A provider's keys could not be fetched; those already known stay in use."""

    code = "keys_fetch_failed"


def fetch_keys(settings: OidcSettings) -> bytes:
    """Return the provider's published key set, as it was sent. Blocks: call it in a thread.

    Where no `jwks_uri` is set, it is discovered (OpenID Connect Discovery §4), and the discovered issuer must be the
    configured one. Raises FetchFailed.
    """
    if settings.jwks_file:
        return _read_file(Path(settings.jwks_file).expanduser())
    deadline = time.monotonic() + settings.fetch_timeout * 2
    address = settings.jwks_uri or _discovered(settings, deadline)
    return _get(address, settings, deadline)


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(ANSWER_BYTES_MAX)
    except OSError as error:
        msg = f"jwks_file {path} cannot be read: {error.strerror}"
        raise FetchFailed(msg) from None


def _discovered(settings: OidcSettings, deadline: float) -> str:
    address = settings.issuer.rstrip("/") + _DISCOVERY
    try:
        found = json.loads(_get(address, settings, deadline))
    except (ValueError, RecursionError):
        msg = f"{address} did not answer with JSON"
        raise FetchFailed(msg, hint="is issuer an OpenID provider?") from None
    if not isinstance(found, dict) or found.get("issuer") != settings.issuer:
        msg = f"{address} speaks for another issuer than the configured one"
        raise FetchFailed(
            msg,
            hint="write issuer exactly as the provider states it, with or without a slash at its end",
        )
    jwks_uri = found.get("jwks_uri")
    if not isinstance(jwks_uri, str) or not is_web_address(jwks_uri):
        msg = f"{address} names no https address of keys"
        raise FetchFailed(msg)
    return jwks_uri


def _get(address: str, settings: OidcSettings, deadline: float) -> bytes:
    request = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310  checked by settings
    try:
        with _opener(settings.ca).open(request, timeout=settings.fetch_timeout) as answer:
            return _body(answer, address, deadline)
    except urllib.error.HTTPError as error:
        error.close()
        msg = f"{address} answered {error.code}"
        raise FetchFailed(msg) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        msg = f"{address} cannot be reached: {type(reason).__name__}"
        raise FetchFailed(msg, hint=str(reason)) from None


def _body(answer: IO[bytes], address: str, deadline: float) -> bytes:
    parts = bytearray()
    # read1 returns what has come, so that a peer which sends a byte now and then still meets the deadline.
    while chunk := answer.read1(64 << 10):  # type: ignore[attr-defined]  # HTTPResponse has it, IO does not say so
        parts += chunk
        if len(parts) > ANSWER_BYTES_MAX:
            msg = f"{address} answered with more than {ANSWER_BYTES_MAX} bytes"
            raise FetchFailed(msg)
        if time.monotonic() > deadline:
            msg = f"{address} takes too long to answer"
            raise FetchFailed(msg)
    return bytes(parts)


def _opener(ca: str) -> urllib.request.OpenerDirector:
    context = ssl.create_default_context(cafile=str(Path(ca).expanduser()) if ca else None)
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _SafeRedirects())


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to another https address."""

    max_redirections = 3

    def redirect_request(  # noqa: PLR0913, PLR0917  the signature is the base class's
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            fp.close()
            msg_0 = f"{req.full_url} redirects to an address that is not https"
            raise FetchFailed(msg_0)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
