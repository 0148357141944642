"""What inside a resource an operation touches, and the effect it has there."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What kind of act it is. `unknown` is what could not be understood: the default rule denies it."""

    CONNECT = "connect"
    READ = "read"
    WRITE = "write"
    DEFINE = "define"
    EXECUTE = "execute"
    ADMINISTER = "administer"
    GENERATE = "generate"
    MATCH = "match"
    FILTER = "filter"
    UNMASK = "unmask"
    REPLAY = "replay"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TargetKind:
    """A policy entity type that a protocol declares: where it hangs in the hierarchy, and which effects reach it."""

    name: str
    parents: tuple[str, ...]
    effects: tuple[Effect, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A catalogue entry: something that may be reached. `env` is `prod`, `staging`, `dev`, or the owner's own word."""

    name: str
    protocol: str
    env: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing inside a resource.

    `kind` is the policy entity type (`Resource`, `Schema`, `Table`, `Column`, `Function`, `Setting`,
    `Channel`, `File`, `Role` …: a protocol declares the ones it uses); `path` leads from the resource to the thing,
    outermost first, and is empty for the resource itself. `label` is set on labelled columns.
    """

    resource: str
    kind: str = "Resource"
    path: tuple[str, ...] = ()
    label: str = ""

    @property
    def id(self) -> str:
        """Return the entity id: `orders/public.customers`, a part with a dot, slash or quote in double quotes."""
        if not self.path:
            return self.resource
        return f"{self.resource}/{'.'.join(quoted(part) for part in self.path)}"


@dataclass(frozen=True, slots=True)
class Access:
    """One effect on one target. Every access of an operation must be permitted."""

    effect: Effect
    target: Target


def quoted(part: str) -> str:
    """Return `part` as one segment of a target id, quoted where it could be read as two."""
    if part and not any(c in part for c in './"'):
        return part
    return '"' + part.replace('"', '""') + '"'
