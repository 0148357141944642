"""Learns what is usual for whom from recordings, so that a policy can hold what is new from its first day on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from yett.app.approvals import open_approvals
from yett.approvals.novelty import Baseline, Novelty
from yett.config import Config
from yett.core.clock import Clock
from yett.core.shapes import Touched, shape_of
from yett.protocols.postgres.shapes import RecordedStructures
from yett.recording.archive import Archive, NoSuchRecording, summary_of
from yett.recording.entries import Intention, Opened, Outcome
from yett.recording.index import Listed
from yett.recording.reader import Damaged, Unreadable
from yett.recording.replay import decoded
from yett.recording.story import Moment, Texts

_DID = frozenset(("statement", "execute"))
"""The kinds of record that stand for something done: what was prepared or looked at beside is not learnt."""
_AT_ONCE = 1_000
_NANO = 1_000_000_000


class Structures(Protocol):
    """What a protocol declares: the structures of one session's operations, told from its recording in order."""

    def of(self, text: bytes, parameters: Sequence[tuple[int, int, bytes | None]], /) -> bytes:
        """Return an operation's structure, b"" where it cannot be told."""
        ...


_STRUCTURES: Mapping[str, Callable[[], Structures]] = {"postgres": RecordedStructures}


@dataclass(slots=True)
class Learnt:
    """What came of reading: sessions and allowed operations read, how many of them have no shape, shapes learnt.

    `unreadable` are the recordings that are damaged, missing, or under a key that is not here.
    """

    sessions: int = 0
    operations: int = 0
    shapeless: int = 0
    shapes: int = 0
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one principal at one resource; both are empty where no recording says whose it is."""

    principal: str
    resource: str
    baseline: Baseline


def learn(
    config: Config, clock: Clock, archive: Archive, chosen: Sequence[Listed], progress: Callable[[int], None]
) -> Learnt:
    """Read sessions and keep the shapes of what was allowed and done in them; `progress` is told after each.

    A running gate takes it in within seconds. Raises StoreFailed.
    """
    done = Learnt()
    with open_approvals(config, clock) as approvals:
        for listed in chosen:
            try:
                _read(archive, listed, approvals.novelty, done)
            except (Damaged, Unreadable, NoSuchRecording):
                done.unreadable.append(listed.file)
            done.sessions += 1
            if done.sessions % _AT_ONCE == 0:
                approvals.novelty.flush()
            progress(done.sessions)
        approvals.novelty.flush()
        done.shapes = sum(one.shapes for one in approvals.novelty.baselines())
    return done


def known(config: Config, clock: Clock, sessions: Sequence[Listed]) -> list[Known]:
    """Return what is known of whom, by the names that recordings have; values and statements are not kept at all."""
    pairs = sorted({(one.principal, one.resource) for one in map(summary_of, sessions) if one.principal})
    with open_approvals(config, clock) as approvals:
        novelty = approvals.novelty
        named = {novelty.owner(*pair): pair for pair in pairs}
        found = [Known(*named.get(one.owner, ("", "")), one) for one in novelty.baselines()]
    return sorted(found, key=lambda one: (not one.principal, one.principal, one.resource))


def forget(config: Config, clock: Clock, principal: str, resource: str) -> int:
    """Forget what a principal did at a resource: all of it is new again. Return how many shapes that were."""
    with open_approvals(config, clock) as approvals:
        return approvals.novelty.forget(principal, resource)


def _read(archive: Archive, listed: Listed, novelty: Novelty, done: Learnt) -> None:
    with archive.story(listed) as story:
        for principal, resource, shape, at in _shapes(story):
            done.operations += 1
            done.shapeless += not shape
            novelty.learn(principal, resource, shape, at)


def _shapes(story: Iterator[Moment]) -> Iterator[tuple[str, str, bytes, float]]:
    """Yield principal, resource, shape and time of each operation of a session that was allowed and done."""
    principal, resource, protocol = "", "", ""
    structures: Structures | None = None
    texts = Texts()
    open_ones: dict[int, bytes] = {}
    for moment in story:
        match moment.payload:
            case Opened(principal=who, resource=what):
                principal, resource = f"{who.get('issuer')}/{who.get('subject')}", what.get("name", "")
                protocol = what.get("protocol", "")
                structures = _STRUCTURES[protocol]() if protocol in _STRUCTURES else None
            case Intention() as asked:
                text = texts.text_of(moment.operation, asked)
                structure = structures.of(text, _parameters(asked)) if structures is not None else b""
                if asked.kind in _DID and _allowed(asked):
                    open_ones[moment.operation] = shape_of(protocol, structure, _touched(asked))
            case Outcome(status=status):
                shape = open_ones.pop(moment.operation, None)
                if shape is not None and status == "done":
                    yield principal, resource, shape, moment.time_ns / _NANO


def _allowed(asked: Intention) -> bool:
    decision = decoded(asked.decision)
    return isinstance(decision, dict) and decision.get("verdict") == "allow"


def _touched(asked: Intention) -> Iterator[Touched]:
    accesses = decoded(asked.accesses)
    for effect, kind, target in accesses if isinstance(accesses, list) else ():
        yield str(effect), str(kind), str(target)


def _parameters(asked: Intention) -> list[tuple[int, int, bytes | None]]:
    given = decoded(asked.parameters) if isinstance(asked.parameters, msgspec.Raw) else asked.parameters
    return [(wire, kind, value) for wire, kind, value in given] if isinstance(given, list) else []
