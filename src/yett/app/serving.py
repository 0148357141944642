"""Runs a gate from its start to its orderly end: signals, background work, draining."""

import asyncio
import gc
import signal
from collections.abc import Coroutine
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
import uvloop

from yett import __version__
from yett.app.control_plane import renew_certificate
from yett.app.evaluation import evaluation_mode
from yett.app.following import follow_targets
from yett.app.gate import Rooms, build, credential_sources, entries
from yett.app.hardening import keep_memory_private
from yett.app.listening import reload_certificates
from yett.app.target_checks import CLOCK, clock_findings
from yett.app.targets import try_target
from yett.build_info import build_summary
from yett.config import Config
from yett.core.clock import Clock, SystemClock
from yett.core.errors import RecordingFailed, YettError
from yett.telemetry.logs import configure_logs

_log = structlog.get_logger("yett.app")
_TICK_SECONDS = 1.0


def serve(config: Config, clock: Clock | None = None) -> None:
    """Run the gate until SIGTERM or SIGINT; returns after draining.

    Raises YettError when it cannot start, or when what it stands on fails while it runs.
    """
    keep_memory_private()
    configure_logs(config.settings.telemetry)
    uvloop.run(_serve(config, clock or SystemClock()))


@dataclass(slots=True)
class _Wishes:
    """What signals ask for."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    reload: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        """Stop; asked a second time, without waiting for anybody."""
        (self.hurry if self.stop.is_set() else self.stop).set()


async def _serve(config: Config, clock: Clock) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_report)
    wishes = _Wishes()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, wishes.end)
    loop.add_signal_handler(signal.SIGHUP, wishes.reload.set)
    with ExitStack() as stack:
        rooms = build(config, clock, stack)
        if rooms.admin:
            rooms.admin.bind()
        await rooms.gate.start()
        _spare_the_collector()
        _announce(rooms)
        try:
            await _until_stopped(rooms, wishes, clock)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            await rooms.gate.drain(0)
            await rooms.leases.close()
    _log.info("stopped")


def _spare_the_collector() -> None:
    """Take what stays for good out of the garbage collector's sight, and let it look less often.

    A session leaves next to no cycles behind, and a full collection walks every object of every library: in the middle
    of a statement that is the longest pause there is.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


async def _until_stopped(rooms: Rooms, wishes: _Wishes, clock: Clock) -> None:
    """Keep everything current until asked to stop; the end of any part is the end of all."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(rooms.identity.follow()),
            group.create_task(rooms.identity.keep_keys_fresh()),
            group.create_task(_tick(rooms)),
            group.create_task(_reload_when_asked(rooms, wishes)),
            group.create_task(_try_targets(rooms.config, clock)),
            group.create_task(
                follow_targets(rooms.catalogs, entries(rooms.config), credential_sources(rooms.config, clock))
            ),
        ]
        if rooms.config.settings.policies.reload:
            tasks.append(group.create_task(rooms.watch.follow()))
        tasks.append(group.create_task(rooms.leases.follow()))
        if rooms.approvals is not None:
            tasks.append(group.create_task(rooms.approvals.follow()))
        if rooms.webhooks is not None:
            tasks.append(group.create_task(rooms.webhooks.run()))
        if rooms.admin:
            tasks.append(group.create_task(rooms.admin.run()))
        await wishes.stop.wait()
        _log.info("draining", sessions=len(rooms.gate.sessions), seconds=float(rooms.config.settings.gate.drain))
        # Running statements finish for as long as the settings say, and reviewers may still answer.
        await _unless_hurried(rooms.gate.drain(rooms.config.settings.gate.drain), wishes)
        if rooms.admin:
            # Calls under way are answered, and recorded, before the store is closed under them.
            await _unless_hurried(rooms.admin.end(), wishes)
        for task in tasks:
            task.cancel()


async def _unless_hurried(ending: Coroutine[object, object, None], wishes: _Wishes) -> None:
    """Wait for an orderly end, until somebody asks to hurry."""
    ended = asyncio.ensure_future(ending)
    hurried = asyncio.ensure_future(wishes.hurry.wait())
    await asyncio.wait((ended, hurried), return_when=asyncio.FIRST_COMPLETED)
    for one in (ended, hurried):
        one.cancel()
    await asyncio.gather(ended, hurried, return_exceptions=True)


async def _tick(rooms: Rooms) -> None:
    """Sign what idle sessions wrote, and say when the state of recording or of a provider's keys changes."""
    trouble, problems = "", dict[str, str]()
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        with suppress(RecordingFailed):  # whoever asks something next is told; the trouble is said below
            rooms.vault.tick()
        rooms.ledger.note(rooms.gate.sessions.drivers)
        if (now := rooms.vault.trouble()) != trouble:
            trouble = now
            _log.error("recording refused", code=now) if now else _log.info("recording works again")
        if (failed := rooms.identity.key_problems()) != problems:
            problems = failed
            for provider, problem in failed.items():
                _log.warning("provider keys not fetched", provider=provider, problem=problem)


async def _try_targets(config: Config, clock: Clock) -> None:
    """Say at the start which targets cannot be used; the gate serves the others, and these once they can."""
    sources = credential_sources(config, clock)
    for name, entry in entries(config).items():
        try:
            tried = await try_target(entry, sources[name], CLOCK)
        except YettError as error:
            facts = {"code": error.code, "problem": error.message, "hint": error.hint}
            _log.warning("resource not usable", name=name, **facts)
            continue
        _log.info("resource usable", name=name, version=tried.parameters.get("server_version", ""))
        for finding in clock_findings(name, tried.answers, clock.now()):
            _log.warning("clock", name=name, code=finding.code, problem=finding.message, hint=finding.hint)


async def _reload_when_asked(rooms: Rooms, wishes: _Wishes) -> None:
    while True:
        await wishes.reload.wait()
        wishes.reload.clear()
        await rooms.watch.reload()
        try:
            reload_certificates(rooms.config, rooms.gate)
            if rooms.admin:
                renew_certificate(rooms.config, rooms.admin)
        except YettError as error:
            _log.error("certificates not loaded; the old ones stay", code=error.code, problem=error.message)


def _announce(rooms: Rooms) -> None:
    """Say what an operator looks for first: version, policies, where it listens, what can be reached."""
    _log.info("starting", version=__version__, hot_modules=build_summary(), config=str(rooms.config.file))
    for sealed in rooms.vault.sealed:
        _log.warning("sealed a recording that was left open", file=sealed.file, trouble=sealed.trouble)
    _log.info("policies", version=str(rooms.policy.engine.version), count=len(rooms.policy.engine.policies.rules))
    for name, one in rooms.config.settings.resources.items():
        _log.info("resource", name=name, protocol=one.protocol, target=one.address, env=one.env)
    for listener in rooms.gate.listeners:
        spec = listener.spec
        bound = spec.bound_principal.key if spec.bound_principal else ""
        extra = {key: word for key, word in (("resource", spec.bound_resource), ("principal", bound)) if word}
        _log.info(
            "listening",
            protocol=spec.protocol,
            address=f"{spec.host}:{listener.port}",
            tls=spec.tls is not None,
            **extra,
        )
    if rooms.admin:
        _log.info("admin", address=rooms.config.settings.admin.address)
    if words := evaluation_mode():
        _log.warning("EVALUATION MODE", why=words)
    _log.info("ready")


def _report(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody caught by its kind and place: asyncio's own words would quote arguments."""
    _log.error("unhandled", exc_info=context.get("exception"), what=str(context.get("message", "")).partition("(")[0])
