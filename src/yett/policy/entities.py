"""Principals and targets as Cedar sees them: plain entities with their attributes and parents."""

import ipaddress
from collections.abc import Mapping

from yett.core.principals import Claim, Principal
from yett.core.sessions import Session
from yett.core.targets import Resource, Target
from yett.policy.schema import RESOURCE_KIND, PolicySchema, ValueType

TypeAndId = tuple[str, str]
Json = dict[str, object]

_ABSENT: Mapping[ValueType, object] = {
    ValueType.STRING: "",
    ValueType.LONG: 0,
    ValueType.BOOL: False,
    ValueType.SET: (),
}
_LONG_MAX = 2**63 - 1


def fitting(value: object, kind: ValueType) -> object:
    """Return `value` as its declared type, the type's empty value for None, or None where it has another type.

    One text stands for a set of one. What has another type is not shown to Cedar at all, so that a policy that
    reads it fails, and so denies.
    """
    if value is None:
        return _ABSENT[kind]
    match kind:
        case ValueType.STRING:
            return str(value) if isinstance(value, str) else None
        case ValueType.BOOL:
            return value if isinstance(value, bool) else None
        case ValueType.LONG:
            is_long = isinstance(value, int) and not isinstance(value, bool) and -_LONG_MAX <= value <= _LONG_MAX
            return value if is_long else None
        case ValueType.SET:
            value = (value,) if isinstance(value, str) else value
            is_set = isinstance(value, tuple) and all(isinstance(item, str) for item in value)
            return value if is_set else None


def principal_entity(principal: Principal, schema: PolicySchema) -> Json:
    """Return the principal with its groups and roles as parents; it holds all that policies can read of it."""
    actor = principal.on_behalf_of
    return {
        "uid": uid(principal.kind.value, principal.key),
        "attrs": {
            "issuer": principal.issuer,
            "subject": principal.subject,
            "name": principal.name,
            "kind": principal.kind.value,
            "method": principal.method,
            "on_behalf_of": actor.key if actor else "",
            "claims": _claims(principal.claims, schema),
        },
        "parents": [
            *(uid("Group", name) for name in sorted(principal.groups)),
            *(uid("Role", name) for name in sorted(principal.roles)),
        ],
    }


def target_entities(target: Target, resource: Resource, schema: PolicySchema) -> list[Json]:
    """Return the target and everything above it, up to its resource. Only the target itself carries its label."""
    found: dict[TypeAndId, Json] = {}
    _add(found, target.kind, target, resource, schema)
    return list(found.values())


def above(target: Target, schema: PolicySchema) -> frozenset[TypeAndId]:
    """Return type and id of the target and of everything it lies in."""
    found = {(target.kind, target.id)}
    for parent in _parents(target.kind, target, schema):
        found |= above(parent, schema)
    return frozenset(found)


def stable_context(session: Session) -> Json:
    """Return what `context` says of a session as long as it lives; an address that is none is left out."""
    client = session.client
    facts: Json = {"tls": client.tls, "program": client.program, "run": session.principal.run or ""}
    address = plain_address(client.address)
    if address:
        facts["client_address"] = {"__extn": {"fn": "ip", "arg": address}}
    return facts


def plain_address(address: str) -> str:
    """Return an IP address in its plainest form, or "" where there is none.

    A Unix socket counts as loopback. An IPv4 address written in IPv6 (`::ffff:10.0.0.1`) is that IPv4 address, so
    that it cannot step around a range.
    """
    if not address or address.startswith(("/", "@")):
        return "127.0.0.1"
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def uid(kind: str, name: str) -> dict[str, str]:
    """Return an entity's type and id, in the form that needs no escaping."""
    return {"type": kind, "id": name}


def _claims(claims: Mapping[str, Claim], schema: PolicySchema) -> Json:
    fitted = {name: fitting(claims.get(name), kind) for name, kind in schema.claims.items()}
    return {name: value for name, value in fitted.items() if value is not None}


def _add(found: dict[TypeAndId, Json], kind: str, target: Target, resource: Resource, schema: PolicySchema) -> None:
    parents = _parents(kind, target, schema)
    attributes = {
        "resource": resource.name,
        "env": resource.env,
        "name": target.path[-1] if target.path else resource.name,
        "label": target.label,
    }
    found[kind, target.id] = {
        "uid": uid(kind, target.id),
        "attrs": attributes,
        "parents": [uid(parent.kind, parent.id) for parent in parents],
    }
    for parent in parents:
        if (parent.kind, parent.id) not in found:
            _add(found, parent.kind, parent, resource, schema)


def _parents(kind: str, target: Target, schema: PolicySchema) -> list[Target]:
    if kind == RESOURCE_KIND:
        return []
    above = target.path[:-1]
    top = Target(target.resource)
    parents = (parent if above else RESOURCE_KIND for parent in schema.kinds[kind].parents)
    found = (top if parent == RESOURCE_KIND else Target(target.resource, parent, above) for parent in parents)
    return list(dict.fromkeys(found))
