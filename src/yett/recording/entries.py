"""What entries say once opened: who came, what was asked, what was decided, what came of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

import msgspec

from yett.core.decisions import Allow, Decision, Deny, Hold, Rewrite, Terminate, Verdict
from yett.core.masks import Cover
from yett.core.principals import Principal
from yett.core.sessions import Session
from yett.core.targets import Access

Parameter = tuple[int, int, bytes | None]
"""(format code, type id, the raw bytes or None for NULL), exactly as the client sent it."""

encode: Callable[[object], bytes] = msgspec.msgpack.Encoder().encode
"""Returns a value as msgpack."""
NOTHING = msgspec.Raw(b"\x90")
UNDECIDED = msgspec.Raw(b"\x80")


class Opened(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first entry of a file: whose session on what, from where, under which gate and policy."""

    session: str
    principal: dict[str, object] = {}
    resource: dict[str, str] = {}
    client: dict[str, object] = {}
    started_at: float = 0.0
    gate_version: str = ""
    policy_version: str = ""
    details: dict[str, object] = {}


class Intention(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What was asked, exactly, and what was decided; written before anything is forwarded."""

    kind: str
    text: bytes
    parameters: object = NOTHING
    decision: msgspec.Raw = UNDECIDED
    accesses: msgspec.Raw = NOTHING
    details: dict[str, object] | None = None


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What came of it. `status` is `done`, `failed`, `denied`, `cancelled`, `held` or `outcome_unknown`.

    `rows_digest` is SHA-256 over all answer bytes as the client got them, recorded or not; times are nanoseconds.
    `answer` are the recorded answer bytes, or the last of them where entries of kind ROWS came before.
    """

    status: str
    tag: str = ""
    rows: int = 0
    rows_digest: bytes = b""
    bytes_in: int = 0
    bytes_out: int = 0
    code: str = ""
    timings_ns: dict[str, int] | None = None
    details: dict[str, object] | None = None
    answer: bytes = b""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that is no operation: login, cancel, notice, setting, drained, replayed, erased."""

    kind: str
    data: dict[str, object] = {}


class Summary(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the index knows of a session, so that sessions can be found without opening each."""

    session: str
    principal: str = ""
    name: str = ""
    kind: str = ""
    on_behalf_of: str = ""
    groups: list[str] = []
    run: str = ""
    resource: str = ""
    protocol: str = ""
    client: str = ""
    program: str = ""
    started_at: float = 0.0
    ended_at: float = 0.0
    reason: str = ""
    operations: int = 0
    denied: int = 0
    failed: int = 0
    counters: dict[str, int] = {}


def encode_decision(decision: Decision) -> bytes:
    """Return a decision ready for `SessionRecorder.intend`, so that one that repeats is encoded once."""
    return encode(decision_facts(decision))


def encode_accesses(accesses: Sequence[Access]) -> bytes:
    """Return accesses ready for `SessionRecorder.intend`: a list of (effect, target kind, target id)."""
    return encode([(str(a.effect), a.target.kind, a.target.id) for a in accesses])


def decision_facts(decision: Decision) -> dict[str, object]:
    """Return what a decision says, in plain words and lists."""
    facts: dict[str, object] = {
        **_verdict_facts(decision.verdict),
        "policies": list(decision.policies),
        "policy_version": str(decision.policy_version),
        "decided_by": decision.decided_by,
    }
    if decision.access is not None:
        facts["refused"] = (str(decision.access.effect), decision.access.target.kind, decision.access.target.id)
    if decision.notes:
        facts["notes"] = list(decision.notes)
    return facts


def _verdict_facts(verdict: Verdict) -> dict[str, object]:
    match verdict:
        case Allow(obligations, covers):
            facts: dict[str, object] = {"verdict": "allow"}
            facts |= {"obligations": [(o.name, o.value) for o in obligations]} if obligations else {}
            return facts | (
                {"covers": [[_cover_words(one) for one in columns] for columns in covers]} if covers else {}
            )
        case Deny(code, reason, hint):
            return {"verdict": "deny", "code": code, "reason": reason, "hint": hint}
        case Rewrite(operation):
            return {"verdict": "rewrite", "kind": operation.kind, "text": operation.text}
        case Hold(flows, reason, hint):
            return {"verdict": "hold", "flows": list(flows), "reason": reason, "hint": hint}
        case Terminate(code, reason):
            return {"verdict": "terminate", "code": code, "reason": reason}
        case _:
            assert_never(verdict)


def _cover_words(cover: Cover) -> str:
    """Return what became of one output column: `masked email`, `derived from email`, `searched`, `unmasked`, or ""."""
    if cover.derived:
        return f"derived from {cover.label}"
    if cover.label:
        return f"masked {cover.label}"
    if cover.scan:
        return f"searched, but not for {', '.join(sorted(cover.seen))}" if cover.seen else "searched"
    return "unmasked" if cover.unmasked else ""


def principal_facts(principal: Principal) -> dict[str, object]:
    """Return who it was, whom they act for included; never a token, only its id."""
    facts: dict[str, object] = {
        "kind": str(principal.kind),
        "issuer": principal.issuer,
        "subject": principal.subject,
        "name": principal.name,
        "groups": sorted(principal.groups),
        "roles": sorted(principal.roles),
        "claims": dict(principal.claims),
        "token_id": str(principal.token_id),
        "session_key": principal.session_key,
        "run": principal.run,
        "expires_at": principal.expires_at,
        "method": principal.method,
    }
    if principal.on_behalf_of is not None:
        facts["on_behalf_of"] = principal_facts(principal.on_behalf_of)
    return facts


def opened(session: Session, gate_version: str, policy_version: str, details: Mapping[str, object]) -> Opened:
    """Return the first entry of a session's recording."""
    client, resource = session.client, session.resource
    return Opened(
        session=session.id,
        principal=principal_facts(session.principal),
        resource={"name": resource.name, "protocol": resource.protocol, "env": resource.env},
        client={
            "address": client.address,
            "port": client.port,
            "tls": client.tls,
            "program": client.program,
            "details": dict(client.details),
        },
        started_at=session.started_at,
        gate_version=gate_version,
        policy_version=policy_version,
        details=dict(details),
    )


def summary(session: Session) -> Summary:
    """Return what the index keeps of a session at its beginning."""
    who, behalf = session.principal, session.principal.on_behalf_of
    return Summary(
        session=session.id,
        principal=who.key,
        name=who.name,
        kind=str(who.kind),
        on_behalf_of=behalf.key if behalf else "",
        groups=sorted(who.groups),
        run=str(who.run or ""),
        resource=session.resource.name,
        protocol=session.resource.protocol,
        client=session.client.address,
        program=session.client.program,
        started_at=session.started_at,
    )
