"""What people are asked about one operation: all that a yes stands for, its digest, and what is shown beside it."""

from dataclasses import replace
from hashlib import sha256

from yett.approvals.reviewers import acted_for
from yett.core.approvals import Asked
from yett.core.decisions import Decision, Hold
from yett.core.sessions import Session
from yett.protocols._wire.questions import Held, Inspect, Parameter


def asked_of(  # noqa: PLR0913, PLR0917 - what meets here, given once
    session: Session, question: Inspect, decision: Decision, held: Held, recent: tuple[str, ...], policy_version: str
) -> Asked:
    """Return the question to people that an operation of a session is, which `decision` holds.

    `policy_version` is that of the policies it would be allowed by now; `recent` are the session's last operations.
    """
    verdict = decision.verdict
    parameters = (*question.parameters, *held.more)
    who, client = session.principal, session.client
    asked = Asked(
        principal=who.key,
        kind=who.kind.value,
        on_behalf_of=acted_for(who),
        groups=tuple(sorted(who.groups)),
        run=who.run or "",
        resource=session.resource.name,
        env=session.resource.env,
        session=str(session.id),
        sequence=question.sequence,
        address=client.address,
        program=client.program,
        flows=verdict.flows if isinstance(verdict, Hold) else (),
        reason=verdict.reason if isinstance(verdict, Hold) else "",
        policies=decision.policies,
        policy_version=policy_version,
        operation=question.operation.kind,
        statement=held.statement,
        parameters=parameters,
        in_transaction=held.in_transaction,
        shown={**held.shown, **_shown(question, recent)},
    )
    unwritten = tuple(one for at, one in enumerate(parameters, start=1) if at not in held.written)
    return replace(
        asked,
        digest=_digest(asked, held, held.statement, parameters, question),
        shape=_digest(asked, held, held.shape, unwritten, question),
    )


def _shown(question: Inspect, recent: tuple[str, ...]) -> dict[str, str]:
    accesses = question.operation.accesses
    targets = [f"{one.effect} {one.target.kind} {one.target.id}" for one in accesses if one.target.path]
    labels = sorted({one.target.label for one in accesses if one.target.label})
    return {
        "targets": "\n".join(dict.fromkeys(targets)),
        "labels": ", ".join(labels),
        "plan": "no plan: the target has not answered yet",
        "affected rows": "",
        "last operations": "\n".join(recent),
    }


def _digest(asked: Asked, held: Held, text: bytes, parameters: tuple[Parameter, ...], question: Inspect) -> bytes:
    """Return SHA-256 over everything that a yes stands for, each part with its length before it."""
    accesses = sorted(f"{one.effect} {one.target.kind} {one.target.id}" for one in question.operation.accesses)
    parts = [
        asked.principal.encode(),
        asked.on_behalf_of.encode(),
        asked.run.encode(),
        asked.resource.encode(),
        asked.operation.encode(),
        asked.policy_version.encode(),
        *(access.encode() for access in accesses),
        held.basis,
        text,
    ]
    parts += [b"%d accesses, %d parameters" % (len(accesses), len(parameters))]
    for wire, type_id, value in parameters:
        parts += [b"%d %d" % (wire, type_id), b"NULL" if value is None else b"=" + value]
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
