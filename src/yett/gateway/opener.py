"""Carries out a protocol's opening: the login dialogue's reads, writes, TLS upgrades and dials, under one deadline."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from yett.core.errors import ProtocolError, UpstreamFailed, YettError
from yett.gateway.leg import Leg
from yett.gateway.tls import target_context
from yett.protocols._wire import dialogue
from yett.protocols._wire.dialogue import Command, Dial, Opening, TlsFacts

T = TypeVar("T")


class Opener:
    """The two legs of a session that is being opened.

    `client_tls` is the listener's context, or None; `services` are what `Await` may name.
    """

    def __init__(
        self, client: Leg, client_tls: ssl.SSLContext | None, services: Mapping[str, Callable[[Any], Awaitable[Any]]]
    ) -> None:
        self.client = client
        self.target: Leg | None = None
        self._client_tls = client_tls
        self._services = services
        self._dialled: Dial | None = None

    async def run(self, opening: Opening[T]) -> T:
        """Run an opening to its end and return its result."""
        answer: Any = None
        fault: BaseException | None = None
        while True:
            try:
                command = opening.throw(fault) if fault is not None else opening.send(answer)
            except StopIteration as done:
                result: T = done.value
                return result
            answer, fault = None, None
            try:
                answer = await self._carry_out(command)
            except (OSError, YettError) as failed:
                fault = failed

    def leg(self, which: dialogue.Leg) -> Leg:
        """Return the leg that is meant."""
        if which is dialogue.Leg.CLIENT:
            return self.client
        if self.target is None:
            raise UpstreamFailed("the target was not dialled")
        return self.target

    async def _carry_out(self, command: Command) -> Any:  # noqa: ANN401, PLR0911 - one return for each command
        match command:
            case dialogue.Receive(leg, size):
                return await self.leg(leg).receive(size)
            case dialogue.Send(leg, data):
                return self.leg(leg).send(data)
            case dialogue.Buffered(leg):
                return self.leg(leg).buffered
            case dialogue.UpgradeClient(accept):
                return await self._upgrade_client(accept)
            case dialogue.Dial():
                return await self._dial(command)
            case dialogue.HangUp():
                return self._hang_up()
            case dialogue.UpgradeTarget(tls):
                return await self._upgrade_target(tls)
            case dialogue.Await(what, argument):
                return await self._services[what](argument)

    async def _upgrade_client(self, accept: bytes) -> TlsFacts:
        client, context = self.client, self._client_tls
        if context is None or client.transport is None:
            raise ProtocolError("this listener has no TLS")
        # PgBouncer CVE-2021-3935: what was sent in plain text before the handshake is never taken for the client's.
        client.transport.pause_reading()
        if client.buffered:
            raise ProtocolError("the client sent data before the TLS handshake")
        client.send(accept)
        await _start_tls(client, context, server_side=True)
        return tls_facts(client, context)

    async def _dial(self, command: Dial) -> None:
        self._dialled = command
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(command.seconds):
                if command.address.startswith("/"):
                    path = f"{command.address}/.s.PGSQL.{command.port}"
                    _, self.target = await loop.create_unix_connection(Leg, path)
                else:
                    _, self.target = await loop.create_connection(Leg, command.address, command.port)
        except TimeoutError:
            message = f"the target {command.address}:{command.port} did not answer within {command.seconds:g} s"
            raise UpstreamFailed(
                message, hint="check its address and the network", code="upstream_unreachable"
            ) from None
        except OSError as fault:
            message = f"the target {command.address}:{command.port} cannot be reached: {fault.strerror or fault}"
            raise UpstreamFailed(
                message, hint="check its address and that it runs", code="upstream_unreachable"
            ) from None

    def _hang_up(self) -> None:
        if self.target is not None:
            self.target.abort()
            self.target = None

    async def _upgrade_target(self, tls: dialogue.TargetTls) -> TlsFacts:
        target = self.leg(dialogue.Leg.TARGET)
        if target.buffered:
            # CVE-2021-23222: bytes that came before the handshake are not the target's.
            raise UpstreamFailed("the target sent data before the TLS handshake", code="upstream_tls")
        context = target_context(tls)
        try:
            await _start_tls(target, context, server_side=False, server_name=tls.server_name)
        except (ssl.SSLError, ConnectionError) as fault:
            message = f"TLS with the target failed: {_words(fault)}"
            raise UpstreamFailed(
                message, hint="check tls.mode, root_cert and the target's certificate", code="upstream_tls"
            ) from None
        return tls_facts(target, context)


async def _start_tls(leg: Leg, context: ssl.SSLContext, *, server_side: bool, server_name: str = "") -> None:
    if leg.transport is None:
        raise ConnectionResetError("the peer closed the connection")
    loop = asyncio.get_running_loop()
    transport = await loop.start_tls(
        leg.transport, leg, context, server_side=server_side, server_hostname=server_name or None
    )
    if transport is None:
        raise ConnectionResetError("the peer closed the connection")
    leg.transport = transport


def tls_facts(leg: Leg, context: ssl.SSLContext) -> TlsFacts:
    """Return what the handshake on this leg proved."""
    connection = leg.transport.get_extra_info("ssl_object") if leg.transport is not None else None
    if connection is None:
        return TlsFacts()
    verified = context.verify_mode is not ssl.CERT_NONE
    certificate = connection.getpeercert(binary_form=True)
    return TlsFacts(
        certificate=certificate if verified else None,
        version=connection.version() or "",
        server_certificate=certificate,
    )


def _words(fault: Exception) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return fault.verify_message
    return getattr(fault, "reason", None) or str(fault) or type(fault).__name__
