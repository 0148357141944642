"""Revocation: by subject, login or token; at once; for whoever acts for the revoked too."""

import asyncio
import timeit
from dataclasses import replace

import pytest

from identity.world import NOW, World
from yett.core.errors import AuthenticationFailed, YettError
from yett.core.principals import PrincipalKind
from yett.core.secret import Secret
from yett.identity.local import PrincipalUnfit
from yett.identity.store import MemoryIdentityStore, Revocation, RevocationKind

SUBJECT, SESSION, TOKEN = RevocationKind.SUBJECT, RevocationKind.SESSION, RevocationKind.TOKEN
USER, AGENT = PrincipalKind.USER, PrincipalKind.AGENT


@pytest.fixture
def world(issuer):
    made = World(issuer=issuer)
    made.local.add("ada", USER, frozenset({"dba"}))
    made.local.add("bot", AGENT)
    made.sync()
    return made


def issue(world, name="ada", **options):
    issued = world.local.issue(world.local.directory.principal(name), **options)
    world.sync()
    return issued


def revoke(world, kind, value):
    world.local.revoke(kind, value, "a test")
    world.sync()


def code_of(call, *arguments):
    with pytest.raises(AuthenticationFailed) as failure:
        call(*arguments)
    return failure.value.code


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (SUBJECT, "corp/123", "revoked_subject"),
        (SESSION, "corp/s1", "revoked_session"),
        (TOKEN, "corp/t1", "revoked_token"),
    ],
)
def test_an_open_session_of_a_provider_ends_at_once(world, issuer, kind, value, code):
    raw = issuer.token(jti="t1", sid="s1")
    principal = world.identity.verify(raw, NOW)
    assert world.identity.revoked(principal) is None
    revoke(world, kind, value)
    assert world.identity.revoked(principal) == code
    assert world.identity.ended(principal, NOW) == code
    assert code_of(world.identity.verify, raw, NOW) == code


def test_others_go_on(world, issuer):
    other = world.identity.verify(issuer.token(sub="456", jti="t2", sid="s2"), NOW)
    nameless = world.identity.verify(issuer.token(sub="789"), NOW)
    for kind, value in ((SUBJECT, "corp/123"), (SESSION, "corp/s1"), (TOKEN, "corp/t1")):
        revoke(world, kind, value)
    for kind in RevocationKind:
        world.store.put_revocation(Revocation(kind, "", NOW))
    world.sync()
    assert world.identity.revoked(other) is None
    assert world.identity.revoked(nameless) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (SESSION, " "),
        (SESSION, "9f2c"),
        (TOKEN, "corp/"),
        (TOKEN, "/x"),
        (TOKEN, "ada"),
        (SUBJECT, ""),
        (SUBJECT, "A B"),
    ],
)
def test_a_revocation_must_name_something(world, kind, value):
    with pytest.raises(PrincipalUnfit):
        revoke(world, kind, value)


def test_one_session_can_be_ended_by_its_own_id(world):
    principal, session = world.identity.verify(issue(world).text, NOW), "0" * 26
    assert world.identity.ended(principal, NOW, session) is None
    revoke(world, SESSION, session)
    assert world.identity.ended(principal, NOW, session) == "revoked_session"
    assert world.identity.ended(principal, NOW, "1" * 26) is None
    assert world.identity.revoked(principal) is None


def test_a_lifted_revocation_counts_no_more(world, issuer):
    raw = issuer.token()
    revoke(world, SUBJECT, "corp/123")
    assert world.local.lift(SUBJECT, "corp/123")
    world.sync()
    assert world.identity.verify(raw, NOW)
    assert not world.local.lift(SUBJECT, "corp/123")


def test_a_revoked_credential_ends_its_sessions(world):
    issued = issue(world)
    principal = world.identity.verify(issued.text, NOW)
    revoke(world, TOKEN, issued.id)
    assert world.identity.revoked(principal) == "revoked_token"
    assert code_of(world.identity.scram_proven, issued.id, NOW) == "revoked_token"


def test_a_local_subject_may_be_named_without_its_issuer(world):
    principal = world.identity.verify(issue(world).text, NOW)
    revoke(world, SUBJECT, "ada")
    assert world.identity.revoked(principal) == "revoked_subject"


def test_whoever_acts_for_the_revoked_ends_too(world, issuer):
    local = world.identity.verify(issue(world, "bot", on_behalf_of="ada").text, NOW)
    foreign = world.identity.verify(issuer.token(act={"sub": "helper"}), NOW)
    revoke(world, SUBJECT, "local/ada")
    revoke(world, SUBJECT, "corp/123")
    assert world.identity.revoked(local) == "revoked_subject"
    assert world.identity.revoked(foreign) == "revoked_subject"


