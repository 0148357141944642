"""The identity store's contract: the in-memory twin and the control database keep it alike."""

from uuid import uuid4

import pytest

from yett.core.ids import RunId, TokenId
from yett.core.principals import Principal, PrincipalKind
from yett.identity.credential import make_credential
from yett.identity.keys import CachedKeys
from yett.identity.store import (
    Credential,
    LocalPrincipal,
    MemoryIdentityStore,
    PrincipalExists,
    Revocation,
    RevocationKind,
)
from yett.storage.database import open_database
from yett.storage.identity_store import SqlIdentityStore


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryIdentityStore()
        return
    url = postgresql_url(request.getfixturevalue("postgres17")) if request.param == "postgresql" else ""
    with open_database(tmp_path / "data", url) as database:
        yield SqlIdentityStore(database)


def postgresql_url(server) -> str:
    name = server.create_database(f"control_{uuid4().hex[:12]}")
    return server.url(database=name).replace("postgresql://", "postgresql+psycopg://")


def ada(**changes) -> LocalPrincipal:
    values = {
        "name": "ada",
        "kind": PrincipalKind.USER,
        "groups": frozenset({"dba", "ops"}),
        "created_at": 1.5,
        **changes,
    }
    return LocalPrincipal(**values)


def credential(expires_at: float = 100.0, **changes) -> Credential:
    new = make_credential(1.0)
    values = {"issuer": "local", "subject": "ada", "name": "ada", "issued_at": 1.0, "login": "local/x", **changes}
    return Credential(id=new.id, digest=new.digest, scram=new.scram, expires_at=expires_at, **values)


SOMEBODY = Principal(
    kind=PrincipalKind.AGENT,
    issuer="corp",
    subject="bot",
    name="Bot",
    groups=frozenset({"corp/agents"}),
    claims={"department": "ops", "level": 3, "on_call": True, "teams": ("a", "b")},
    on_behalf_of=Principal(PrincipalKind.USER, "corp", "123", "Ada", frozenset({"corp/dba"})),
    token_id=TokenId("corp/t1"),
    session_key="corp/s1",
    run=RunId("corp/r1"),
    expires_at=99.5,
    method="oidc",
)


def test_an_empty_store_has_no_changes(store):
    assert not store.changes_since(0)
    assert store.kept_keys() == ()


def test_a_principal_comes_back_as_it_was_kept(store):
    record = ada(
        claims={"department": "ops", "level": 3, "on_call": True, "teams": ("a", "b")}, password_hash="$argon2id$"
    )
    store.add_principal(record)
    assert store.changes_since(0).principals == (record,)


def test_a_credential_comes_back_as_it_was_kept(store):
    records = (
        credential(),
        credential(issuer="corp", subject="bot", principal=SOMEBODY, stands_on="corp/t1", note="ci"),
    )
    for record in records:
        store.put_credential(record)
    assert store.changes_since(0).credentials == records


def test_a_revocation_comes_back_as_it_was_kept(store):
    record = Revocation(RevocationKind.SUBJECT, "corp/123", 5.0, "left the company", "root")
    store.put_revocation(record)
    assert store.changes_since(0).revocations == (record,)


def test_only_what_is_newer_is_told(store):
    store.add_principal(ada())
    seen = store.changes_since(0).revision
    assert not store.changes_since(seen)
    store.put_revocation(Revocation(RevocationKind.TOKEN, "corp/t1", 5.0))
    changes = store.changes_since(seen)
    assert (changes.principals, len(changes.revocations)) == ((), 1)
    assert changes.revision > seen


def test_a_changed_principal_is_told_anew_with_its_groups(store):
    store.add_principal(ada())
    seen = store.changes_since(0).revision
    store.put_principal(ada(groups=frozenset({"ops"}), disabled=True))
    (record,) = store.changes_since(seen).principals
    assert (record.groups, record.disabled) == ({"ops"}, True)


def test_a_lifted_revocation_is_told(store):
    store.put_revocation(Revocation(RevocationKind.SUBJECT, "corp/123", 5.0))
    seen = store.changes_since(0).revision
    store.put_revocation(Revocation(RevocationKind.SUBJECT, "corp/123", 6.0, lifted=True))
    assert [one.lifted for one in store.changes_since(seen).revocations] == [True]
    assert len(store.changes_since(0).revocations) == 1


def test_a_name_is_taken_only_once(store):
    store.add_principal(ada())
    with pytest.raises(PrincipalExists):
        store.add_principal(ada(groups=frozenset()))
    assert store.changes_since(0).principals == (ada(),)


def test_a_removed_name_is_free_again(store):
    store.add_principal(ada())
    store.put_principal(ada(removed=True))
    store.add_principal(ada(created_at=9.0))
    assert store.changes_since(0).principals == (ada(created_at=9.0),)


def test_poll_tells_of_writes_once(store):
    store.poll()
    assert not store.poll()
    store.add_principal(ada())
    assert store.poll()
    assert not store.poll()


def test_keys_are_kept_one_set_per_provider(store):
    store.keep_keys(CachedKeys("corp", "https://a", b"{}", 1.0))
    store.keep_keys(CachedKeys("corp", "https://a", b"{1}", 2.0))
    store.keep_keys(CachedKeys("ci", "https://b", b"{}", 1.0))
    assert sorted(store.kept_keys(), key=lambda one: one.provider) == [
        CachedKeys("ci", "https://b", b"{}", 1.0),
        CachedKeys("corp", "https://a", b"{1}", 2.0),
    ]


def test_ended_credentials_can_be_forgotten(store):
    old, live = credential(10.0), credential(100.0)
    store.put_credential(old)
    store.put_credential(live)
    for one in (old, live):
        store.put_revocation(Revocation(RevocationKind.TOKEN, one.id, 1.0))
    assert store.prune(50.0) == 1
    assert store.changes_since(0).credentials == (live,)
    assert [one.value for one in store.changes_since(0).revocations] == [live.id]
    assert store.prune(50.0) == 0
