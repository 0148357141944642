"""Names that policies use of things outside them: resources, groups' providers, roles, approval flows."""

from collections.abc import Iterator
from dataclasses import dataclass

from cedarpy import pst

from yett.core.targets import TargetKind
from yett.policy.diagnosis import has_problems, never_in
from yett.policy.problems import Problem, did_you_mean
from yett.policy.reads import context_reads
from yett.policy.rules import Rule, approvals_named, walk
from yett.policy.schema import MEMBERSHIP_KINDS, PRINCIPAL_KINDS, RESOURCE_KIND, PolicySchema
from yett.policy.source import Chunk, Place, unquoted
from yett.policy.wording import path_of


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What the configuration declares. A field left None is not checked.

    `issuers` are the names before the slash in `Group::"corp/dba"` and `User::"corp/ana"`; `roles` are what can
    be asked for under `[access.*]`; `flows` are the approvals.
    """

    resources: frozenset[str] | None = None
    issuers: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    flows: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class NamedTarget:
    """A target inside a resource that a policy names, for a check against the resource's catalog."""

    kind: str
    id: str
    place: Place


def name_problems(rule: Rule, chunk: Chunk, schema: PolicySchema, known: KnownNames) -> Iterator[Problem]:
    """Yield a problem for every name in a policy that could never match anything declared."""
    for kind, name in _entities(rule):
        problem = _entity_problem(kind, name, schema, known)
        if problem:
            message, suggestion = problem
            yield Problem(entity_place(chunk, kind, name), message, suggestion)
    for flow in sorted(approvals_named(rule.tree)):
        if known.flows is not None and flow not in known.flows:
            message = f'unknown approval flow "{flow}"'
            yield Problem(_string_place(chunk, flow), message, did_you_mean(flow, known.flows, '"{}"'))
    yield from _literal_reads(rule, chunk)
    yield from _only_restricting(rule, chunk, schema)
    yield from has_problems(chunk, _asked_with_has(rule), schema)
    yield from filter(None, (never_in(chunk, side, kind, schema) for side, kind in _memberships(rule)))


def named_targets(rule: Rule, chunk: Chunk, schema: PolicySchema) -> Iterator[NamedTarget]:
    """Yield each target inside a resource that the policy names."""
    for kind, name in _entities(rule):
        if kind in schema.kinds and "/" in name:
            yield NamedTarget(kind, name, entity_place(chunk, kind, name))


def entity_place(chunk: Chunk, kind: str, name: str) -> Place:
    """Return where `Kind::"name"` stands in the policy."""
    for index, token in enumerate(chunk.tokens):
        if token.kind == "string" and unquoted(token) == name and chunk.tokens[index - 2].text == kind:
            return chunk.at(token)
    return _string_place(chunk, name)


def _entities(rule: Rule) -> list[tuple[str, str]]:
    return sorted({(str(node.type), node.id) for node in walk(rule.tree) if isinstance(node, pst.EntityUid)})


def _entity_problem(kind: str, name: str, schema: PolicySchema, known: KnownNames) -> tuple[str, str] | None:
    if kind == "Role" and not (kind in schema.kinds and "/" in name):
        return _unless_known("role", kind, name, name, known.roles)
    if kind in (*PRINCIPAL_KINDS, *MEMBERSHIP_KINDS) and kind not in schema.kinds:
        return _issuer_problem(kind, name, known)
    if kind == RESOURCE_KIND:
        return _unless_known("resource", kind, name, name, known.resources)
    if kind in schema.kinds:
        return _target_problem(schema.kinds[kind], name, schema, known)
    return None


def _issuer_problem(kind: str, name: str, known: KnownNames) -> tuple[str, str] | None:
    issuer, slash, rest = name.partition("/")
    if not slash or not rest:
        return f'{kind}::"{name}" lacks its provider and could never match', f'write {kind}::"<provider>/{name}"'
    return _unless_known("identity provider", kind, name, issuer, known.issuers)


def _target_problem(kind: TargetKind, name: str, schema: PolicySchema, known: KnownNames) -> tuple[str, str] | None:
    resource, slash, rest = name.partition("/")
    if not slash or not rest:
        return f'{kind.name}::"{name}" lacks its resource and could never match', f'write "<resource>/{name}"'
    depths = schema.depths.get(kind.name, frozenset())
    if len(depths) == 1 and len(path_of(rest)) not in depths:
        form = f"{resource}/{_form(kind, schema)}"
        return f'{kind.name}::"{name}" has not the parts of a {kind.name} and could never match', f'write "{form}"'
    return _unless_known("resource", kind.name, name, resource, known.resources)


def _form(kind: TargetKind, schema: PolicySchema) -> str:
    names, current = [kind.name.lower()], kind
    while current.parents[0] != RESOURCE_KIND:
        current = schema.kinds[current.parents[0]]
        names.append(current.name.lower())
    return ".".join(reversed(names))


def _unless_known(what: str, kind: str, name: str, word: str, known: frozenset[str] | None) -> tuple[str, str] | None:
    if known is None or word in known:
        return None
    return f'unknown {what} "{word}" in {kind}::"{name}"', did_you_mean(word, known, '"{}"')


def _asked_with_has(rule: Rule) -> Iterator[tuple[str, str]]:
    for node in walk(rule.tree):
        if isinstance(node, pst.HasAttr):
            where = _dotted(node.base)
            for attr in node.attrs:
                if where:
                    yield where, attr
                where = f"{where}.{attr}" if where else ""


def _dotted(expr: pst.Expr) -> str:
    match expr:
        case pst.Var(name=name):
            return name
        case pst.GetAttr(base=base, attr=attr):
            below = _dotted(base)
            return f"{below}.{attr}" if below else ""
        case _:
            return ""


def _literal_reads(rule: Rule, chunk: Chunk) -> Iterator[Problem]:
    """Yield a problem for each attribute asked of an entity by name: only the request's own are there to be read."""
    for node in walk(rule.tree):
        match node:
            case pst.GetAttr(base=pst.EntityLit(uid)) | pst.HasAttr(base=pst.EntityLit(uid)):
                message = (
                    f"attributes of {uid} cannot be read here: only those of the principal and resource asked about"
                )
                yield Problem(entity_place(chunk, str(uid.type), uid.id), message, "read resource.… or principal.…")


def _only_restricting(rule: Rule, chunk: Chunk, schema: PolicySchema) -> Iterator[Problem]:
    """Yield a problem where a permit looks at what may only restrict.

    Clients may name any run; and what somebody did before gives nobody a right to it.
    """
    read = context_reads([rule], schema).context if rule.permits else frozenset[str]()
    for name, words in (("run", "a run can only restrict"), ("novel", "having done it before gives no right to it")):
        if name in read:
            token = next((t for t in chunk.tokens if t.text in (name, "context")), chunk.tokens[0])
            yield Problem(chunk.at(token), f"{words}, so a permit must not look at context.{name}", "use a forbid")


def _memberships(rule: Rule) -> Iterator[tuple[str, str]]:
    for node in walk(rule.tree):
        match node:
            case pst.BinaryOp(op="in", left=pst.Var(name="principal" | "resource" as side), right=pst.EntityLit(uid)):
                yield side, str(uid.type)


def _string_place(chunk: Chunk, text: str) -> Place:
    token = next((t for t in chunk.tokens if t.kind == "string" and unquoted(t) == text), None)
    return chunk.at(token) if token else chunk.head
