"""New policy files take the place of the old ones whole, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass

from yett.core.clock import Clock
from yett.policy.engine import PolicyEngine
from yett.policy.loading import load_policies, policy_version
from yett.policy.names import KnownNames
from yett.policy.problems import PolicyProblems, Problem
from yett.policy.schema import PolicySchema


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The files say what is already in force."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """`engine` takes over; `before` is the version that was in force."""

    engine: PolicyEngine
    before: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The files cannot be used; the engine in force stays. `problems` say what to put right."""

    problems: tuple[Problem, ...]


Reload = Unchanged | Replaced | Kept


def reload_policies(
    current: PolicyEngine,
    files: Mapping[str, str],
    schema: PolicySchema,
    *,
    known: KnownNames | None = None,
    clock: Clock | None = None,
) -> Reload:
    """Return what a snapshot of the policy folder (names to texts) means for the engine in force.

    A schema or known names that changed count as a change, though the files did not.
    """
    names = known or KnownNames()
    if policy_version(files) == current.version and (schema.text, names) == (current.schema.text, current.known):
        return Unchanged()
    try:
        engine = load_policies(files, schema, known=names, clock=clock)
    except PolicyProblems as found:
        return Kept(found.problems)
    return Replaced(engine, current.version)
