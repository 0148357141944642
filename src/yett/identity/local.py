"""Local people, agents and services, and the credentials given to them: what `yett user` and `yett token` do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from yett.core.clock import Clock
from yett.core.errors import AuthenticationFailed, YettError
from yett.core.principals import Claim, Principal, PrincipalKind
from yett.core.secret import Secret
from yett.identity.credential import make_credential, user_name
from yett.identity.directory import Directory
from yett.identity.passwords import hash_password, password_fits
from yett.identity.refusals import refusal
from yett.identity.revocation import LOCAL, Revocations
from yett.identity.settings import LocalSettings
from yett.identity.store import Credential, IdentityStore, LocalPrincipal, Revocation, RevocationKind

_ID = re.compile(r"[0-9a-z]{26}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class PrincipalUnfit(YettError):
    """A local principal can't be made or changed as asked."""

    code = "principal_unfit"


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """A credential as it is handed over, once."""

    id: str
    text: Secret
    user: str
    principal: Principal
    expires_at: float


class LocalIdentity:
    """Changes the local directory and issues credentials. Blocks: the command line calls it, and threads."""

    def __init__(self, store: IdentityStore, settings: LocalSettings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self.directory = Directory()
        self.revocations = Revocations()

    def load(self) -> None:
        """Read everything that was written since the last time."""
        changes = self._store.changes_since(self.directory.revision)
        self.directory.apply(changes)
        self.revocations.apply(changes.revocations, self.directory.credentials)

    def add(
        self,
        name: str,
        kind: PrincipalKind,
        groups: frozenset[str] = frozenset(),
        claims: Mapping[str, Claim] | None = None,
        password: Secret | None = None,
    ) -> LocalPrincipal:
        """Make a local principal. Raises PrincipalUnfit, PrincipalExists or PasswordUnfit."""
        if not _NAME.fullmatch(name):
            message = f'"{name}" cannot be a name'
            raise PrincipalUnfit(message, hint="use a-z, 0-9, dot, - and _, at most 63 characters")
        if password is not None and kind is not PrincipalKind.USER:
            raise PrincipalUnfit("only people have passwords", hint="issue a credential instead: yett token issue")
        record = LocalPrincipal(
            name=name,
            kind=kind,
            groups=checked_groups(groups),
            claims=claims or {},
            password_hash=hash_password(password) if password is not None else "",
            created_at=self._clock.now(),
        )
        self._store.add_principal(record)
        self.load()
        return record

    def get(self, name: str) -> LocalPrincipal:
        """Return a local principal; raises PrincipalUnfit when there is none."""
        self.load()
        record = self.directory.record(name)
        if record is None:
            message = f"there is no local principal called {name}"
            raise PrincipalUnfit(message, hint="yett user list shows all of them", code="principal_unknown")
        return record

    def change(self, record: LocalPrincipal) -> None:
        """Keep a changed local principal. Its open sessions end where groups, claims or kind differ."""
        self._store.put_principal(replace(record, groups=checked_groups(record.groups)))
        self.load()

    def set_password(self, name: str, password: Secret) -> None:
        """Give a person a new password; what was issued for the old one stays until it is revoked."""
        record = self.get(name)
        if record.kind is not PrincipalKind.USER:
            raise PrincipalUnfit("only people have passwords", hint="issue a credential instead: yett token issue")
        self.change(replace(record, password_hash=hash_password(password)))

    def remove(self, name: str, by: str = "") -> None:
        """Remove a local principal for good. Its credentials never count again, even if the name is used anew."""
        record = self.get(name)
        for credential in self.directory.credentials:
            if credential.issuer == LOCAL and name in {credential.subject, credential.on_behalf_of}:
                self._store.put_revocation(
                    Revocation(RevocationKind.TOKEN, credential.id, self._clock.now(), f"{name} was removed", by)
                )
        self._store.put_principal(replace(record, removed=True, password_hash=""))
        self.load()

    def sign_in(self, name: str, password: Secret) -> Principal:
        """Return the person whose password it is; raises AuthenticationFailed, always in the same words and time."""
        self.load()
        record = self.directory.record(name)
        fits = password_fits(password, record.password_hash if record else "")
        if record is None or not fits:
            raise refusal("password_wrong")
        principal = self.directory.principal(name)
        code = self.revocations.find(principal)
        if code is not None:
            raise refusal(code)
        return principal

    def issue(
        self,
        principal: Principal,
        lifetime: float | None = None,
        *,
        on_behalf_of: str = "",
        run: str = "",
        note: str = "",
    ) -> IssuedCredential:
        """Give a credential for a principal that is verified, or that an operator of this gate named.

        It ends no later than the token that the principal stands on. Raises PrincipalUnfit for a lifetime that the
        settings don't allow, and AuthenticationFailed for somebody who is disabled or revoked.
        """
        self.load()
        self._check_may_issue(principal, on_behalf_of)
        now = self._clock.now()
        expires_at = now + self._lifetime(principal, lifetime)
        if principal.expires_at is not None:
            expires_at = min(expires_at, principal.expires_at)
        new = make_credential(now)
        local = principal.issuer == LOCAL
        credential = Credential(
            id=new.id,
            issuer=principal.issuer,
            subject=principal.subject,
            name=principal.name,
            digest=new.digest,
            scram=new.scram,
            issued_at=now,
            expires_at=expires_at,
            login=principal.session_key or f"{LOCAL}/{new.id}",
            principal=None if local else principal,
            on_behalf_of=on_behalf_of or (principal.on_behalf_of.subject if local and principal.on_behalf_of else ""),
            run=run,
            stands_on=principal.token_id,
            note=note,
        )
        self._store.put_credential(credential)
        self.load()
        user = user_name(principal.name, new.id)
        return IssuedCredential(new.id, new.text, user, self.directory.standing(credential), expires_at)

    def revoke(self, kind: RevocationKind, value: str, reason: str = "", by: str = "") -> Revocation:
        """End a subject's, a login's or a token's every right, at once. Raises PrincipalUnfit for an empty name."""
        value = _named(kind, value)
        revocation = Revocation(kind, value, self._clock.now(), reason, by)
        self._store.put_revocation(revocation)
        self.load()
        return revocation

    def lift(self, kind: RevocationKind, value: str) -> bool:
        """Take a revocation back; returns False when there is none."""
        self.load()
        value = _named(kind, value)
        found = [one for one in self.revocations.in_force() if (one.kind, one.value) == (kind, value)]
        for one in found:
            self._store.put_revocation(replace(one, lifted=True, at=self._clock.now()))
        self.load()
        return bool(found)

    def counts(self, credential: Credential) -> bool:
        """Tell whether a credential, were it shown and not past its time, would be accepted."""
        try:
            one: Principal | None = self.directory.standing(credential)
        except AuthenticationFailed:
            return False
        while one is not None:
            if self.revocations.find(one) is not None:
                return False
            one = one.on_behalf_of
        return True

    def _check_may_issue(self, principal: Principal, on_behalf_of: str) -> None:
        if on_behalf_of and principal.kind is PrincipalKind.USER:
            raise PrincipalUnfit("a person acts for nobody else", hint="issue it to an agent")
        chain = [principal, *([self.directory.principal(on_behalf_of)] if on_behalf_of else [])]
        for one in chain:
            if one.issuer == LOCAL:
                self.directory.principal(one.subject)
            code = self.revocations.find(one)
            if code is not None:
                raise refusal(code)

    def _lifetime(self, principal: Principal, lifetime: float | None) -> float:
        settings = self._settings
        if lifetime is None:
            return settings.user_lifetime if principal.kind is PrincipalKind.USER else settings.machine_lifetime
        if not 0 < lifetime <= settings.lifetime_max:
            raise PrincipalUnfit(
                "that lifetime is not allowed",
                hint="identity.local.lifetime_max says how long a credential may last",
                code="lifetime_unfit",
            )
        return lifetime


def _named(kind: RevocationKind, value: str) -> str:
    """Return what a revocation names, whole: one that named nothing would be believed and do nothing."""
    if kind is RevocationKind.SUBJECT and _NAME.fullmatch(value):
        return f"{LOCAL}/{value}"
    issuer, slash, rest = value.partition("/")
    if (slash and issuer and rest) or (kind is not RevocationKind.SUBJECT and _ID.fullmatch(value)):
        return value
    forms = {
        RevocationKind.SUBJECT: "corp/123, or ada for a local one",
        RevocationKind.SESSION: "the session's id, or the login that `yett whoami` shows",
        RevocationKind.TOKEN: "the credential's id, or corp/JTI for a provider's token",
    }
    message = f'"{value}" names no {kind.value}'
    raise PrincipalUnfit(message, hint=f"write {forms[kind]}", code="revocation_unfit")


def checked_groups(groups: frozenset[str]) -> frozenset[str]:
    """Return the groups as plain names; `local/dba` and `dba` are the same. Raises PrincipalUnfit."""
    plain = frozenset(group.removeprefix(f"{LOCAL}/") for group in groups)
    for group in plain:
        if not _NAME.fullmatch(group.lower()):
            message = f'"{group}" cannot be a local group'
            raise PrincipalUnfit(message, hint="use letters, digits, dot, - and _; other providers' groups are theirs")
    return plain
