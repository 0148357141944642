"""Which facts of a request the policies look at: nothing else can change a decision, so nothing else is its key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cedarpy import pst

from yett.policy.rules import Rule
from yett.policy.schema import PolicySchema


@dataclass(frozen=True, slots=True)
class Reads:
    """The attributes of `context`, and of `context.operation`, that some policy reads.

    Only these are ever shown to Cedar: should this analysis miss one, the policy that reads it fails, and a
    failing policy is a deny.
    """

    context: frozenset[str]
    facts: frozenset[str]

    @property
    def time(self) -> bool:
        """Return whether a decision can change from one moment to the next."""
        return "now" in self.context


def context_reads(rules: Iterable[Rule], schema: PolicySchema) -> Reads:
    """Return what these policies read of the context; one that uses it whole reads all of it."""
    context: set[str] = set()
    facts: set[str] = set()
    for path in (path for rule in rules for path in _paths(rule.tree)):
        known = schema.attributes["context"]
        context |= {path[0]} & known if path else known
        if not path or path[0] == "operation":
            facts |= {path[1]} if len(path) > 1 else set(schema.facts)
    return Reads(frozenset(context), frozenset(facts))


def _paths(node: object) -> Iterator[tuple[str, ...]]:
    """Yield, for every use of `context`, the attributes followed from it: `("operation", "kind")`, or () for all."""
    stack: list[object] = [node]
    while stack:
        value = stack.pop()
        path = _path(value)
        if path is not None:
            yield path
        elif isinstance(value, pst.HasAttr) and (below := _path(value.base)) is not None:
            yield (*below, *value.attrs)
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, tuple):
            stack.extend(value)
        elif type(value).__module__ == pst.__name__:
            stack.extend(getattr(value, name) for name in value.__dataclass_fields__)  # type: ignore[attr-defined]  # every node of cedar's tree is a dataclass


def _path(node: object) -> tuple[str, ...] | None:
    match node:
        case pst.Var(name="context"):
            return ()
        case pst.GetAttr(base=base, attr=attr):
            below = _path(base)
            return None if below is None else (*below, attr)
        case _:
            return None
