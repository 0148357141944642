"""Writes a recording as OCSF events, one Datastore Activity (class 6005) for each operation.

Schema: https://schema.ocsf.io/1.3.0/classes/datastore_activity with the profile security_control.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from yett.recording.entries import Intention, Opened, Outcome
from yett.recording.export import plain
from yett.recording.replay import decoded
from yett.recording.story import Moment, Texts

_encode = msgspec.json.Encoder().encode
_CLASS = 6005
_VERSION = "1.3.0"
_WORD_BYTES_MAX = 64
_READ, _UPDATE, _CONNECT, _QUERY, _WRITE, _CREATE, _DELETE, _OTHER = 1, 2, 3, 4, 5, 6, 7, 99
_NAMES = {2: "Update", 3: "Connect", 4: "Query", 5: "Write", 6: "Create", 7: "Delete", 99: "Other"}
_BY_WORD = {
    "SELECT": _QUERY,
    "CONNECT": _CONNECT,
    "INSERT": _WRITE,
    "COPY": _WRITE,
    "MERGE": _WRITE,
    "UPDATE": _UPDATE,
    "ALTER": _UPDATE,
    "DELETE": _DELETE,
    "DROP": _DELETE,
    "TRUNCATE": _DELETE,
    "CREATE": _CREATE,
}
_BY_EFFECT = {"read": _QUERY, "write": _WRITE, "connect": _CONNECT}
_USER_TYPES = {"User": (1, "User"), "Agent": (99, "Agent"), "Service": (4, "Service")}


def ocsf_lines(session: str, story: Iterable[Moment]) -> Iterator[bytes]:
    """Yield one OCSF event in JSON for the session's start and for each operation, newline included."""
    opened = Opened(session)
    texts = Texts()
    waiting: dict[int, tuple[Moment, Intention]] = {}
    for moment in story:
        match moment.payload:
            case Opened() as opened:
                yield _line(_connected(opened, moment))
            case Intention() as intention:
                text = texts.text_of(moment.operation, intention)
                waiting[moment.operation] = (moment, msgspec.structs.replace(intention, text=text))
            case Outcome() as outcome:
                asked = waiting.pop(moment.operation, None)
                if asked is not None:
                    yield _line(_operated(opened, *asked, outcome, moment))
            case _:
                pass
    for asked in waiting.values():
        yield _line(_operated(opened, *asked, Outcome("outcome_unknown"), None))


def _connected(opened: Opened, moment: Moment) -> dict[str, Any]:
    return _event(opened, _CONNECT, moment, "opened") | _judged("allow") | {"status_id": 1, "status": "Success"}


def _operated(
    opened: Opened, moment: Moment, intention: Intention, outcome: Outcome, ended: Moment | None
) -> dict[str, Any]:
    decision = decoded(intention.decision)
    decision = decision if isinstance(decision, dict) else {}
    event = _event(opened, _activity(intention, outcome), moment, str(moment.operation))
    event |= _judged(str(decision.get("verdict", ""))) | _status(outcome)
    event["query_info"] = {
        "uid": f"{opened.session}/{moment.operation}",
        "query_string": intention.text.decode("utf-8", "backslashreplace"),
        "query_time": moment.time_ns // 1_000_000,
        "bytes": outcome.bytes_out,
    }
    if policies := decision.get("policies"):
        event["policy"] = {"name": ", ".join(map(str, policies)), "version": str(decision.get("policy_version", ""))}
    if ended is not None:
        event["duration"] = max(0, (ended.time_ns - moment.time_ns) // 1_000_000)
        event["end_time"] = ended.time_ns // 1_000_000
    tables = _tables(intention)
    if tables:
        event["table"] = {"name": tables[0]}
    event["unmapped"] |= {"decision": plain(decision), "rows": outcome.rows, "tag": outcome.tag, "tables": tables}
    return event


def _event(opened: Opened, activity: int, moment: Moment, suffix: str) -> dict[str, Any]:
    principal, resource = opened.principal, opened.resource
    user_type, type_name = _USER_TYPES.get(str(principal.get("kind", "")), (0, "Unknown"))
    groups = principal.get("groups")
    return {
        "class_uid": _CLASS,
        "class_name": "Datastore Activity",
        "category_uid": 6,
        "category_name": "Application Activity",
        "activity_id": activity,
        "activity_name": _NAMES[activity],
        "type_uid": _CLASS * 100 + activity,
        "time": moment.time_ns // 1_000_000,
        "severity_id": 1,
        "severity": "Informational",
        "metadata": {
            "version": _VERSION,
            "profiles": ["security_control"],
            "uid": f"{opened.session}/{suffix}",
            "correlation_uid": str(principal.get("run") or opened.session),
            "product": {"name": "Yett", "vendor_name": "Yett", "version": opened.gate_version},
        },
        "actor": {
            "user": {
                "uid": f"{principal.get('issuer', '')}/{principal.get('subject', '')}",
                "name": str(principal.get("name", "")),
                "type_id": user_type,
                "type": type_name,
                "groups": [{"name": str(name)} for name in groups] if isinstance(groups, list) else [],
            },
            "session": {"uid": opened.session, "created_time": int(opened.started_at * 1000)},
        },
        "src_endpoint": {"ip": str(opened.client.get("address", "")), "port": opened.client.get("port", 0)},
        "dst_endpoint": {"name": resource.get("name", "")},
        "database": {"name": resource.get("name", ""), "type_id": 99, "type": resource.get("protocol", "")},
        "type_id": 1,
        "type": "Database",
        "unmapped": {"on_behalf_of": plain(principal.get("on_behalf_of")), "env": resource.get("env", "")},
    }


def _activity(intention: Intention, outcome: Outcome) -> int:
    """Return the activity: by what the target says it did, by what was asked, or by the effects it was judged on."""
    for text in (outcome.tag, intention.kind, intention.text[:_WORD_BYTES_MAX].decode("ascii", "replace")):
        word = text.split(maxsplit=1)[0].upper() if text.strip() else ""
        if word in _BY_WORD:
            return _BY_WORD[word]
    accesses = decoded(intention.accesses)
    effects = [str(item[0]) for item in accesses if item] if isinstance(accesses, list) else []
    return next((_BY_EFFECT[effect] for effect in effects if effect in _BY_EFFECT), _OTHER)


def _judged(verdict: str) -> dict[str, Any]:
    if verdict == "allow":
        return {"action_id": 1, "action": "Allowed", "disposition_id": 1, "disposition": "Allowed"}
    if verdict in {"deny", "terminate"}:
        return {"action_id": 2, "action": "Denied", "disposition_id": 2, "disposition": "Blocked"}
    return {"action_id": 0, "action": "Unknown", "disposition_id": 0, "disposition": "Unknown"}


def _status(outcome: Outcome) -> dict[str, Any]:
    if outcome.status == "done":
        return {"status_id": 1, "status": "Success"}
    if outcome.status == "outcome_unknown":
        return {"status_id": 0, "status": "Unknown", "status_detail": outcome.status}
    return {"status_id": 2, "status": "Failure", "status_code": outcome.code, "status_detail": outcome.status}


def _tables(intention: Intention) -> list[str]:
    accesses = decoded(intention.accesses)
    return [str(a[2]) for a in accesses if a[1] == "Table"] if isinstance(accesses, list) else []


def _line(event: dict[str, Any]) -> bytes:
    return _encode(event) + b"\n"
