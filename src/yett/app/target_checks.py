"""Tries one target and compares what it has with what the policies name."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from yett.app.findings import Finding, failed, ok
from yett.app.label_checks import label_findings, label_questions
from yett.app.targets import Rows, quoted_text, try_target
from yett.core.clock import Clock
from yett.core.errors import UpstreamFailed
from yett.credentials.sources import CredentialSource
from yett.policy.engine import PolicyEngine
from yett.policy.names import NamedTarget
from yett.protocols._wire.reception import Entry

_SKEW_SECONDS_MAX = 30.0
_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
_LEVELS = {"Schema": 1, "Table": 2, "Column": 3}
CLOCK = {"clock": "SELECT pg_catalog.date_part('epoch', pg_catalog.clock_timestamp())"}
"""The question that `clock_findings` reads the answer of."""

_QUESTIONS = {
    **CLOCK,
    "power": "SELECT rolsuper, rolcreaterole, rolreplication, rolbypassrls FROM pg_catalog.pg_roles "
    "WHERE rolname OPERATOR(pg_catalog.=) current_user",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What policies and settings take a target to have: the targets named, and by key of `[data]` where it stands.

    `makes_roles` is that the role signed in with is there to make others.
    """

    engine: PolicyEngine | None = None
    labelled: Mapping[str, str] = field(default_factory=dict)
    makes_roles: bool = False


async def target_findings(
    subject: str, entry: Entry, source: CredentialSource, expected: Expected, clock: Clock
) -> AsyncIterator[Finding]:
    """Yield whether the target can be reached and signed in to, and whether it has what it is expected to have."""
    engine, labelled = expected.engine, expected.labelled
    named = _named(entry.resource.name, engine.policies.named_targets if engine else ())
    questions = {
        **_QUESTIONS,
        **label_questions(labelled),
        **{f"name {index}": _exists(one[0], one[1]) for index, one in enumerate(named)},
    }
    try:
        tried = await try_target(entry, source, questions)
    except UpstreamFailed as error:
        yield failed(subject, error)
        return
    version = tried.parameters.get("server_version", "unknown version")
    yield ok(
        subject, f"PostgreSQL {version} at {entry.address}:{entry.port}, signed in within {tried.seconds * 1000:.0f} ms"
    )
    for finding in (*clock_findings(subject, tried.answers, clock.now()), *_power(subject, tried.answers, expected)):
        yield finding
    for finding in label_findings(subject, labelled, tried.answers):
        yield finding
    for index, (kind, path, target) in enumerate(named):
        if tried.answers.get(f"name {index}") == [("f",)]:
            message = f"{target.place} names {kind} {'.'.join(path)}, which {entry.resource.name} does not have"
            yield Finding(
                subject,
                "warn",
                message,
                "is it spelt right? a policy for what is not there never applies",
                "name_unknown",
            )


def clock_findings(subject: str, answers: Mapping[str, Rows | None], now: float) -> Iterator[Finding]:
    """Yield a finding where this machine's clock and the target's are too far apart."""
    rows = answers.get("clock")
    if not rows or rows[0][0] is None:
        return
    skew = float(rows[0][0]) - now
    if abs(skew) > _SKEW_SECONDS_MAX:
        side = "behind" if skew > 0 else "ahead of"
        message = f"this machine's clock is {abs(skew):.0f} s {side} the target's"
        yield Finding(
            subject, "warn", message, "set both clocks (NTP): tokens and evidence stand on them", "clock_wrong"
        )


def _power(subject: str, answers: Mapping[str, Rows | None], expected: Expected) -> Iterator[Finding]:
    rows = answers.get("power")
    if not rows:
        return
    names = ("superuser", "createrole", "replication", "bypassrls")
    needed = {"createrole"} if expected.makes_roles else set[str]()
    held = [name for name, value in zip(names, rows[0], strict=False) if value == "t" and name not in needed]
    if held:
        message = f"the gate signs in to the target with {', '.join(held)} rights"
        hint = "give it a role of its own that owns nothing it need not"
        yield Finding(subject, "warn", message, hint, "role_too_strong")


def _named(resource: str, targets: Iterable[NamedTarget]) -> list[tuple[str, tuple[str, ...], NamedTarget]]:
    found = []
    for target in targets:
        place, _, path = target.id.partition("/")
        parts = tuple((quoted or plain).replace('""', '"') for quoted, plain in _PART.findall(path))
        if place == resource and _LEVELS.get(target.kind) == len(parts):
            found.append((target.kind.lower(), parts, target))
    return found


def _exists(kind: str, path: tuple[str, ...]) -> str:
    """Return a query that says whether something exists; names travel as hexadecimal, so no quoting can be fooled."""
    equal = "OPERATOR(pg_catalog.=)"
    inner = f"FROM pg_catalog.pg_namespace n WHERE n.nspname {equal} {quoted_text(path[0])}"
    if kind in {"table", "column"}:
        inner = (
            f"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid {equal} c.relnamespace "
            f"WHERE n.nspname {equal} {quoted_text(path[0])} AND c.relname {equal} {quoted_text(path[1])}"
        )
    if kind == "column":
        inner = inner.replace(" WHERE ", f" JOIN pg_catalog.pg_attribute a ON a.attrelid {equal} c.oid WHERE ", 1)
        inner += f" AND a.attname {equal} {quoted_text(path[2])} AND NOT a.attisdropped"
    return f"SELECT EXISTS (SELECT 1 {inner})"
