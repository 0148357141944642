"""What the policies of this gate stand in: the generated schema, and the names that yett.toml declares."""

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from yett.config.loading import Config
from yett.config.protocols import known_protocols
from yett.core.clock import Clock
from yett.core.targets import Resource, TargetKind
from yett.policy.engine import PolicyEngine
from yett.policy.loading import load_policies
from yett.policy.names import KnownNames
from yett.policy.schema import PolicySchema, ValueType, build_schema

GATE_ISSUERS = frozenset({"local", "mtls"})
_FACT_TYPES: Mapping[type, ValueType] = {str: ValueType.STRING, int: ValueType.LONG, bool: ValueType.BOOL}


@dataclass(frozen=True, slots=True)
class PolicyWorld:
    """The policies' folder, the schema they are checked against, and the names they may use."""

    folder: Path
    schema: PolicySchema
    known: KnownNames
    resources: Mapping[str, Resource]

    def load(self, clock: Clock | None = None) -> PolicyEngine:
        """Return the engine for the folder's policies. Raises PolicyProblems."""
        return load_policies(self.folder, self.schema, known=self.known, clock=clock)


def policy_world(config: Config | None, folder: Path | None = None) -> PolicyWorld:
    """Return the world of a configuration; without one, every known protocol's kinds and no names to check against."""
    if config is None:
        return PolicyWorld(folder or Path("policies"), schema_for(known_protocols()), KnownNames(), {})
    settings = config.settings
    protocols = {one.protocol for one in settings.resources.values()} or known_protocols()
    resources = {name: Resource(name, one.protocol, one.env) for name, one in settings.resources.items()}
    issuers = frozenset(settings.identity.oidc) | GATE_ISSUERS
    known = KnownNames(resources=frozenset(resources), issuers=issuers)
    return PolicyWorld(folder or config.policies, schema_for(protocols, _claims(config)), known, resources)


def schema_for(protocols: Iterable[str], claims: Mapping[str, ValueType] | None = None) -> PolicySchema:
    """Return the policy schema over everything that these protocols declare."""
    kinds: list[TargetKind] = []
    facts: dict[str, ValueType] = {}
    for protocol in sorted(protocols):
        own_kinds, own_facts = _declared(protocol)
        kinds += own_kinds
        facts |= own_facts
    return build_schema(kinds, facts, claims)


def _claims(config: Config) -> dict[str, ValueType]:
    """Return the claims that a provider maps: texts, unless `[policies] claims` gives another type."""
    settings = config.settings
    mapped = sorted({name for provider in settings.identity.oidc.values() for name in provider.claims})
    typed = {name: ValueType(kind) for name, kind in getattr(settings.policies, "claims", {}).items()}
    return {**dict.fromkeys(mapped, ValueType.STRING), **typed}


def _declared(protocol: str) -> tuple[tuple[TargetKind, ...], dict[str, ValueType]]:
    """Return what a protocol's `target_kinds` module declares: TARGET_KINDS, and FACTS by name and Python type."""
    for name in (f"yett.protocols.{protocol}.target_kinds", f"yett.protocols.{protocol}.catalog.target_kinds"):
        if _exists(name):
            module = importlib.import_module(name)
            facts = {fact: _FACT_TYPES[kind] for fact, kind in getattr(module, "FACTS", {}).items()}
            return tuple(module.TARGET_KINDS), facts
    return (), {}


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
