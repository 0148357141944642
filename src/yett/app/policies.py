"""Loads the policies against the schema that the configured protocols declare, and keeps them current."""

import asyncio
import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping

from yett.config import Config
from yett.core.clock import Clock
from yett.core.errors import YettError
from yett.core.targets import TargetKind
from yett.interceptors.authorize import PolicyInForce
from yett.policy.engine import PolicyEngine
from yett.policy.loading import load_policies, read_policy_folder
from yett.policy.names import KnownNames
from yett.policy.problems import PolicyProblems, Problem
from yett.policy.reload import Kept, Reload, Replaced, Unchanged, reload_policies
from yett.policy.schema import PolicySchema, ValueType, build_schema
from yett.policy.source import Place

GATE_ISSUERS = frozenset({"local", "mtls"})
"""Issuers that every gate has, beside its providers."""

_POLL_SECONDS = 1.0
_TYPES = {str: ValueType.STRING, int: ValueType.LONG, bool: ValueType.BOOL}


def policy_schema(config: Config) -> PolicySchema:
    """Return the Cedar schema of a configuration: its protocols' kinds and facts, its providers' claims."""
    settings = config.settings
    kinds: list[TargetKind] = []
    facts: dict[str, ValueType] = {}
    for protocol in sorted({one.protocol for one in settings.resources.values()}):
        declared_kinds, declared_facts = declarations(protocol)
        kinds += declared_kinds
        facts |= declared_facts
    named = sorted({name for provider in settings.identity.oidc.values() for name in provider.claims})
    typed = {name: ValueType(kind) for name, kind in settings.policies.claims.items()}
    return build_schema(kinds, facts, {**dict.fromkeys(named, ValueType.STRING), **typed})


def declarations(protocol: str) -> tuple[Iterable[TargetKind], Mapping[str, ValueType]]:
    """Return what a protocol declares in its `target_kinds` module: TARGET_KINDS, and FACTS by name."""
    for name in (f"yett.protocols.{protocol}.target_kinds", f"yett.protocols.{protocol}.catalog.target_kinds"):
        if importlib.util.find_spec(name):
            module = importlib.import_module(name)
            return module.TARGET_KINDS, {fact: _TYPES[kind] for fact, kind in getattr(module, "FACTS", {}).items()}
    return (), {}


def known_names(config: Config) -> KnownNames:
    """Return the names that policies may use because yett.toml defines them."""
    settings = config.settings
    return KnownNames(
        frozenset(settings.resources),
        frozenset(settings.identity.oidc) | GATE_ISSUERS,
        roles=frozenset(settings.access),
        flows=frozenset(settings.approvals),
    )


def load_engine(config: Config, clock: Clock) -> PolicyEngine:
    """Return the engine for the configured folder. Raises PolicyProblems with file, line and suggestion."""
    return load_policies(config.policies, policy_schema(config), known=known_names(config), clock=clock)


class PolicyWatch:
    """Puts changed policy files in force while sessions stay open; what cannot be used leaves the old version in force.

    `problem` is empty while the files say what is in force.
    """

    def __init__(
        self, config: Config, policy: PolicyInForce, clock: Clock, on_reload: Callable[[Reload], None]
    ) -> None:
        self._config = config
        self._policy = policy
        self._clock = clock
        self._on_reload = on_reload
        self._schema = policy.engine.schema
        self._seen: object = self._stamp()
        self.problem = ""

    async def follow(self) -> None:
        """Look for changes about once a second, as long as the gate runs."""
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            stamp = await asyncio.to_thread(self._stamp)
            if stamp != self._seen:
                self._seen = stamp
                await self.reload()

    async def reload(self) -> None:
        """Read the files now; parsing runs beside the event loop."""
        outcome = await asyncio.to_thread(self._outcome)
        if isinstance(outcome, Replaced):
            self._policy.swap(outcome.engine)
        if isinstance(outcome, Kept):
            self.problem = str(outcome.problems[0])
        else:
            self.problem = ""
        if not isinstance(outcome, Unchanged):
            self._on_reload(outcome)

    def _outcome(self) -> Reload:
        try:
            files = read_policy_folder(self._config.policies)
            names = known_names(self._config)
            return reload_policies(self._policy.engine, files, self._schema, known=names, clock=self._clock)
        except PolicyProblems as found:
            return Kept(found.problems)
        except (YettError, ValueError, RecursionError) as fault:
            # Whatever is wrong with the files, the version in force stays.
            place = Place(str(self._config.policies), 1, 1)
            return Kept((Problem(place, f"the policies cannot be read: {type(fault).__name__}"),))

    def _stamp(self) -> object:
        """Return what changes whenever a file is written, added or removed."""
        try:
            entries = sorted(self._config.policies.glob("*.cedar"))
            return tuple((one.name, (found := one.stat()).st_mtime_ns, found.st_size, found.st_ino) for one in entries)
        except OSError as error:
            return type(error).__name__
