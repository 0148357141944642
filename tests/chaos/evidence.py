"""Gathers what each side knows of a round: journals, the target and its log, recordings, tickets, roles."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from typing import Any

from chaos.accounting import Attempt, Intention, Key, TicketSeen
from chaos.acts import ANY, FLOWS, Wire, act_in, binary_value, copy_named, is_copy, pieces, traces
from chaos.world import DATABASE, World
from yett.approvals.desk import ApprovalDesk
from yett.core.approvals import Ticket
from yett.protocols.postgres import codec
from yett.recording import paths
from yett.recording.archive import Archive
from yett.recording.checkpoints import ENDS, Checkpoint
from yett.recording.container import Kind
from yett.recording.entries import Event, Outcome
from yett.recording.entries import Intention as Intended
from yett.recording.keys import load_public_keys
from yett.recording.reader import reading
from yett.recording.replay import decoded
from yett.recording.settings import RecordingSettings
from yett.recording.story import Moment, Texts, moments
from yett.recording.verify import verify_all

_LOGGED = re.compile(r"LOG:  (?:execute [^:]*|statement): (?:INSERT INTO|UPDATE purse|COPY )")
_FAULTS = re.compile(r'"exception":|a session ended by a fault|Traceback')
_ENDED_SECONDS = 6.0


@dataclass(slots=True)
class Recorded:
    """What the recordings of a round say."""

    intentions: list[Intention] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    frozen: set[str] = field(default_factory=set)
    sessions: int = 0
    unended: list[str] = field(default_factory=list)


class Recordings:
    """The gate's recordings, each read once: in the round that it belongs to."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._archive = Archive(data, RecordingSettings())
        self._read: set[Path] = set()
        self._frozen: set[str] = set()

    def new(self) -> Recorded:
        """Read what was begun since the last call, once all of it has ended."""
        found = Recorded()
        files = [path for path in self._files() if path not in self._read]
        deadline = time.monotonic() + _ENDED_SECONDS
        for path in files:
            while not (told := list(self._told(path))) or not _has_ended(told):
                if time.monotonic() > deadline:
                    found.unended.append(f"{path.stem} has not ended")
                    break
                time.sleep(0.05)
            self._read.add(path)
            found.sessions += 1
            _take(path.stem, told, found)
        self._frozen |= found.frozen
        found.frozen = set(self._frozen)
        return found

    def unverified(self) -> tuple[str, ...]:
        """Prove everything that there is, and return what is wrong."""
        keys = load_public_keys(*sorted((self._data / "keys").glob("*.pub.pem")))
        return tuple(f"{one.file}: {one.what}" for one in verify_all(paths.recordings(self._data), keys).problems)

    def _files(self) -> list[Path]:
        found = paths.recordings(self._data).glob("[0-9]*/[0-9]*/[0-9]*/*" + paths.SUFFIX)
        return sorted(path for path in found if not path.stem.startswith("gate-"))

    def _told(self, path: Path) -> Iterator[Moment]:
        with reading(path) as reader:
            yield from moments(reader, *self._archive.keys.readers)


def _has_ended(told: list[Moment]) -> bool:
    last = told[-1].payload
    return isinstance(last, Checkpoint) and last.reason in ENDS


def _take(session: str, told: Iterable[Moment], found: Recorded) -> None:
    """Add what one session's recording says. An approval is used for the operation that its event names, if any ran."""
    texts, used = Texts(), dict[int, str]()
    mine: dict[int, Intention] = {}
    for moment in told:
        match moment.payload:
            case Event(kind="approved", data=data):
                used[int(str(data["runs_as"]))] = str(data["ticket"])
                found.uses.append(str(data["ticket"]))
            case Intended() as intended:
                text = texts.text_of(moment.operation, intended).decode("utf-8", "replace")
                decision = _decision(intended)
                version = str(decision.get("policy_version", ""))
                if "frozen" in decision.get("policies", ()):
                    found.frozen.add(version)
                if intended.kind == "prepare":
                    continue
                wire = text, tuple(_value(form, value) for form, _, value in _parameters(intended))
                verdict = str(decision.get("verdict", ""))
                ticket = used.get(moment.operation, "")
                mine[moment.operation] = Intention(session, moment.operation, wire, verdict, ticket, version=version)
            case Outcome(status=status, rows_digest=digest) if moment.operation in mine:
                mine[moment.operation] = replace(mine[moment.operation], status=status, digest=digest)
            case _ if moment.kind == Kind.CHECKPOINT:
                continue
    found.intentions += mine.values()


def _decision(intended: Intended) -> dict[str, Any]:
    found = decoded(intended.decision)
    return found if isinstance(found, dict) else {}


def _parameters(intended: Intended) -> list[tuple[int, int, bytes | None]]:
    return intended.parameters if isinstance(intended.parameters, list) else []


def _value(form: int, value: bytes | None) -> str:
    """Return a parameter as text."""
    if value is None:
        return "NULL"
    return binary_value(value) if form == 1 else value.decode("utf-8", "replace")


