"""Plays one round in the world that is there: clients act, reviewers answer, something goes wrong, all is put back."""

import multiprocessing
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from chaos.accounting import Answer, Evidence, TicketSeen, Violation, violations
from chaos.clients import ALARM_SECONDS, run
from chaos.drawing import Fault, Round
from chaos.evidence import GateLog, Recorded, Recordings, TargetLog, attempts, rows, tickets, with_data
from chaos.reviewers import Reviewers
from chaos.world import DATABASE, World, roles_left
from yett.approvals.desk import ApprovalDesk

_MOMENT_SECONDS = 1.2
_TAKEN_SECONDS = 0.5
_ROLES_SECONDS = 20.0
_SETTLED_SECONDS = 3.0
_PHASES = ("faults", "mending", "clients", "evidence")
_FORKS = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a round."""

    round: Round
    counts: Counter[str]
    violations: tuple[Violation, ...]
    seconds: float
    phases: dict[str, float]
    """What the time went to: until the last fault, putting back, clients, reading the evidence."""


@dataclass(slots=True)
class Watchers:
    """What reads the evidence, each part of it once."""

    recordings: Recordings
    target_log: TargetLog
    gate_log: GateLog
    desk: ApprovalDesk


@dataclass(slots=True)
class _Stage:
    """What is under way in a round."""

    world: World
    plan: Round
    folder: Path
    moments: dict[str, threading.Event] = field(default_factory=dict)
    clients: dict[str, BaseProcess] = field(default_factory=dict)
    killed: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    def journal(self, name: str) -> Path:
        return self.folder / f"r{self.plan.number}.{name}"


def prepare() -> None:
    """Make ready the process that clients are forked from."""
    _FORKS.set_forkserver_preload(["chaos.clients"])


def play(world: World, plan: Round, watchers: Watchers, folder: Path) -> Played:
    """Play a round and return what came of it. In the main thread alone: servers end with who starts them."""
    began, since = time.monotonic(), time.time()
    stage = _Stage(world, plan, folder, {name: threading.Event() for name in ("start", "ticket", "answer")})
    gate = world.gate
    reviewers = Reviewers(
        gate.admin_port,
        plan.number,
        lambda who: gate.token(who, "dba"),
        plan.replies,
        stage.moments["answer"].set,
        stage.moments["ticket"].set,
    )
    reviewers.start()
    times = [began]
    try:
        _begin(stage)
        for fault in plan.faults:
            _strike(stage, fault)
        times.append(time.monotonic())
        stage.faults += world.mend()
        times.append(time.monotonic())
        _end(stage)
    finally:
        reviewers.stop()
    stage.faults += world.mend()
    times.append(time.monotonic())
    if plan.theme == "freeze":
        world.reload(frozen=False)
    seen, recorded = _look(stage, watchers, tuple(reviewers.answers), since)
    times.append(time.monotonic())
    phases = {name: round(times[at + 1] - times[at], 2) for at, name in enumerate(_PHASES)}
    return Played(plan, _counts(stage, seen, recorded), tuple(violations(seen)), times[-1] - began, phases)


def _begin(stage: _Stage) -> None:
    for client in stage.plan.clients:
        route = stage.world.gate.route(f"{client.name}-{stage.plan.number}", "writers", database=DATABASE)
        stage.journal(client.name).unlink(missing_ok=True)
        process = _FORKS.Process(target=run, args=(client, route.dsn(), stage.journal(client.name)))
        process.start()
        stage.clients[client.name] = process
    stage.moments["start"].set()


def _strike(stage: _Stage, fault: Fault) -> None:
    """Wait for the moment, then let it happen; a moment that does not come is none to wait for."""
    stage.moments[fault.moment].wait(_MOMENT_SECONDS)
    time.sleep(fault.after)
    world = stage.world
    match fault.kind:
        case "gate":
            world.kill_gate()
        case "target":
            world.kill_target()
        case "client":
            name = stage.plan.clients[fault.which].name
            stage.killed.add(name)
            stage.clients[name].kill()
        case "disk":
            world.take_disk(fault.which)
            time.sleep(_TAKEN_SECONDS)
        case "drain":
            world.drain_gate()
        case "reload" | "freeze":
            world.reload(frozen=fault.kind == "freeze")


def _end(stage: _Stage) -> None:
    """Wait until every client has ended; who waits for ever has ended by its alarm."""
    for name, process in stage.clients.items():
        process.join(4 * ALARM_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
        if process.exitcode == -signal.SIGALRM:
            stage.unanswered.append(f"r{stage.plan.number}.{name} had no answer for {ALARM_SECONDS} s")
        elif process.exitcode and name not in stage.killed:
            stage.unanswered.append(f"r{stage.plan.number}.{name} ended with status {process.exitcode}")
        process.close()


def _look(stage: _Stage, watchers: Watchers, answers: tuple[Answer, ...], since: float) -> tuple[Evidence, Recorded]:
    number = stage.plan.number
    roles = roles_left(stage.world.server, _ROLES_SECONDS)
    recorded = watchers.recordings.new()
    tried, _ = attempts(stage.journal(client.name) for client in stage.plan.clients)
    seen = Evidence(
        attempts=tuple(tried),
        rows=rows(stage.world, number),
        forwarded={act: times for act, times in watchers.target_log.new().items() if act[0].startswith(f"r{number}.")},
        intentions=tuple(with_data(recorded.intentions, tried)),
        tickets=_settled(watchers.desk, since, number),
        answers=answers,
        frozen=frozenset(recorded.frozen),
        uses=tuple(recorded.uses),
        roles=roles,
        unverified=watchers.recordings.unverified() + tuple(recorded.unended),
        unanswered=tuple(stage.unanswered),
        faults=tuple(stage.faults) + tuple(watchers.gate_log.new()),
    )
    return seen, recorded


def _settled(desk: ApprovalDesk, since: float, number: int) -> tuple[TicketSeen, ...]:
    """Return the round's tickets, once what was used has its outcome, or after a while."""
    deadline = time.monotonic() + _SETTLED_SECONDS
    while True:
        found = tickets(desk, since, number)
        if all(one.outcome or one.state != "used" for one in found) or time.monotonic() > deadline:
            return tuple(found)
        time.sleep(0.05)


def _counts(stage: _Stage, seen: Evidence, recorded: Recorded) -> Counter[str]:
    counts: Counter[str] = Counter()
    counts["acts"] = len({one.act for one in seen.attempts})
    counts["attempts"] = len(seen.attempts)
    counts.update(f"acts {one.ended}" for one in seen.attempts)
    counts.update(f"tickets {one.state}" for one in seen.tickets)
    counts.update(f"answers: {one.state or one.code}" for one in seen.answers)
    counts.update(fault.kind for fault in stage.plan.faults)
    counts["rows"] = sum(seen.rows.values())
    counts["sessions"] = recorded.sessions
    counts["intentions"] = len(recorded.intentions)
    counts["approvals used"] = len(recorded.uses)
    counts["unsettled"] = sum(one.state == "used" and not one.outcome for one in seen.tickets)
    return counts
