"""What a token's claims make of its principal: kinds, groups, nested claims, delegation."""

import pytest

from identity.signing import NOW, provider, providers
from yett.core.errors import AuthenticationFailed
from yett.core.principals import PrincipalKind
from yett.identity.settings import KindSettings

USER, AGENT, SERVICE = PrincipalKind.USER, PrincipalKind.AGENT, PrincipalKind.SERVICE


def verify(issuer, settings=None, **claims):
    return providers(provider(issuer, **(settings or {}))).verify(issuer.token(**claims), NOW)


def test_nested_claims_are_mapped_by_their_path(issuer):
    mapped = {"department": "org.department", "level": "org.level", "teams": ("org", "teams.all"), "oncall": "oncall"}
    org = {"department": "ops", "level": 3, "teams.all": ["a", "b"]}
    principal = verify(issuer, {"claims": mapped}, org=org, oncall=True)
    assert principal.claims == {"department": "ops", "level": 3, "teams": ("a", "b"), "oncall": True}


def test_a_claim_whose_name_has_dots_is_found_by_its_name(issuer):
    name = "https://example.com/roles"
    assert verify(issuer, {"groups_claim": name}, **{name: ["dba"]}).groups == {"corp/dba"}


def test_groups_can_be_nested(issuer):
    access = {"yett": {"roles": ["dba"]}}
    principal = verify(issuer, {"groups_claim": "resource_access.yett.roles"}, resource_access=access)
    assert principal.groups == {"corp/dba"}


def test_a_claim_that_is_absent_is_absent(issuer):
    principal = verify(issuer, {"claims": {"department": "org.department"}}, org="a text, not a table")
    assert principal.claims == {}


@pytest.mark.parametrize("value", [1.5, {"a": 1}, [1], [["a"]], "", "a\tb", 1 << 63, "x" * 600])
def test_a_mapped_claim_that_policy_could_not_read_refuses_the_token(issuer, value):
    with pytest.raises(AuthenticationFailed) as failure:
        verify(issuer, {"claims": {"department": "department"}}, department=value)
    assert failure.value.code == "claim_invalid"


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({}, USER),
        ({"type": "bot"}, AGENT),
        ({"type": ["bot", "other"]}, AGENT),
        ({"type": "m2m"}, SERVICE),
        ({"type": "person"}, USER),
        ({"sub": "cli", "client_id": "cli"}, SERVICE),
        ({"sub": "cli", "azp": "cli"}, SERVICE),
        ({"idtyp": "app"}, SERVICE),
        ({"gty": "client-credentials"}, SERVICE),
        ({"client_id": "cli"}, USER),
        ({"type": "bot", "idtyp": "app"}, AGENT),
        ({"type": "user", "idtyp": "app"}, USER),
    ],
)
def test_the_kind_follows_the_rule_and_programs_are_never_people(issuer, claims, kind):
    rule = KindSettings(claim="type", agent=("bot",), service=("m2m",), user=("user",))
    assert verify(issuer, {"kind": rule}, **claims).kind is kind


def test_a_whole_provider_can_be_of_services(issuer):
    assert verify(issuer, {"kind": KindSettings(default=SERVICE)}).kind is SERVICE


def test_a_star_takes_any_value(issuer):
    rule = KindSettings(claim="agent_id", agent=("*",))
    assert verify(issuer, {"kind": rule}, agent_id="x").kind is AGENT
    assert verify(issuer, {"kind": rule}).kind is USER


def test_an_actor_acts_on_behalf_of_the_subject(issuer):
    principal = verify(issuer, groups=["dba"], act={"sub": "bot", "groups": ["agents"]}, jti="t", sid="s")
    assert (principal.kind, principal.key, principal.groups) == (AGENT, "corp/bot", {"corp/agents"})
    ada = principal.on_behalf_of
    assert (ada.kind, ada.key, ada.groups, ada.on_behalf_of) == (USER, "corp/123", {"corp/dba"}, None)
    assert principal.token_id == ada.token_id == "corp/t"
    assert principal.session_key == "corp/s"
    assert principal.expires_at == ada.expires_at


def test_an_actor_is_never_a_person(issuer):
    rule = KindSettings(claim="type", user=("person",), service=("m2m",))
    assert verify(issuer, {"kind": rule}, act={"sub": "eve", "type": "person"}).kind is AGENT
    assert verify(issuer, {"kind": rule}, act={"sub": "job", "type": "m2m"}).kind is SERVICE


def test_an_actor_has_the_subjects_groups_only_where_the_settings_say_so(issuer):
    claims = {"groups": ["dba"], "act": {"sub": "bot", "groups": ["agents"]}}
    assert verify(issuer, {"delegated_groups": "subject"}, **claims).groups == {"corp/dba"}


def test_a_chain_of_actors_is_kept_in_order(issuer):
    principal = verify(issuer, act={"sub": "now", "act": {"sub": "before"}})
    assert principal.subject == "now"
    assert principal.on_behalf_of.subject == "before"
    assert principal.on_behalf_of.on_behalf_of.subject == "123"


def test_delegation_can_be_switched_off(issuer):
    with pytest.raises(AuthenticationFailed) as failure:
        verify(issuer, {"delegation_depth_max": 0}, act={"sub": "bot"})
    assert failure.value.code == "delegation_too_deep"


def test_a_stated_run_is_its_providers(issuer):
    assert verify(issuer, {"run_claim": "run"}, run="r1").run == "corp/r1"
    assert verify(issuer, run="r1").run is None
