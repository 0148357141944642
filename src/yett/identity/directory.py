"""Keeps local principals and credentials in memory, so that no sign-in waits for the store."""

from collections.abc import Collection
from dataclasses import replace

from yett.core.ids import RunId, TokenId
from yett.core.principals import Principal
from yett.identity.refusals import refusal
from yett.identity.revocation import LOCAL
from yett.identity.store import Changes, Credential, LocalPrincipal


class Directory:
    """What the store holds, as of one revision."""

    def __init__(self) -> None:
        self.revision = 0
        self._records: dict[str, LocalPrincipal] = {}
        self._active: dict[str, Principal] = {}
        self._credentials: dict[str, Credential] = {}

    @property
    def credentials(self) -> Collection[Credential]:
        """Return every credential that is known."""
        return self._credentials.values()

    @property
    def records(self) -> Collection[LocalPrincipal]:
        """Return every local principal that was not removed."""
        return self._records.values()

    def apply(self, changes: Changes) -> None:
        """Take in what was written."""
        for record in changes.principals:
            self._active.pop(record.name, None)
            self._records.pop(record.name, None)
            if not record.removed:
                self._records[record.name] = record
            if not record.removed and not record.disabled:
                self._active[record.name] = as_principal(record)
        for credential in changes.credentials:
            self._credentials[credential.id] = credential
        self.revision = changes.revision

    def forget_ended(self, now: float) -> None:
        """Drop the credentials that have ended."""
        self._credentials = {name: one for name, one in self._credentials.items() if one.expires_at > now}

    def record(self, name: str) -> LocalPrincipal | None:
        """Return what is known of a local principal, or None."""
        return self._records.get(name)

    def principal(self, name: str) -> Principal:
        """Return a local principal; raises AuthenticationFailed when it is unknown or disabled."""
        found = self._active.get(name)
        if found is None:
            raise refusal("principal_disabled" if name in self._records else "principal_unknown")
        return found

    def credential(self, identifier: str) -> Credential | None:
        """Return the credential of that id, or None."""
        return self._credentials.get(identifier)

    def standing(self, credential: Credential) -> Principal:
        """Return whom a proven credential stands for; raises AuthenticationFailed when that one is gone."""
        base = self.principal(credential.subject) if credential.principal is None else credential.principal
        behalf = self.principal(credential.on_behalf_of) if credential.on_behalf_of else base.on_behalf_of
        return replace(
            base,
            on_behalf_of=behalf,
            token_id=TokenId(credential.id),
            session_key=credential.login,
            run=RunId(credential.run) if credential.run else base.run,
            expires_at=credential.expires_at,
            method="credential",
            # What a provider vouched for is as old as its token, however new the credential given for it is.
            proven_at=credential.issued_at if credential.principal is None else credential.principal.proven_at,
        )

    def changed(self, principal: Principal) -> str | None:
        """Return why a local principal no longer counts as it was when it signed in, or None."""
        known = self._active.get(principal.subject)
        if known is None:
            return "principal_disabled" if principal.subject in self._records else "principal_unknown"
        if known.groups is principal.groups and known.claims is principal.claims:
            return None
        same = known.groups == principal.groups and known.claims == principal.claims and known.kind == principal.kind
        return None if same else "principal_changed"


def as_principal(record: LocalPrincipal) -> Principal:
    """Return a local principal as policies see it."""
    return Principal(
        kind=record.kind,
        issuer=LOCAL,
        subject=record.name,
        name=record.name,
        groups=frozenset(f"{LOCAL}/{group}" for group in record.groups),
        claims=record.claims,
        method="local",
    )
