"""Keeps local principals, credentials, revocations and providers' keys in the control database."""

from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from yett.core.principals import Claim, Principal, PrincipalKind
from yett.identity.credential import ScramVerifier
from yett.identity.keys import CachedKeys
from yett.identity.store import (
    Changes,
    Credential,
    LocalPrincipal,
    Revocation,
    RevocationKind,
    already_known,
)
from yett.storage.database import Database
from yett.storage.tables import credentials, memberships, principals, provider_keys, revision, revocations

_CLAIMS = msgspec.json.Decoder(dict[str, Claim])
_PRINCIPAL = msgspec.json.Decoder(Principal)


class SqlIdentityStore:
    """The identity room's store (`yett.identity.store.IdentityStore`) on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def poll(self) -> bool:
        """Tell whether anyone, in any process, may have written since the last call."""
        return self._database.poll()

    def changes_since(self, revision_known: int) -> Changes:
        """Return what was written after that revision, from one consistent view."""
        with self._database.reading() as connection:
            newest = connection.execute(select(revision.c.value)).scalar_one()
            return Changes(
                newest,
                _principals(connection, revision_known),
                tuple(_credential(row) for row in _newer(connection, credentials, revision_known)),
                tuple(_revocation(row) for row in _newer(connection, revocations, revision_known)),
            )

    def add_principal(self, record: LocalPrincipal) -> None:
        """Keep a new local principal; raises PrincipalExists unless the name is free or was removed."""
        with self._database.writing() as (connection, number):
            known = connection.execute(
                select(principals.c.removed).where(principals.c.name == record.name)
            ).scalar_one_or_none()
            if known is False:
                raise already_known(record.name)
            _write_principal(connection, record, number)

    def put_principal(self, record: LocalPrincipal) -> None:
        """Keep a local principal in place of what was known under its name."""
        with self._database.writing() as (connection, number):
            _write_principal(connection, record, number)

    def put_credential(self, record: Credential) -> None:
        """Keep a new credential."""
        with self._database.writing() as (connection, number):
            connection.execute(insert(credentials).values(**_credential_row(record), revision=number))

    def put_revocation(self, record: Revocation) -> None:
        """Keep a revocation, or its lifting."""
        same = (revocations.c.kind == record.kind.value) & (revocations.c.value == record.value)
        with self._database.writing() as (connection, number):
            connection.execute(delete(revocations).where(same))
            connection.execute(
                insert(revocations).values(
                    kind=record.kind.value,
                    value=record.value,
                    at=record.at,
                    reason=record.reason,
                    by=record.by,
                    lifted=record.lifted,
                    revision=number,
                )
            )

    def keep_keys(self, keys: CachedKeys) -> None:
        """Keep a provider's keys for a start without a network."""
        with self._database.writing() as (connection, _):
            connection.execute(delete(provider_keys).where(provider_keys.c.provider == keys.provider))
            connection.execute(
                insert(provider_keys).values(
                    provider=keys.provider, issuer=keys.issuer, document=keys.document, fetched_at=keys.fetched_at
                )
            )

    def kept_keys(self) -> tuple[CachedKeys, ...]:
        """Return the keys that were kept, one set per provider."""
        with self._database.reading() as connection:
            rows = connection.execute(select(provider_keys)).all()
        return tuple(CachedKeys(row.provider, row.issuer, row.document, row.fetched_at) for row in rows)

    def prune(self, ended_before: float) -> int:
        """Forget credentials that ended before that time, with their revocations, and return how many."""
        ended = select(credentials.c.id).where(credentials.c.expires_at < ended_before)
        its_token = (revocations.c.kind == RevocationKind.TOKEN.value) & revocations.c.value.in_(ended)
        with self._database.reading() as connection:
            if connection.execute(ended.limit(1)).first() is None:
                return 0
        with self._database.writing() as (connection, _):
            connection.execute(delete(revocations).where(its_token))
            return int(connection.execute(delete(credentials).where(credentials.c.expires_at < ended_before)).rowcount)


def _newer(connection: Connection, table: Table, known: int) -> list[Row[Any]]:
    return list(connection.execute(select(table).where(table.c.revision > known).order_by(table.c.revision)))


def _write_principal(connection: Connection, record: LocalPrincipal, number: int) -> None:
    row = {
        "kind": record.kind.value,
        "claims": msgspec.json.encode(record.claims).decode(),
        "password_hash": record.password_hash,
        "created_at": record.created_at,
        "disabled": record.disabled,
        "removed": record.removed,
        "revision": number,
    }
    changed = connection.execute(update(principals).where(principals.c.name == record.name).values(**row))
    if not changed.rowcount:
        connection.execute(insert(principals).values(name=record.name, **row))
    connection.execute(delete(memberships).where(memberships.c.principal == record.name))
    for group in record.groups:
        connection.execute(insert(memberships).values(principal=record.name, group_name=group))


def _principals(connection: Connection, known: int) -> tuple[LocalPrincipal, ...]:
    rows = _newer(connection, principals, known)
    groups = _groups(connection, known) if rows else {}
    return tuple(
        LocalPrincipal(
            name=row.name,
            kind=PrincipalKind(row.kind),
            groups=frozenset(groups.get(row.name, ())),
            claims=_CLAIMS.decode(row.claims),
            password_hash=row.password_hash,
            created_at=row.created_at,
            disabled=row.disabled,
            removed=row.removed,
        )
        for row in rows
    )


def _groups(connection: Connection, known: int) -> dict[str, set[str]]:
    joined = select(memberships).join(principals).where(principals.c.revision > known)
    found: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(joined):
        found[row.principal].add(row.group_name)
    return found


def _credential_row(record: Credential) -> dict[str, object]:
    return {
        "id": record.id,
        "issuer": record.issuer,
        "subject": record.subject,
        "name": record.name,
        "digest": record.digest,
        "scram_iterations": record.scram.iterations,
        "scram_salt": record.scram.salt,
        "scram_stored_key": record.scram.stored_key,
        "scram_server_key": record.scram.server_key,
        "issued_at": record.issued_at,
        "expires_at": record.expires_at,
        "login": record.login,
        "principal": msgspec.json.encode(record.principal).decode() if record.principal else "",
        "on_behalf_of": record.on_behalf_of,
        "run": record.run,
        "stands_on": record.stands_on,
        "note": record.note,
    }


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        id=row.id,
        issuer=row.issuer,
        subject=row.subject,
        name=row.name,
        digest=row.digest,
        scram=ScramVerifier(row.scram_iterations, row.scram_salt, row.scram_stored_key, row.scram_server_key),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        login=row.login,
        principal=_PRINCIPAL.decode(row.principal) if row.principal else None,
        on_behalf_of=row.on_behalf_of,
        run=row.run,
        stands_on=row.stands_on,
        note=row.note,
    )


def _revocation(row: Row[Any]) -> Revocation:
    return Revocation(RevocationKind(row.kind), row.value, row.at, row.reason, row.by, row.lifted)