def test_credentials_given_for_a_token_end_with_it(world, issuer):
    first = world.local.issue(world.identity.verify(issuer.token(jti="t1"), NOW))
    world.sync()
    second = world.local.issue(world.identity.verify(first.text, NOW))
    world.sync()
    principals = [world.identity.verify(one.text, NOW) for one in (first, second)]
    revoke(world, TOKEN, "corp/t1")
    assert [world.identity.revoked(one) for one in principals] == ["revoked_token"] * 2


def test_a_disabled_person_ends(world):
    issued = issue(world)
    principal = world.identity.verify(issued.text, NOW)
    world.local.change(replace(world.local.get("ada"), disabled=True))
    world.sync()
    assert world.identity.revoked(principal) == "principal_disabled"
    assert code_of(world.identity.verify, issued.text, NOW) == "principal_disabled"
    assert code_of(world.identity.bound, "local/ada") == "principal_disabled"


def test_a_change_of_groups_ends_what_stands_on_the_old_ones(world):
    issued = issue(world)
    principal = world.identity.verify(issued.text, NOW)
    world.local.change(replace(world.local.get("ada"), groups=frozenset()))
    world.sync()
    assert world.identity.revoked(principal) == "principal_changed"
    assert world.identity.verify(issued.text, NOW).groups == frozenset()


def test_a_write_that_changes_nothing_ends_nothing(world):
    principal = world.identity.verify(issue(world).text, NOW)
    world.local.change(world.local.get("ada"))
    world.sync()
    assert world.identity.revoked(principal) is None


def test_a_removed_persons_credentials_never_count_again(world):
    issued = issue(world)
    acting = issue(world, "bot", on_behalf_of="ada")
    principal = world.identity.verify(issued.text, NOW)
    world.local.remove("ada")
    world.local.add("ada", USER, frozenset({"dba"}))
    world.sync()
    assert world.identity.revoked(principal) == "revoked_token"
    assert code_of(world.identity.verify, issued.text, NOW) == "revoked_token"
    assert code_of(world.identity.verify, acting.text, NOW) == "revoked_token"


def test_nothing_is_issued_to_the_revoked(world, issuer):
    token = world.identity.verify(issuer.token(), NOW)
    revoke(world, SUBJECT, "corp/123")
    assert code_of(world.local.issue, token) == "revoked_subject"


def test_sessions_end_when_their_token_does(world, issuer):
    principal = world.identity.verify(issuer.token(exp=int(NOW) + 10), NOW)
    assert world.identity.ended(principal, NOW + 39) is None
    assert world.identity.ended(principal, NOW + 40) == "token_expired"
    issued = world.identity.verify(issue(world, lifetime=60.0).text, NOW)
    assert world.identity.ended(issued, NOW + 60) == "credential_expired"


def test_listeners_hear_of_every_change(world):
    heard = []
    forget = world.identity.on_change(lambda: heard.append(world.identity.generation))
    revoke(world, SUBJECT, "corp/123")
    world.sync()
    forget()
    revoke(world, SUBJECT, "corp/456")
    assert len(heard) == 1


class Broken(MemoryIdentityStore):
    """A store whose disk comes and goes."""

    failing = False

    def changes_since(self, revision):
        if self.failing:
            raise YettError("the disk is gone")
        return super().changes_since(revision)


def test_a_gate_that_cannot_see_revocations_lets_nobody_in_or_go_on(issuer):
    world = World(store=Broken(), issuer=issuer)
    world.identity.load()
    principal = world.identity.verify(issuer.token(), NOW)
    world.store.failing = True
    world.store.put_revocation(Revocation(SUBJECT, "corp/9", NOW))
    world.clock.advance(9)
    asyncio.run(world.identity.refresh())
    assert world.identity.revoked(principal) is None
    world.clock.advance(2)
    asyncio.run(world.identity.refresh())
    assert world.identity.revoked(principal) == "revocations_unknown"
    assert code_of(world.identity.verify, issuer.token(), NOW) == "revocations_unknown"
    world.store.failing = False
    asyncio.run(world.identity.refresh())
    assert world.identity.revoked(principal) is None
    assert code_of(world.identity.verify, issuer.token(sub="9"), NOW) == "revoked_subject"


def test_an_empty_password_is_no_credential(world):
    assert code_of(world.identity.verify, Secret(""), NOW) == "token_malformed"


def test_a_look_for_revocations_costs_next_to_nothing(world):
    principal = world.identity.verify(issue(world).text, NOW)
    revoke(world, SUBJECT, "corp/123")
    best = min(timeit.repeat(lambda: world.identity.revoked(principal), number=2000, repeat=20)) / 2000
    assert best < 5e-6
