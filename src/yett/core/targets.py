"""What inside a resource an operation touches, and the effect it has there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


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


# These two are written out, as several are made for every name of a statement, and a frozen dataclass takes ten times
# as long to make. Their parts are final: nothing can set them once this is compiled.


class Target:
    """One thing inside a resource.

    `kind` is the policy entity type (`Resource`, `Schema`, `Table`, `Column`, `Function`, `Setting`,
    `Channel`, `File`, `Role` …: a protocol declares the ones it uses); `path` leads from the resource to the thing,
    outermost first, and is empty for the resource itself. `label` is set on labelled columns.
    """

    __slots__ = ("kind", "label", "path", "resource")

    def __init__(self, resource: str, kind: str = "Resource", path: tuple[str, ...] = (), label: str = "") -> None:
        self.resource: Final = resource
        self.kind: Final = kind
        self.path: Final = path
        self.label: Final = label

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Target)
            and self.path == other.path
            and self.kind == other.kind
            and self.label == other.label
            and self.resource == other.resource
        )

    def __hash__(self) -> int:
        return hash((self.resource, self.kind, self.path, self.label))

    def __repr__(self) -> str:
        return f"Target({self.resource!r}, {self.kind!r}, {self.path!r}, {self.label!r})"

    def labelled(self, label: str) -> "Target":
        """Return the same thing under this label."""
        return Target(self.resource, self.kind, self.path, label)

    @property
    def id(self) -> str:
        """Return the entity id: `orders/public.customers`, a part with a dot, slash or quote in double quotes."""
        if not self.path:
            return self.resource
        return f"{self.resource}/{'.'.join(quoted(part) for part in self.path)}"


class Access:
    """One effect on one target. Every access of an operation must be permitted.

    `instead` says how to ask for the same without this access, where the protocol knows; it tells no two apart.
    """

    __slots__ = ("effect", "instead", "target")

    def __init__(self, effect: Effect, target: Target, instead: str = "") -> None:
        self.effect: Final = effect
        self.target: Final = target
        self.instead: Final = instead

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Access) and self.effect == other.effect and self.target == other.target
        )

    def __hash__(self) -> int:
        return hash((self.effect, self.target))

    def __repr__(self) -> str:
        return f"Access({self.effect!r}, {self.target!r})"


def quoted(part: str) -> str:
    """Return `part` as one segment of a target id, quoted where it could be read as two."""
    if part and not any(c in part for c in './"'):
        return part
    return '"' + part.replace('"', '""') + '"'
