"""What identity must remember: local principals, credentials, revocations, and providers' keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from yett.core.errors import YettError
from yett.core.principals import Claim, Principal, PrincipalKind
from yett.identity.credential import ScramVerifier
from yett.identity.keys import CachedKeys


class PrincipalExists(YettError):
    """A local principal of that name exists already."""

    code = "principal_exists"


@dataclass(frozen=True, slots=True)
class LocalPrincipal:
    """Somebody this gate itself knows. `groups` are plain names: as a principal's they begin with `local/`."""

    name: str
    kind: PrincipalKind
    groups: frozenset[str] = frozenset()
    claims: Mapping[str, Claim] = field(default_factory=dict)
    password_hash: str = field(default="", repr=False)
    created_at: float = 0.0
    disabled: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """A yett credential, without its secret.

    `principal` is set where it stands for somebody that a provider vouched for, as it was said then; a local
    principal is looked up anew each time. `login` groups credentials of one sign-in; `stands_on` is the token it was
    given for.
    """

    id: str
    issuer: str
    subject: str
    name: str
    digest: bytes = field(repr=False)
    scram: ScramVerifier = field(repr=False)
    issued_at: float
    expires_at: float
    login: str
    principal: Principal | None = None
    on_behalf_of: str = ""
    run: str = ""
    stands_on: str = ""
    note: str = ""


class RevocationKind(StrEnum):
    """What a revocation names."""

    SUBJECT = "subject"
    SESSION = "session"
    TOKEN = "token"  # noqa: S105  a word, not a secret


@dataclass(frozen=True, slots=True)
class Revocation:
    """A subject (`corp/123`), a login or a token that counts for nothing from now on, until it is lifted."""

    kind: RevocationKind
    value: str
    at: float
    reason: str = ""
    by: str = ""
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What was written after some revision; `revision` is the newest one that is included."""

    revision: int = 0
    principals: tuple[LocalPrincipal, ...] = ()
    credentials: tuple[Credential, ...] = ()
    revocations: tuple[Revocation, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.principals or self.credentials or self.revocations)


class IdentityStore(Protocol):
    """Where identity is kept. Every call may block; each write is durable when it returns, and gets a new revision."""

    def poll(self) -> bool:
        """Tell whether anyone may have written since the last call. Cheap enough for ten times a second."""
        ...

    def changes_since(self, revision: int) -> Changes:
        """Return what was written after `revision`; 0 returns everything."""
        ...

    def add_principal(self, record: LocalPrincipal) -> None:
        """Keep a new local principal; raises PrincipalExists unless the name is free or was removed."""
        ...

    def put_principal(self, record: LocalPrincipal) -> None:
        """Keep a local principal in place of what was known under its name."""
        ...

    def put_credential(self, record: Credential) -> None:
        """Keep a new credential."""
        ...

    def put_revocation(self, record: Revocation) -> None:
        """Keep a revocation, or its lifting."""
        ...

    def keep_keys(self, keys: CachedKeys) -> None:
        """Keep a provider's keys for a start without a network."""
        ...

    def kept_keys(self) -> tuple[CachedKeys, ...]:
        """Return the keys that were kept, one set per provider."""
        ...

    def prune(self, ended_before: float) -> int:
        """Forget credentials that ended before that time, with their revocations, and return how many."""
        ...


class MemoryIdentityStore:
    """An identity store that forgets everything with the process: for tests, and for nothing else."""

    def __init__(self) -> None:
        self._revision = 0
        self._seen = 0
        self._principals: dict[str, tuple[int, LocalPrincipal]] = {}
        self._credentials: dict[str, tuple[int, Credential]] = {}
        self._revocations: dict[tuple[RevocationKind, str], tuple[int, Revocation]] = {}
        self._keys: dict[str, CachedKeys] = {}

    def poll(self) -> bool:
        """Tell whether anyone has written since the last call."""
        changed = self._revision != self._seen
        self._seen = self._revision
        return changed

    def changes_since(self, revision: int) -> Changes:
        """Return what was written after `revision`."""
        return Changes(
            self._revision,
            tuple(one for at, one in self._principals.values() if at > revision),
            tuple(one for at, one in self._credentials.values() if at > revision),
            tuple(one for at, one in self._revocations.values() if at > revision),
        )

    def add_principal(self, record: LocalPrincipal) -> None:
        """Keep a new local principal."""
        known = self._principals.get(record.name)
        if known is not None and not known[1].removed:
            raise already_known(record.name)
        self.put_principal(record)

    def put_principal(self, record: LocalPrincipal) -> None:
        """Keep a local principal in place of what was known under its name."""
        self._principals[record.name] = (self._next(), record)

    def put_credential(self, record: Credential) -> None:
        """Keep a new credential."""
        self._credentials[record.id] = (self._next(), record)

    def put_revocation(self, record: Revocation) -> None:
        """Keep a revocation, or its lifting."""
        self._revocations[record.kind, record.value] = (self._next(), record)

    def keep_keys(self, keys: CachedKeys) -> None:
        """Keep a provider's keys."""
        self._keys[keys.provider] = replace(keys)

    def kept_keys(self) -> tuple[CachedKeys, ...]:
        """Return the keys that were kept."""
        return tuple(self._keys.values())

    def prune(self, ended_before: float) -> int:
        """Forget credentials that ended before that time."""
        ended = [name for name, (_, one) in self._credentials.items() if one.expires_at < ended_before]
        for name in ended:
            del self._credentials[name]
            self._revocations.pop((RevocationKind.TOKEN, name), None)
        return len(ended)

    def _next(self) -> int:
        self._revision += 1
        return self._revision


def already_known(name: str) -> PrincipalExists:
    """Return the error for a name that is taken."""
    return PrincipalExists(f"{name} exists already", hint=f"look at it: yett user show {name}")