def attempts(journals: Iterable[Path]) -> tuple[list[Attempt], list[str]]:
    """Return what clients tried and what they were told, and which of them never came to an end."""
    found: list[Attempt] = []
    unfinished = []
    for path in journals:
        lines = [json.loads(line) for line in _whole_lines(path)]
        ended = {one["number"]: one["event"] for one in lines if one["event"] in {"done", "refused", "lost"}}
        for one in lines:
            if one["event"] == "try":
                sent = one["sent"]
                how = ended.get(one["number"], "lost")
                found += [_attempt(part, how, alone=len(sent) == 1) for part in sent]
        if not any(one["event"] == "end" for one in lines):
            unfinished.append(path.stem)
    return found, unfinished


def with_data(intentions: Iterable[Intention], tried: Iterable[Attempt]) -> Iterator[Intention]:
    """Yield the intentions, those of a COPY with the data that was sent, where its recorded digest tells which."""
    known = {(wire[0], digest): wire for wire in {one.wire for one in tried} for digest in _digests(wire)}
    for one in intentions:
        yield replace(one, wire=known.get((one.wire[0], one.digest), one.wire)) if is_copy(one.wire[0]) else one


def _digests(wire: Wire) -> Iterator[bytes]:
    """Yield what is recorded of a COPY's data: the digest of its messages, cut as the client or the gate cuts them."""
    if not is_copy(wire[0]):
        return
    first, rest = pieces(wire[1][0])
    yield sha256(codec.message(b"d", first + rest)).digest()
    yield sha256(codec.message(b"d", first) + codec.message(b"d", rest)).digest()


def _whole_lines(path: Path) -> list[str]:
    with suppress(FileNotFoundError):
        return [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return []


def _attempt(part: dict[str, object], how: str, *, alone: bool) -> Attempt:
    name, amount = part["act"]  # type: ignore[misc]  # a journal's JSON
    text, parameters = part["wire"]  # type: ignore[misc]  # a journal's JSON
    return Attempt((name, amount), (text, tuple(parameters)), str(part["flow"]), how, alone)


def rows(world: World, number: int) -> dict[Key, int]:
    """Return what the target holds of this round's acts, and how often."""
    found: Counter[Key] = Counter()
    with world.server.connect(database=DATABASE) as connection:
        for table in FLOWS:
            if table == "purse":
                continue
            asked = f"SELECT act, amount FROM {table} WHERE starts_with(act, %s)"
            found.update((act, amount) for act, amount in connection.execute(asked, [f"r{number}."]))  # type: ignore[call-overload]  # as above
        for (acts,) in connection.execute("SELECT acts FROM purse"):
            found.update(one for one in traces(acts) if one[0].startswith(f"r{number}."))
    return dict(found)


class TargetLog:
    """The target's own log: every statement that it was sent to run, with parameters."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def new(self) -> dict[Key, int]:
        """Return how often each act was run since the last call, whether or not it was kept."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            text = file.read().decode("utf-8", "replace")
            self._offset = file.tell()
        found: Counter[Key] = Counter()
        lines = text.splitlines()
        for at, line in enumerate(lines):
            if not _LOGGED.search(line):
                continue
            known = next(traces(line), None) or _copied(line) or next(traces(_detail(lines, at)), None)
            if known is not None:
                found[known] += 1
        return dict(found)


def _copied(line: str) -> Key | None:
    """Return which act a logged COPY is of; the log does not tell its data."""
    name = copy_named(line)
    return (name, ANY) if name else None


def _detail(lines: list[str], at: int) -> str:
    """Return the parameters of a logged statement: the next line of the same backend."""
    backend = lines[at].split(" ", 1)[0]
    following = (line for line in lines[at + 1 : at + 200] if line.startswith(backend + " "))
    line = next(following, "")
    return line if "DETAIL:" in line else ""


def tickets(desk: ApprovalDesk, since: float, number: int) -> list[TicketSeen]:
    """Return the round's tickets, as the store has them."""
    # All of them, whoever may see them, newest first.
    found = takewhile(lambda one: one.created_at >= since, desk._newest())
    seen = (_seen(one) for one in found)
    return [one for one in seen if (known := act_in(one.wire)) is not None and known[0].startswith(f"r{number}.")]


def _seen(ticket: Ticket) -> TicketSeen:
    asked = ticket.asked
    wire: Wire = (
        asked.statement.decode("utf-8", "replace"),
        tuple(_value(form, value) for form, _, value in asked.parameters),
    )
    return TicketSeen(
        ticket.id,
        ticket.state.value,
        wire,
        asked.principal,
        asked.flows[0],
        frozenset(vote.reviewer for vote in ticket.votes if vote.yes),
        frozenset(vote.reviewer for vote in ticket.votes if not vote.yes),
        ticket.ended_at,
        ticket.expires_at,
        ticket.outcome,
    )


class GateLog:
    """What the gate says of its own faults."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def new(self) -> list[str]:
        """Return the faults that it has told since the last call."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            text = file.read().decode("utf-8", "replace")
            self._offset = file.tell()
        return [line[:300] for line in text.splitlines() if _FAULTS.search(line)]
