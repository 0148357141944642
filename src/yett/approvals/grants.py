"""Roles that people asked for and got for a while: they end by themselves, and can be ended at once."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

from yett.approvals.access import Wanted, asked_for_role
from yett.approvals.desk import ApprovalDesk
from yett.approvals.refusals import not_allowed
from yett.approvals.reviewers import acted_for
from yett.approvals.settings import AccessSettings
from yett.approvals.store import ApprovalStore, Changes, Grant
from yett.core.approvals import Ticket
from yett.core.clock import Clock
from yett.core.principals import Principal, PrincipalKind

_REASON_MAX = 500
_NOTHING: frozenset[str] = frozenset()


class Grants:
    """Time-boxed memberships in roles. Looking is from memory, and quick; `request` and `revoke` may block.

    It stands on what the desk's watch has read: where that is too old, nobody has a role.
    """

    def __init__(
        self, store: ApprovalStore, desk: ApprovalDesk, roles: Mapping[str, AccessSettings], clock: Clock
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._roles = roles
        self._by_id: dict[str, Grant] = {}
        self._by_principal: dict[str, tuple[Grant, ...]] = {}
        self._told: dict[str, frozenset[tuple[str, str]]] = {}
        self._listeners: list[Callable[[frozenset[str]], None]] = []
        desk.watch.on_changes(self._apply)

    def on_change(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Call `listener` with the keys of the principals whose roles have changed; returns the undo."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def request(self, principal: Principal, role: str, seconds: float, reason: str) -> Ticket:
        """Ask for a role and return the ticket; the same request that is open already is joined.

        Raises NotAllowed (`role_unknown`, `not_requestable`, `duration_unfit`, `reason_needed`, `reason_too_long`) and
        what `ApprovalDesk.ask` raises.
        """
        settings = self._roles.get(role)
        if settings is None:
            raise not_allowed("role_unknown")
        if principal.groups.isdisjoint(settings.requestable_by):
            raise not_allowed("not_requestable")
        if not (math.isfinite(seconds) and 1 <= seconds <= settings.max):
            raise not_allowed("duration_unfit")
        if not reason.strip():
            raise not_allowed("reason_needed")
        if len(reason) > _REASON_MAX:
            raise not_allowed("reason_too_long")
        wanted = Wanted(role=role, seconds=float(seconds), reason=reason, flow=settings.approval)
        # Nobody waits on a connection for this: asking twice is asking once.
        return self._desk.ask(asked_for_role(principal, wanted), joinable=lambda _: True)

    def requestable(self, principal: Principal) -> dict[str, AccessSettings]:
        """Return the roles that somebody may ask for."""
        return {name: one for name, one in self._roles.items() if not principal.groups.isdisjoint(one.requestable_by)}

    def roles_of(self, principal: str, now: float, on_behalf_of: str = "") -> frozenset[str]:
        """Return the roles that a principal has at that time, by keys (`Asked.principal`, `Asked.on_behalf_of`)."""
        grants = self._by_principal.get(principal)
        if not grants or not self._desk.watch.is_current:
            return _NOTHING
        return frozenset(
            one.role
            for one in grants
            if one.on_behalf_of == on_behalf_of and one.holds(now) and one.role in self._roles
        )

    def roles_for(self, principal: Principal, now: float) -> frozenset[str]:
        """Return the roles that somebody has at that time, of those that they could still ask for."""
        if principal.key not in self._by_principal:
            return _NOTHING
        found = self.roles_of(principal.key, now, acted_for(principal))
        return frozenset(one for one in found if not principal.groups.isdisjoint(self._roles[one].requestable_by))

    def in_force(self, now: float) -> tuple[Grant, ...]:
        """Return the grants that hold at that time, those that end first before the others."""
        found = (one for one in self._by_id.values() if one.holds(now) and one.role in self._roles)
        return tuple(sorted(found, key=lambda one: (one.until, one.id)))

    def next_end(self, principal: Principal, now: float) -> float | None:
        """Return when the next of somebody's roles ends, or None."""
        ends = [one.until for one in self._by_principal.get(principal.key, ()) if one.holds(now)]
        return min(ends, default=None)

    def may_revoke(self, person: Principal, grant: Grant) -> bool:
        """Say whether somebody may end a grant: whose it is, for whom it acts, and who could have approved it."""
        if person.key == grant.principal or person.key in grant.on_behalf_of.split("\n"):
            return True
        if person.kind is not PrincipalKind.USER or person.on_behalf_of is not None:
            return False
        flow = self._desk.flows.get(grant.flow)
        return flow is not None and not person.groups.isdisjoint((*flow.reviewers, *flow.escalate_to))

    def revoke(self, grant_id: str, by: str, reason: str = "") -> Grant:
        """End a grant at once, for somebody who may (`may_revoke`); one that has ended stays as it is.

        `by` is a principal's key. Raises NotAllowed (`grant_unknown`).
        """
        with self._store.writing() as page:
            grant, now = page.grant(grant_id), self._clock.now()
            if grant is None:
                raise not_allowed("grant_unknown")
            if not grant.holds(now):
                return grant
            ended = replace(grant, ended_at=now, ended_by=by, reason=reason[:_REASON_MAX])
            page.put_grant(ended)
        return ended

    def expire(self, now: float) -> frozenset[str]:
        """Tell those who listen whose roles have changed by time alone, and return their keys. Quick; call it often."""
        over = [name for name, one in self._by_id.items() if one.ended_at or one.until <= now]
        for name in over:
            del self._by_id[name]
        if over:
            self._index()
        return self._tell(now)

    def _apply(self, changes: Changes) -> None:
        for name in changes.damaged:
            self._by_id.pop(name, None)
        for one in changes.grants:
            self._by_id[one.id] = one
        if changes.grants or changes.damaged:
            self._index()
            self._tell(self._clock.now())

    def _index(self) -> None:
        found: defaultdict[str, list[Grant]] = defaultdict(list)
        for one in self._by_id.values():
            found[one.principal].append(one)
        # Replaced whole: a reader sees all of a change or nothing of it.
        self._by_principal = {key: tuple(grants) for key, grants in found.items()}

    def _tell(self, now: float) -> frozenset[str]:
        current = self._desk.watch.is_current
        held = {
            key: frozenset((one.role, one.on_behalf_of) for one in grants if one.holds(now))
            for key, grants in self._by_principal.items()
            if current
        }
        held = {key: roles for key, roles in held.items() if roles}
        changed = frozenset(key for key in held.keys() | self._told.keys() if held.get(key) != self._told.get(key))
        self._told = held
        if changed:
            for listener in tuple(self._listeners):
                listener(changed)
        return changed
