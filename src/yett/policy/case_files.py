"""Test cases as they are written beside the policies: `*.test.toml`, read strictly."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from yett.core.principals import Claim, Principal, PrincipalKind
from yett.core.targets import Resource
from yett.policy.problems import PolicyProblems, Problem, did_you_mean
from yett.policy.source import Place
from yett.policy.wording import Unreadable, read_principal_key

_CASE_LINE = re.compile(r"^[ \t]*\[\[[ \t]*case[ \t]*\]\]", re.MULTILINE)
Words = str | list[str]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class WrittenPrincipal(_Strict, frozen=True):
    """Somebody that cases may name. `id` is `<provider>/<subject>`."""

    id: str
    kind: PrincipalKind = PrincipalKind.USER
    name: str = ""
    groups: list[str] = []
    roles: list[str] = []
    claims: dict[str, str | int | bool | list[str]] = {}
    on_behalf_of: str = ""
    method: str = ""


class WrittenResource(_Strict, frozen=True):
    """A resource that cases may name where yett.toml does not have it, or has it in another environment."""

    protocol: str = "postgres"
    env: str = ""


class WrittenClient(_Strict, frozen=True):
    """Where the request comes from."""

    address: str = "127.0.0.1"
    tls: bool = True
    program: str = ""


class WrittenCase(_Strict, frozen=True):
    """One expectation; lists of principals, effects and targets stand for every combination."""

    name: str
    principal: Words
    resource: str
    expect: Literal["allow", "deny", "hold"]
    effect: Words = []
    target: Words = ""
    label: str = ""
    sql: str = ""
    by: list[str] = []
    flows: list[str] = []
    approvals: list[str] = []
    novel: bool = False
    client: WrittenClient = WrittenClient()
    facts: dict[str, str | int | bool] = {}
    kind: str = ""
    at: datetime | None = None


class CaseFile(_Strict, frozen=True):
    """A whole file of cases."""

    principals: dict[str, WrittenPrincipal] = {}
    resources: dict[str, WrittenResource] = {}
    case: Annotated[list[WrittenCase], msgspec.Meta(max_length=10_000)] = []


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to ask: exactly one principal, and either an effect on a target or a text of the protocol's own."""

    written: WrittenCase
    place: Place
    principal: Principal
    resource: Resource
    effect: str = ""
    target: str = ""

    @property
    def title(self) -> str:
        """Return the case's name, with what tells it from the others of its list."""
        written = self.written
        variants = (
            self.principal.key if isinstance(written.principal, list) else "",
            self.effect if isinstance(written.effect, list) else "",
            self.target if isinstance(written.target, list) else "",
        )
        shown = " ".join(filter(None, variants))
        return f"{written.name} [{shown}]" if shown else written.name


def read_case_file(name: str, text: str, resources: Mapping[str, Resource]) -> list[Case]:
    """Return the cases of a file, lists multiplied out. Raises PolicyProblems.

    `resources` are those of yett.toml; what the file itself says of a resource comes first.
    """
    try:
        written = msgspec.convert(tomllib.loads(text), CaseFile, strict=True)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PolicyProblems([_unreadable(name, text, str(error))]) from None
    places = [Place(name, text.count("\n", 0, match.start()) + 1, 1) for match in _CASE_LINE.finditer(text)]
    places += [Place(name, 1, 1)] * len(written.case)
    known = {**resources, **_resources(written)}
    problems: list[Problem] = []
    found: list[Case] = []
    for case, place in zip(written.case, places, strict=False):
        try:
            found += _multiplied(case, place, written, known)
        except Unreadable as error:
            problems.append(Problem(place, f'case "{case.name}": {error.message}', error.hint))
    if problems:
        raise PolicyProblems(problems)
    return found


def named_in(text: str) -> tuple[dict[str, Principal], dict[str, Resource]]:
    """Return the principals and resources that a case file's text names, or none where it cannot be read."""
    try:
        written = msgspec.convert(tomllib.loads(text), CaseFile, strict=True)
        principals = {name: _principal(one) for name, one in written.principals.items()}
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, Unreadable):
        return {}, {}
    return principals, _resources(written)


def _resources(written: CaseFile) -> dict[str, Resource]:
    return {name: Resource(name, one.protocol, one.env) for name, one in written.resources.items()}


def _multiplied(case: WrittenCase, place: Place, file: CaseFile, resources: Mapping[str, Resource]) -> Iterator[Case]:
    if bool(case.sql) == bool(case.effect):
        raise Unreadable("needs either `effect` (with a `target`) or `sql`")
    if case.resource not in resources:
        msg = f'no resource is called "{case.resource}"'
        raise Unreadable(msg, hint=did_you_mean(case.resource, resources))
    for who in _listed(case.principal):
        if who not in file.principals:
            msg = f"no [principals.{who}] in this file"
            raise Unreadable(msg, hint=did_you_mean(who, file.principals))
        principal = _principal(file.principals[who])
        for effect in _listed(case.effect) or [""]:
            for target in _listed(case.target) or [""]:
                yield Case(case, place, principal, resources[case.resource], effect, target)


def _listed(words: Words) -> list[str]:
    return words if isinstance(words, list) else [words] if words else []


def _principal(written: WrittenPrincipal) -> Principal:
    kind, issuer, subject = read_principal_key(written.id, written.kind)
    actor = None
    if written.on_behalf_of:
        actor_kind, actor_issuer, actor_subject = read_principal_key(written.on_behalf_of)
        actor = Principal(actor_kind, actor_issuer, actor_subject, actor_subject)
    claims: dict[str, Claim] = {k: tuple(v) if isinstance(v, list) else v for k, v in written.claims.items()}
    return Principal(
        kind=kind,
        issuer=issuer,
        subject=subject,
        name=written.name or subject,
        groups=frozenset(written.groups),
        roles=frozenset(written.roles),
        claims=claims,
        on_behalf_of=actor,
        method=written.method,
    )


def moment_of(case: WrittenCase) -> float | None:
    """Return the case's time in seconds since the epoch; a time without a zone is UTC."""
    if case.at is None:
        return None
    return (case.at if case.at.tzinfo else case.at.replace(tzinfo=UTC)).timestamp()


def _unreadable(name: str, text: str, said: str) -> Problem:
    line = re.search(r"at line (\d+)", said)
    index = re.search(r"\$\.case\[(\d+)\]", said)
    number = int(line[1]) if line else 1
    if index:
        starts = [match.start() for match in _CASE_LINE.finditer(text)]
        position = int(index[1])
        number = text.count("\n", 0, starts[position]) + 1 if position < len(starts) else 1
    unknown = re.search(r"unknown field `([^`]*)`", said)
    kinds = WrittenCase if index else WrittenPrincipal if ".principals" in said else CaseFile
    hint = did_you_mean(unknown[1], kinds.__struct_fields__) if unknown else ""
    return Problem(Place(name, number, 1), said, hint)
