"""Writes a recording as JSON lines: one object for each moment, complete and in order."""

import base64
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from yett.recording.container import Kind
from yett.recording.entries import Event, Intention, Opened, Outcome
from yett.recording.replay import decoded
from yett.recording.story import Moment

_encode = msgspec.json.Encoder().encode


def json_lines(session: str, story: Iterable[Moment]) -> Iterator[bytes]:
    """Yield one JSON object in UTF-8 for each moment, newline included."""
    for moment in story:
        if moment.kind != Kind.CHECKPOINT:
            yield _encode(moment_facts(session, moment)) + b"\n"


def moment_facts(session: str, moment: Moment) -> dict[str, Any]:
    """Return a moment as plain JSON values. Bytes are text where they are UTF-8, else {"base64": …}."""
    facts: dict[str, Any] = {
        "session": session,
        "entry": moment.number,
        "type": Kind(moment.kind).name.lower(),
        "time_ns": moment.time_ns,
    }
    if moment.kind in {Kind.INTENTION, Kind.OUTCOME, Kind.ROWS}:
        facts["operation"] = moment.operation
    return facts | _payload(moment)


def _payload(moment: Moment) -> dict[str, Any]:
    match moment.payload:
        case None:
            return {"erased": True}
        case bytes() as data:
            return {"data": {"base64": base64.b64encode(data).decode()}}
        case Intention() as intention:
            return _intention(intention)
        case Outcome() as outcome:
            answer = {"base64": base64.b64encode(outcome.answer).decode()}
            return _facts(outcome) | {"rows_digest": outcome.rows_digest.hex(), "answer": answer}
        case Opened() | Event() as payload:
            return _facts(payload)
        case _:
            return {}


def _facts(payload: Opened | Outcome | Event) -> dict[str, Any]:
    return {key: plain(value) for key, value in msgspec.structs.asdict(payload).items() if value is not None}


def _intention(intention: Intention) -> dict[str, Any]:
    parameters = intention.parameters if isinstance(intention.parameters, list) else []
    return {
        "kind": intention.kind,
        "text": plain(intention.text),
        "parameters": [{"format": f, "type": t, "value": _value(f, v)} for f, t, v in parameters],
        "decision": plain(decoded(intention.decision)),
        "accesses": [
            {"effect": effect, "kind": kind, "target": target}
            for effect, kind, target in _triples(decoded(intention.accesses))
        ],
        **({"details": plain(intention.details)} if intention.details else {}),
    }


def _value(format_: object, value: object) -> object:
    """Return a parameter; a binary one never as text, though its bytes might read as such."""
    if format_ and isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return plain(value)


def plain(value: object) -> Any:  # noqa: ANN401 - JSON values have no one type
    """Return `value` as JSON can hold it."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _triples(value: object) -> list[list[Any]]:
    return [item for item in value if isinstance(item, list) and len(item) == 3] if isinstance(value, list) else []
