"""Accepts clients on one address, looks at their first byte, and hands each to its opening."""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from yett.core.errors import ConfigError
from yett.core.principals import Principal
from yett.gateway.leg import Leg
from yett.gateway.opener import tls_facts
from yett.gateway.tls import ServerTls
from yett.protocols._wire.dialogue import Arrival

_TLS_HANDSHAKE = 0x16
_BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class ListenerSpec:
    """One address to listen on, and what is special about who comes in there.

    `bound_resource` gives the port one resource of its own; `bound_principal` (loopback only) lets in whoever comes as
    that principal, for clients that can carry no credential.
    """

    protocol: str
    host: str
    port: int
    tls: ServerTls | None = None
    bound_resource: str = ""
    bound_principal: Principal | None = None
    tls_seconds: float = 5.0


class Listener:
    """One listening socket. `serve` is called for every connection, in a task of its own.

    At most `opening_max` are served at once, and `per_address_max` of them from one address.
    """

    def __init__(
        self,
        spec: ListenerSpec,
        serve: Callable[[ListenerSpec, Leg, Arrival], Awaitable[None]],
        *,
        opening_max: int = 1_000,
        per_address_max: int = 1_000,
    ) -> None:
        self.spec = spec
        self._serve = serve
        self._opening_max = opening_max
        self._per_address_max = per_address_max
        self._by_address: Counter[str] = Counter()
        self._socket: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """Return the port in use (the system's choice where the config said 0)."""
        return int(self._socket.getsockname()[1]) if self._socket is not None else self.spec.port

    def fileno(self) -> int:
        """Return the listening socket's descriptor, or -1."""
        return self._socket.fileno() if self._socket is not None else -1

    async def start(self) -> None:
        """Bind and listen; raises ConfigError where the address cannot be had."""
        spec = self.spec
        family = socket.AF_INET6 if ":" in spec.host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((spec.host, spec.port))
        except OSError as fault:
            listening.close()
            raise _not_bound(spec, fault) from None
        listening.listen(_BACKLOG)
        listening.setblocking(False)
        self._socket = listening
        self._accepting = asyncio.get_running_loop().create_task(self._accept(listening))

    async def stop(self) -> None:
        """Accept nobody any more; openings under way are ended."""
        for task in (self._accepting, *self._tasks):
            if task is not None:
                task.cancel()
        if self._socket is not None:
            self._socket.close()
        await asyncio.sleep(0)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, address = await loop.sock_accept(listening)
            except OSError as fault:
                if fault.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED):
                    raise
                await asyncio.sleep(0.05)
                continue
            come_from = address[0]
            if len(self._tasks) >= self._opening_max or self._by_address[come_from] >= self._per_address_max:
                # Too many are only half-way in: a flood of openings costs those who are inside nothing.
                client.close()
                continue
            task = loop.create_task(self._greet(client, address))
            self._tasks.add(task)
            self._by_address[come_from] += 1
            task.add_done_callback(partial(self._greeted, come_from))

    def _greeted(self, come_from: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._by_address[come_from] -= 1
        if self._by_address[come_from] <= 0:
            del self._by_address[come_from]

    async def _greet(self, client: socket.socket, address: tuple[str, int]) -> None:
        leg: Leg | None = None
        try:
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            async with asyncio.timeout(self.spec.tls_seconds):
                leg, arrival = await self._first_byte(client, address)
            await self._serve(self.spec, leg, arrival)
        except (TimeoutError, OSError, ssl.SSLError):
            # A client that says nothing, leaves, or cannot speak TLS: nobody proved who it is, nothing was asked.
            if leg is not None:
                leg.abort()
            client.close()

    async def _first_byte(self, client: socket.socket, address: tuple[str, int]) -> tuple[Leg, Arrival]:
        """Tell TLS from the protocol's own first packet without taking a byte from either."""
        loop = asyncio.get_running_loop()
        await _readable(client)
        first = client.recv(1, socket.MSG_PEEK)
        if not first:
            raise ConnectionResetError
        direct = first[0] == _TLS_HANDSHAKE and self.spec.tls is not None
        context = self.spec.tls.context if direct and self.spec.tls is not None else None
        leg = Leg()  # uvloop hands back its own protocol where there is TLS
        await loop.connect_accepted_socket(lambda: leg, client, ssl=context)
        tls = tls_facts(leg, context) if context is not None else None
        return leg, Arrival(
            address=address[0],
            port=address[1],
            loopback=_is_loopback(address[0]),
            tls=tls,
            bound_resource=self.spec.bound_resource,
            bound_principal=self.spec.bound_principal,
            tls_offered=self.spec.tls is not None,
            own_certificate=self.spec.tls.certificate if self.spec.tls is not None else b"",
        )


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(sock, wake)
    try:
        await ready
    finally:
        with contextlib.suppress(OSError):
            loop.remove_reader(sock)


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address in ("::1", "::ffff:127.0.0.1")


def _not_bound(spec: ListenerSpec, fault: OSError) -> ConfigError:
    where = f"{spec.host}:{spec.port}"
    if fault.errno == errno.EADDRINUSE:
        return ConfigError(
            f"{where} is already in use",
            hint="another gate or server listens there: stop it, or choose another `listen` address",
            code="port_in_use",
        )
    return ConfigError(
        f"cannot listen on {where}: {fault.strerror}", hint="check the `listen` address", code="listen_failed"
    )
