"""Shows a recorded session as it happened: who, what they asked, what was decided, what they saw."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from yett.recording.checkpoints import Checkpoint
from yett.recording.container import Kind
from yett.recording.entries import Event, Intention, Opened, Outcome
from yett.recording.escaping import printable
from yett.recording.story import Moment, Texts
from yett.recording.transcript import PlainTranscript, Transcript, Transcripts

_WAIT_SECONDS_MAX = 3.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line to show. `mood` is `who`, `ask`, `answer`, `ok`, `fail`, `note` or `gone`; `time_ns` is when."""

    text: str
    mood: str
    time_ns: int
    operation: int


@dataclass(slots=True)
class Replay:
    """Turns moments into lines. `begin` is the first operation shown; `search` keeps operations that contain it."""

    transcripts: Transcripts = field(default_factory=dict)
    begin: int = 0
    search: str = ""
    _transcript: Transcript = field(default_factory=PlainTranscript)
    _latest: int = -1
    _texts_seen: Texts = field(default_factory=Texts)
    _answers: dict[int, list[bytes]] = field(default_factory=dict)
    _held: dict[int, list[Line]] = field(default_factory=dict)

    def lines(self, story: Iterable[Moment]) -> Iterator[Line]:
        """Yield the lines in order; raises Damaged where the recording is not as it was written."""
        for moment in story:
            yield from self._filtered(moment, list(self._show(moment)))
        for held in self._held.values():
            yield from self._found(held)

    def _filtered(self, moment: Moment, lines: list[Line]) -> Iterable[Line]:
        if moment.kind not in _OF_AN_OPERATION:
            return () if self.search or (self.begin and moment.kind != Kind.OPENED) else lines
        if moment.operation < self.begin:
            return ()
        if not self.search:
            return lines
        self._held.setdefault(moment.operation, []).extend(lines)
        return self._found(self._held.pop(moment.operation)) if moment.kind == Kind.OUTCOME else ()

    def _found(self, lines: list[Line]) -> list[Line]:
        wanted = self.search.lower()
        return lines if any(wanted in line.text.lower() for line in lines) else []

    def _show(self, moment: Moment) -> Iterator[Line]:
        for text, mood in self._texts(moment):
            yield Line(printable(text), mood, moment.time_ns, moment.operation)

    def _texts(self, moment: Moment) -> Iterator[tuple[str, str]]:
        match moment.payload:
            case None:
                yield f"[{moment.operation}] (erased)", "gone"
            case Opened() as opened:
                self._transcript = self.transcripts.get(opened.resource.get("protocol", ""), self._transcript)
                yield from _opening(opened)
            case Intention() as intention:
                yield from self._asking(moment.operation, intention)
            case Outcome() as outcome:
                yield from self._ending(moment.operation, outcome)
            case Event() as event:
                yield f"* {event.kind} {_facts(event.data)}".rstrip(), "note"
            case Checkpoint() as checkpoint:
                if checkpoint.reason == "seal":
                    yield "* the gate ended here without closing the session (sealed at its next start)", "fail"
            case bytes() as data if moment.kind == Kind.ROWS:
                self._answers.setdefault(moment.operation, []).append(data)
            case _:
                return

    def _asking(self, operation: int, intention: Intention) -> Iterator[tuple[str, str]]:
        parameters = intention.parameters if isinstance(intention.parameters, list) else []
        text = self._texts_seen.text_of(operation, intention)
        # `prepare` and `execute` are shown, as the same text comes twice; a plain `statement` explains itself.
        kind = f"{intention.kind} " if text and intention.kind.islower() and intention.kind != "statement" else ""
        first = f"[{operation}] {kind}> "
        self._latest = operation
        for number, line in enumerate(self._transcript.asked(intention.kind, text, parameters)):
            yield (first if number == 0 else "> ".rjust(len(first))) + line, "ask"
        decision = decoded(intention.decision)
        if isinstance(decision, dict) and decision:
            verdict = str(decision.get("verdict", ""))
            yield f"    {_decided(decision)}", "ok" if verdict == "allow" else "fail"

    def _ending(self, operation: int, outcome: Outcome) -> Iterator[tuple[str, str]]:
        frames = b"".join(self._answers.pop(operation, ())) + outcome.answer
        for line in self._transcript.answered(frames) if frames else ():
            yield f"    {line}", "answer"
        # In a pipeline the next was asked before this one ended.
        whose = "" if operation == self._latest else f"[{operation}] "
        yield f"    {whose}{_came_of(outcome)}", "ok" if outcome.status == "done" else "fail"


_OF_AN_OPERATION = frozenset({int(Kind.INTENTION), int(Kind.ROWS), int(Kind.OUTCOME)})


def pace(
    lines: Iterable[Line],
    speed: float,
    sleep: Callable[[float], None] = time.sleep,
    wait_seconds_max: float = _WAIT_SECONDS_MAX,
) -> Iterator[Line]:
    """Yield lines at the pace they happened, `speed` times as fast; no pause is longer than `wait_seconds_max`."""
    before = 0
    for line in lines:
        gap = (line.time_ns - before) / 1e9 / speed if before else 0.0
        if gap > 0:
            sleep(min(gap, wait_seconds_max))
        before = line.time_ns
        yield line


def decoded(raw: msgspec.Raw) -> object:
    """Return what a pre-encoded part of an entry says; None where it cannot be read."""
    try:
        return msgspec.msgpack.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def _opening(opened: Opened) -> Iterator[tuple[str, str]]:
    who = opened.principal
    behalf = who.get("on_behalf_of")
    acting = f" on behalf of {behalf.get('issuer')}/{behalf.get('subject')}" if isinstance(behalf, dict) else ""
    name = f" ({who['name']})" if who.get("name") else ""
    began = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(opened.started_at))
    yield f"session {opened.session}, {began}", "who"
    yield f"  {who.get('kind', 'Principal')} {who.get('issuer')}/{who.get('subject')}{name}{acting}", "who"
    client, resource = opened.client, opened.resource
    program = f", {client['program']}" if client.get("program") else ""
    tls = "TLS" if client.get("tls") else "no TLS"
    yield f"  from {client.get('address')} ({tls}{program}) to {resource.get('name')} [{resource.get('env')}]", "who"
    yield f"  gate {opened.gate_version or '?'}, policy {opened.policy_version or '?'}", "who"


def _decided(decision: dict[object, object]) -> str:
    verdict = str(decision.get("verdict", "")).upper()
    policies = decision.get("policies") or []
    named = f" by {', '.join(map(str, policies))}" if isinstance(policies, list) and policies else ""
    code = f" ({decision['code']})" if decision.get("code") else ""
    reason = f": {decision['reason']}" if decision.get("reason") else ""
    return f"{verdict}{named}{code}{reason}"


def _came_of(outcome: Outcome) -> str:
    parts = [outcome.status]
    if outcome.tag:
        parts.append(outcome.tag)
    if outcome.code:
        parts.append(outcome.code)
    total = (outcome.timings_ns or {}).get("total")
    if total is not None:
        parts.append(f"{total / 1e6:.2f} ms")
    if outcome.bytes_out:
        parts.append(f"{outcome.bytes_out} bytes")
    return "-- " + ", ".join(parts)


def _facts(data: dict[str, object]) -> str:
    return " ".join(f"{key}={value}" for key, value in data.items())
