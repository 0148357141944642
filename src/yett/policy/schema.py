"""What policies may speak of: the Cedar schema, generated from what the protocols declare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cedarpy import Schema

from yett.core.errors import ConfigError
from yett.core.targets import Effect, TargetKind

PRINCIPAL_KINDS = ("User", "Agent", "Service")
MEMBERSHIP_KINDS = ("Group", "Role")
RESOURCE_KIND = "Resource"
ACTIONS = tuple(effect for effect in Effect if effect is not Effect.UNKNOWN)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class ValueType(StrEnum):
    """The type of a declared claim or fact. Something declared but absent reads as "", 0, false or the empty set."""

    STRING = "string"
    LONG = "long"
    BOOL = "bool"
    SET = "set"


_CEDAR_TYPES = {
    ValueType.STRING: "String",
    ValueType.LONG: "Long",
    ValueType.BOOL: "Bool",
    ValueType.SET: "Set<String>",
}
_PRINCIPAL_ATTRIBUTES = {
    "issuer": "String",
    "subject": "String",
    "name": "String",
    "kind": "String",
    "method": "String",
    "on_behalf_of": "String",
}
_TARGET_ATTRIBUTES = {"resource": "String", "env": "String", "name": "String", "label": "String"}
_CONTEXT_ATTRIBUTES = {
    "approvals": "Set<String>",
    "client_address": "ipaddr",
    "tls": "Bool",
    "program": "String",
    "run": "String",
    "now": "datetime",
    "hour": "Long",
    "weekday": "String",
    "novel": "Bool",
}
_OPERATION_ATTRIBUTES = {"protocol": ValueType.STRING, "kind": ValueType.STRING}


@dataclass(frozen=True, slots=True)
class PolicySchema:
    """The generated schema: its text, Cedar's parsed form, and the names it knows.

    `kinds` are the declared target kinds by name, without `Resource`; `facts` are the attributes of
    `context.operation` and `claims` those of `principal.claims`, both by name.
    """

    text: str
    cedar: Schema
    kinds: Mapping[str, TargetKind]
    facts: Mapping[str, ValueType]
    claims: Mapping[str, ValueType]
    depths: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @property
    def entity_types(self) -> frozenset[str]:
        """Return every entity type that a policy may name."""
        return frozenset((*PRINCIPAL_KINDS, *MEMBERSHIP_KINDS, RESOURCE_KIND, "Action", *self.kinds))

    @property
    def target_types(self) -> frozenset[str]:
        """Return the entity types that stand on the `resource` side of a policy."""
        return frozenset((RESOURCE_KIND, *self.kinds))

    @property
    def attributes(self) -> Mapping[str, frozenset[str]]:
        """Return the attribute names known under each place a policy can read."""
        return {
            "principal": frozenset((*_PRINCIPAL_ATTRIBUTES, "claims")),
            "principal.claims": frozenset(self.claims),
            "resource": frozenset(_TARGET_ATTRIBUTES),
            "context": frozenset((*_CONTEXT_ATTRIBUTES, "operation")),
            "context.operation": frozenset(self.facts),
        }

    def applies(self, effect: Effect, kind: str) -> bool:
        """Return whether `effect` is an action that can be asked of a target of this kind."""
        if effect is Effect.UNKNOWN:
            return False
        declared = self.kinds.get(kind)
        return effect in declared.effects if declared else kind == RESOURCE_KIND


def build_schema(
    kinds: Iterable[TargetKind],
    facts: Mapping[str, ValueType] | None = None,
    claims: Mapping[str, ValueType] | None = None,
) -> PolicySchema:
    """Return the schema for these target kinds, operation facts and configured claims.

    A kind that two protocols declare must be declared alike, and must lead up to `Resource`.
    Raises ConfigError with code `policy_schema_invalid`.
    """
    by_name = _by_name(kinds)
    all_facts = {**_OPERATION_ATTRIBUTES, **(facts or {})}
    all_claims = dict(claims or {})
    depths = {name: _depths(name, by_name, ()) for name in by_name}
    text = _render(by_name, all_facts, all_claims)
    try:
        cedar = Schema.from_str(text)
    except ValueError as error:
        msg = f"the generated schema is not valid Cedar: {error}"
        raise _invalid(msg) from error
    return PolicySchema(text, cedar, by_name, all_facts, all_claims, depths)


def _invalid(message: str) -> ConfigError:
    return ConfigError(message, code="policy_schema_invalid")


def _by_name(kinds: Iterable[TargetKind]) -> dict[str, TargetKind]:
    found: dict[str, TargetKind] = {}
    for kind in kinds:
        if kind.name == RESOURCE_KIND:
            continue
        if not kind.name.isidentifier() or kind.name in (*PRINCIPAL_KINDS, "Group", "Action"):
            msg = f"a target kind cannot be called {kind.name!r}"
            raise _invalid(msg)
        if found.setdefault(kind.name, kind) != kind:
            msg = f"two protocols declare the target kind {kind.name} differently"
            raise _invalid(msg)
    return found


def _depths(name: str, kinds: Mapping[str, TargetKind], seen: tuple[str, ...]) -> frozenset[int]:
    """Return how many path segments a target of this kind can have: one more than each parent has."""
    if name == RESOURCE_KIND:
        return frozenset({0})
    if name not in kinds or name in seen or not kinds[name].parents:
        msg = f"the parents of target kind {seen[0] if seen else name} do not lead to {RESOURCE_KIND}"
        raise _invalid(msg)
    below = [_depths(parent, kinds, (*seen, name)) for parent in kinds[name].parents]
    return frozenset(depth + 1 for depths in below for depth in depths)


def _render(kinds: Mapping[str, TargetKind], facts: Mapping[str, ValueType], claims: Mapping[str, ValueType]) -> str:
    parts = [
        "// Generated by `yett policy schema`: what Cedar policies for this gate may name.\n",
        *_principal_entities(claims, role_is_target="Role" in kinds),
        "// A catalogue entry: something that may be reached.",
        f"entity {RESOURCE_KIND} = {_record(_TARGET_ATTRIBUTES)};\n",
    ]
    for kind in kinds.values():
        parts.append(f"// {_one_line(kind.summary)}")
        parts.append(f"entity {kind.name} in [{', '.join(kind.parents)}] = {_record(_TARGET_ATTRIBUTES)};\n")
    parts.append(f"type Context = {_record(_context(facts))};\n")
    parts.extend(_action(effect, kinds) for effect in ACTIONS)
    return "\n".join(parts) + "\n"


def _principal_entities(claims: Mapping[str, ValueType], *, role_is_target: bool) -> list[str]:
    attributes = {**_PRINCIPAL_ATTRIBUTES, "claims": _record({k: _CEDAR_TYPES[v] for k, v in claims.items()})}
    return [
        '// Groups carry their issuer: Group::"corp/dba".',
        "entity Group;",
        *([] if role_is_target else ["// Roles are held for a while, by approval.", "entity Role;"]),
        f"entity {', '.join(PRINCIPAL_KINDS)} in [{', '.join(MEMBERSHIP_KINDS)}] = {_record(attributes)};\n",
    ]


def _context(facts: Mapping[str, ValueType]) -> dict[str, str]:
    return {**_CONTEXT_ATTRIBUTES, "operation": _record({name: _CEDAR_TYPES[kind] for name, kind in facts.items()})}


def _action(effect: Effect, kinds: Mapping[str, TargetKind]) -> str:
    targets = [RESOURCE_KIND, *(kind.name for kind in kinds.values() if effect in kind.effects)]
    return (
        f'action "{effect.value}" appliesTo {{ principal: [{", ".join(PRINCIPAL_KINDS)}], '
        f"resource: [{', '.join(targets)}], context: Context }};"
    )


def _record(attributes: Mapping[str, str]) -> str:
    inner = ", ".join(f"{_key(name)}: {kind}" for name, kind in attributes.items())
    return f"{{ {inner} }}" if inner else "{}"


def _key(name: str) -> str:
    if name.isascii() and name.isidentifier():
        return name
    if any(ord(c) < 0x20 or c in '"\\' for c in name):
        msg = f"a claim or fact cannot be called {name!r}"
        raise _invalid(msg)
    return f'"{name}"'


def _one_line(text: str) -> str:
    return " ".join(text.split())
