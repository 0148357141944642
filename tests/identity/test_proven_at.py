"""When somebody last proved who they are: what a fresh proof is measured by."""

import pytest

from identity.signing import Issuer
from identity.world import NOW, World
from yett.core.principals import PrincipalKind


@pytest.fixture
def issuer():
    one = Issuer()
    one.add_key("k1")
    return one


def test_a_token_says_it_by_auth_time_and_else_by_iat(issuer):
    world = World(issuer=issuer)
    assert world.identity.verify(issuer.token(iat=NOW - 60), NOW).proven_at == NOW - 60
    assert world.identity.verify(issuer.token(iat=NOW, auth_time=NOW - 3600), NOW).proven_at == NOW - 3600


def test_a_credential_given_for_a_token_is_as_old_as_the_token(issuer):
    world = World(issuer=issuer)
    principal = world.identity.verify(issuer.token(iat=NOW - 500), NOW)
    issued = world.local.issue(principal)
    world.sync()
    assert world.identity.verify(issued.text, NOW).proven_at == NOW - 500


def test_a_local_credential_is_as_old_as_its_giving(issuer):
    world = World(issuer=issuer)
    world.local.add("ada", PrincipalKind.USER)
    issued = world.local.issue(world.local.directory.principal("ada"))
    world.sync()
    assert world.identity.verify(issued.text, NOW + 5).proven_at == NOW


def test_an_actor_is_no_fresher_than_its_token(issuer):
    world = World(issuer=issuer)
    token = issuer.token(iat=NOW - 9, act={"sub": "bot"})
    assert world.identity.verify(token, NOW).proven_at == NOW - 9
