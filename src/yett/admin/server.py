"""Listens for the control plane, in the gate's own event loop and on a listener of its own."""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from yett.admin.arriving import ArrivingProtocol
from yett.core.errors import ConfigError

ENDING = "yett.ending"
"""The key in a call's scope of what says whether the listener is ending."""

_BACKLOG = 64
_CONCURRENT_MAX = 64
_HEAD_BYTES_MAX = 32 << 10  # a token with many groups is 16 KiB, and there are other headers


class AdminServer:
    """One HTTP listener. `bind` first, so that a port in use is found before anything else starts.

    With `tls` it speaks HTTPS only.
    """

    def __init__(self, application: ASGIApp, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._socket: socket.socket | None = None
        self._ended = asyncio.Event()
        self._server = _Quiet(
            uvicorn.Config(
                self._telling(application),
                http=ArrivingProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_CONCURRENT_MAX,
                h11_max_incomplete_event_size=_HEAD_BYTES_MAX,
                ssl_context_factory=None if tls is None else lambda _config, _default: tls,
                timeout_keep_alive=15,
                timeout_graceful_shutdown=2,
            )
        )

    def _telling(self, application: ASGIApp) -> ASGIApp:
        """Return the application, whose calls can ask whether the listener is ending: long ones then come to an end."""

        async def told(scope: Scope, receive: Receive, send: Send) -> None:
            scope[ENDING] = lambda: self._server.should_exit
            await application(scope, receive, send)

        return told

    @property
    def port(self) -> int:
        """Return the port in use, the system's choice where 0 was asked for."""
        return int(self._socket.getsockname()[1]) if self._socket else self._port

    def bind(self) -> None:
        """Take the address; raises ConfigError (`port_in_use`, `listen_failed`)."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self._host, self._port))
            listening.listen(_BACKLOG)
        except OSError as fault:
            listening.close()
            raise _not_bound(self._host, self._port, fault) from None
        listening.setblocking(False)
        self._socket = listening

    def renew(self, certificate: str, key: str) -> None:
        """Show another certificate, known to be usable, from the next connection on, where this is HTTPS."""
        if self._tls is not None:
            self._tls.load_cert_chain(certificate, key)

    async def run(self) -> None:
        """Answer until stopped, or until cancelled."""
        assert self._socket is not None
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._socket.close()
            self._ended.set()

    def stop(self) -> None:
        """Take no more calls, and let `run` come to its end."""
        self._server.should_exit = True

    async def end(self) -> None:
        """Stop; return when the calls under way are answered, or were given up after a few seconds."""
        self.stop()
        await self._ended.wait()


class _Quiet(uvicorn.Server):
    """uvicorn without its signal handlers: signals belong to the gate."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _not_bound(host: str, port: int, fault: OSError) -> ConfigError:
    if fault.errno == errno.EADDRINUSE:
        hint = "another gate or server listens there: stop it, or choose another [admin] listen"
        return ConfigError(f"{host}:{port} is already in use", hint=hint, code="port_in_use")
    reason = fault.strerror or type(fault).__name__
    return ConfigError(f"cannot listen on {host}:{port}: {reason}", hint="check [admin] listen", code="listen_failed")
