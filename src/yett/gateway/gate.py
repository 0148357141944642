"""The data plane as a whole: listeners in front, sessions inside, and an orderly end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yett.core.errors import YettError
from yett.gateway.driver import Driver
from yett.gateway.holding import Holding
from yett.gateway.leg import Leg
from yett.gateway.lifeguard import Lifeguard
from yett.gateway.listener import Listener, ListenerSpec
from yett.gateway.opener import Opener
from yett.gateway.reception import FrontDesk
from yett.gateway.relays import Relay
from yett.gateway.sessions import Sessions
from yett.interceptors.chain import Chain
from yett.interceptors.seat import Seat
from yett.protocols._wire.dialogue import Arrival, Opening
from yett.protocols._wire.reception import CancelRoute

_TICK_SECONDS = 1.0
_STOP_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opening ends with: a relay for an admitted session, or None where nothing more is to be done."""

    seat: Seat
    relay: Relay


@dataclass(frozen=True, slots=True)
class Service:
    """One protocol as the gate serves it: how a connection opens, who lets it in, and how what it runs is stopped."""

    open: Callable[[Arrival, FrontDesk], Opening[Any]]
    desk: FrontDesk
    stop: Callable[[CancelRoute], Opening[None]]


class Gate:
    """Serves every listener until it is drained.

    `services` are the protocols by name; `awaitables` is what an opening may `Await`. Sessions that are silent
    for `idle_seconds` are ended (0: never); after `stall_seconds` without a turn of the loop, clients are let go.
    """

    def __init__(  # noqa: PLR0913 - what the composition root puts together
        self,
        specs: Sequence[ListenerSpec],
        services: Mapping[str, Service],
        awaitables: Mapping[str, Callable[[Any], Awaitable[Any]]],
        sessions: Sessions,
        chain: Chain,
        *,
        login_seconds: float = 30.0,
        opening_max: int = 500,
        opening_per_address_max: int = 500,
        idle_seconds: float = 0.0,
        stall_seconds: float = 10.0,
        power: bool = False,
        holding: Holding | None = None,
        on_fault: Callable[[str, BaseException], None] = lambda _where, _fault: None,
        on_ended: Callable[[Driver, str], None] = lambda _driver, _reason: None,
    ) -> None:
        self._services = services
        self._awaitables = awaitables
        self._chain = chain
        self._login_seconds = login_seconds
        self._power = power
        self._holding = holding
        self._on_fault = on_fault
        self._on_ended = on_ended
        self.sessions = sessions
        self._idle_seconds = idle_seconds
        self.listeners = [
            Listener(spec, self._serve, opening_max=opening_max, per_address_max=opening_per_address_max)
            for spec in specs
        ]
        self.draining = False
        self._ticking: asyncio.Task[None] | None = None
        self._stopping: set[asyncio.Task[None]] = set()
        self._lifeguard = Lifeguard(
            lambda: [found for driver in sessions.drivers if (found := driver.fileno()) >= 0],
            lambda: [found for listener in self.listeners if (found := listener.fileno()) >= 0],
            patience_seconds=stall_seconds,
        )

    async def start(self) -> None:
        """Listen; raises ConfigError (`port_in_use` …) and then nothing listens."""
        try:
            for listener in self.listeners:
                await listener.start()
        except YettError:
            await self._stop_listening()
            raise
        self._ticking = asyncio.get_running_loop().create_task(self._tick())
        self._lifeguard.start()

    async def drain(self, seconds: float) -> None:
        """Let nobody in, let running statements and transactions finish for a while, then end what is left."""
        self.draining = True
        await self._stop_listening()
        self.sessions.each(lambda driver: driver.stop_when_idle("the gate is shutting down"))
        deadline = asyncio.get_running_loop().time() + seconds
        while len(self.sessions) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - sessions end by themselves; a look now and then is enough
            await asyncio.sleep(0.05)
        self.sessions.each(lambda driver: driver.terminate("the gate is shutting down"))
        self._lifeguard.stop()
        if self._ticking is not None:
            self._ticking.cancel()
        await asyncio.sleep(0)
        if self._stopping:
            await asyncio.wait(self._stopping, timeout=_STOP_SECONDS)

    async def _stop_listening(self) -> None:
        for listener in self.listeners:
            await listener.stop()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            try:
                self.sessions.end_the_ended()
                if self._idle_seconds:
                    self.sessions.end_the_idle(self._idle_seconds)
            except Exception as fault:  # noqa: BLE001 - one failure must not end the watch over all sessions
                self._on_fault("tick", fault)

    async def _serve(self, spec: ListenerSpec, leg: Leg, arrival: Arrival) -> None:
        """Open one connection under the login deadline; whatever goes wrong closes it."""
        service = self._services[spec.protocol]
        opener = Opener(leg, spec.tls.context if spec.tls is not None else None, self._awaitables)
        opened: Opened | None = None
        try:
            async with asyncio.timeout(self._login_seconds):
                opened = await opener.run(service.open(arrival, service.desk))
        except (OSError, TimeoutError):
            opened = None
        except Exception as fault:  # noqa: BLE001 - fail closed: an opening that breaks lets nobody in
            self._on_fault("opening", fault)
        if opened is None or opener.target is None or leg.closed:
            self._abandon(opener, opened)
            return
        driver = Driver(
            opened.seat,
            opened.relay,
            leg,
            opener.target,
            self._chain,
            self._ended,
            power=self._power,
            holding=self._holding,
        )
        self.sessions.flow(driver)
        driver.start()
        if self.draining:
            driver.stop_when_idle("the gate is shutting down")

    def _stop_statement(self, seat: Seat) -> None:
        """Have the target stop what it runs for a session that is gone: it would notice only when it has an answer."""
        route = self.sessions.route(seat)
        if route is None:
            return
        service = self._services[seat.session.resource.protocol]
        opener = Opener(Leg(), None, self._awaitables)
        task = asyncio.get_running_loop().create_task(self._carry_out(opener, service.stop(route)))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _carry_out(self, opener: Opener, stop: Opening[None]) -> None:
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await opener.run(stop)
        except (OSError, TimeoutError, YettError):
            return
        finally:
            if opener.target is not None:
                opener.target.close()

    def _abandon(self, opener: Opener, opened: Opened | None) -> None:
        opener.client.close()
        if opener.target is not None:
            opener.target.close()
        if opened is not None:
            self.sessions.leave(opened.seat)
            opened.seat.recorder.close("client_gone")

    def _ended(self, driver: Driver, reason: str) -> None:
        if driver.busy and reason != "client_left":
            self._stop_statement(driver.seat)
        self.sessions.leave(driver.seat)
        self._on_ended(driver, reason)
