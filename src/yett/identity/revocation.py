"""Knows what was revoked, and answers for every operation whether its principal still counts."""

from collections.abc import Collection

from yett.core.principals import Principal
from yett.identity.store import Credential, Revocation, RevocationKind

LOCAL = "local"


class Revocations:
    """The revocations in force, by what they name."""

    def __init__(self) -> None:
        self._by_kind: dict[RevocationKind, dict[str, Revocation]] = {kind: {} for kind in RevocationKind}
        self._subjects: set[str] = set()
        self._sessions: set[str] = set()
        self._tokens: set[str] = set()
        self._any = False

    def apply(self, changes: Collection[Revocation], credentials: Collection[Credential]) -> None:
        """Take in new and lifted revocations. Credentials that stand on a revoked token are revoked with it."""
        for one in changes:
            # An empty name would end every principal that has no login or token to name.
            if one.lifted or not one.value:
                self._by_kind[one.kind].pop(one.value, None)
            else:
                self._by_kind[one.kind][one.value] = one
        tokens = set(self._by_kind[RevocationKind.TOKEN])
        while standing := {one.id for one in credentials if one.stands_on in tokens} - tokens:
            tokens |= standing
        # Sets are replaced whole: a reader sees all of a change or nothing of it.
        self._tokens = tokens
        self._subjects = set(self._by_kind[RevocationKind.SUBJECT])
        self._sessions = set(self._by_kind[RevocationKind.SESSION])
        self._any = bool(self._tokens or self._subjects or self._sessions)

    def find(self, principal: Principal) -> str | None:
        """Return the code of what is revoked of the principal itself (not of whom it acts for), or None.

        Called for every operation: it costs one look when nothing is revoked.
        """
        if not self._any:
            return None
        if principal.token_id in self._tokens:
            return "revoked_token"
        if principal.session_key in self._sessions:
            return "revoked_session"
        if f"{principal.issuer}/{principal.subject}" in self._subjects:
            return "revoked_subject"
        return None

    def ends_session(self, session: str) -> bool:
        """Tell whether one session of the gate is revoked, by its own id: its principal may open another."""
        return session in self._sessions

    def in_force(self) -> list[Revocation]:
        """Return all revocations in force, the newest first."""
        found = [one for kind in self._by_kind.values() for one in kind.values()]
        return sorted(found, key=lambda one: one.at, reverse=True)
