"""yett credentials: handed over once, proven by digest or SCRAM, ended by time or revocation."""

import base64
import re

import pytest
from scramp import ScramClient, ScramMechanism

from identity.world import NOW, World
from yett.core.errors import AuthenticationFailed
from yett.core.principals import PrincipalKind
from yett.core.secret import Secret
from yett.identity.credential import make_credential, scram_verifier, user_name
from yett.identity.local import PrincipalUnfit

USER, AGENT = PrincipalKind.USER, PrincipalKind.AGENT


def code_of(call, *arguments, **named):
    with pytest.raises(AuthenticationFailed) as failure:
        call(*arguments, **named)
    return failure.value.code


@pytest.fixture
def world(issuer):
    made = World(issuer=issuer)
    made.local.add("ada", USER, frozenset({"dba"}), {"department": "ops"})
    made.local.add("bot", AGENT)
    made.sync()
    return made


def issue(world, name="ada", **options):
    issued = world.local.issue(world.local.directory.principal(name), **options)
    world.sync()
    return issued


def test_a_credential_says_what_it_is(world):
    issued = issue(world)
    assert re.fullmatch(r"yett_[0-9a-z]{26}_[0-9a-z]{44}", issued.text.reveal())
    assert issued.user == f"ada~{issued.id}"
    assert issued.text.reveal().startswith(f"yett_{issued.id}_")


def test_a_credential_stands_for_its_principal(world):
    issued = issue(world)
    principal = world.identity.verify(issued.text, NOW)
    assert (principal.key, principal.kind, principal.groups) == ("local/ada", USER, {"local/dba"})
    assert principal.claims == {"department": "ops"}
    assert principal.token_id == issued.id
    assert principal.session_key == f"local/{issued.id}"
    assert principal.method == "credential"


def test_people_work_a_day_and_machines_an_hour(world):
    assert issue(world, "ada").expires_at == NOW + 8 * 3600
    assert issue(world, "bot").expires_at == NOW + 3600
    assert issue(world, "bot", lifetime=60.0).expires_at == NOW + 60


@pytest.mark.parametrize("lifetime", [0.0, -1.0, 31 * 86400.0, float("nan"), float("inf")])
def test_a_lifetime_beyond_the_settings_is_refused(world, lifetime):
    with pytest.raises(PrincipalUnfit):
        issue(world, lifetime=lifetime)


def test_the_secret_is_stored_nowhere(world):
    issued = issue(world)
    secret = issued.text.reveal().rpartition("_")[2]
    kept = world.store.changes_since(0).credentials[0]
    assert secret not in repr(kept)
    assert secret.encode() not in kept.digest + kept.scram.salt + kept.scram.stored_key + kept.scram.server_key
    assert secret not in repr(issued)


@pytest.mark.parametrize("change", ["last letter", "no secret", "other id", "longer", "upper case", "no-break space"])
def test_a_changed_credential_is_refused(world, change):
    text = issue(world).text.reveal()
    changed = {
        "last letter": text[:-1] + ("a" if text[-1] != "a" else "b"),
        "no secret": text[:32],
        "other id": make_credential(NOW).text.reveal(),
        "longer": text + "a",
        "upper case": text.upper().replace("YETT_", "yett_"),
        "no-break space": text + "\u00a0",
    }[change]
    code = code_of(world.identity.verify, Secret(changed), NOW)
    assert code in {"credential_wrong", "credential_malformed", "credential_unknown"}


def test_an_ended_credential_is_refused(world):
    issued = issue(world, lifetime=60.0)
    assert world.identity.verify(issued.text, NOW + 59)
    assert code_of(world.identity.verify, issued.text, NOW + 60) == "credential_expired"
    assert code_of(world.identity.scram_proven, issued.id, NOW + 60) == "credential_expired"


def test_an_ordinary_scram_client_proves_a_credential(world):
    issued = issue(world)
    verifier = world.identity.scram(issued.id)
    mechanism = ScramMechanism("SCRAM-SHA-256")
    server = mechanism.make_server(
        lambda _: (verifier.salt, verifier.stored_key, verifier.server_key, verifier.iterations)
    )
    client = ScramClient(["SCRAM-SHA-256"], issued.user, issued.text.reveal())
    server.set_client_first(client.get_client_first())
    client.set_server_first(server.get_server_first())
    server.set_client_final(client.get_client_final())
    client.set_server_final(server.get_server_final())
    assert world.identity.scram_proven(issued.id, NOW).key == "local/ada"


def test_the_verifier_is_what_postgresql_itself_would_keep():
    verifier = scram_verifier("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    salt, stored, server, _ = ScramMechanism("SCRAM-SHA-256").make_auth_info("pencil", 4096, verifier.salt)
    assert (verifier.stored_key, verifier.server_key) == (stored, server)
    assert str(verifier).startswith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$")
    assert repr(verifier) == "ScramVerifier(***)"
    assert salt == verifier.salt


def test_an_unknown_credential_has_no_verifier(world):
    assert world.identity.scram("0" * 26) is None
    assert code_of(world.identity.scram_proven, "0" * 26, NOW) == "credential_unknown"


def test_an_agents_credential_may_act_for_a_person(world):
    issued = issue(world, "bot", on_behalf_of="ada", run="r1")
    principal = world.identity.verify(issued.text, NOW)
    assert (principal.key, principal.on_behalf_of.key, principal.run) == ("local/bot", "local/ada", "r1")


def test_a_person_acts_for_nobody(world):
    with pytest.raises(PrincipalUnfit):
        issue(world, "ada", on_behalf_of="bot")


def test_a_credential_for_a_providers_person_ends_with_their_token(world, issuer):
    token = world.identity.verify(issuer.token(groups=["dba"], jti="t1", sid="s1", exp=int(NOW) + 100), NOW)
    issued = world.local.issue(token)
    world.sync()
    principal = world.identity.verify(issued.text, NOW)
    assert issued.expires_at == token.expires_at
    assert (principal.key, principal.groups, principal.session_key) == ("corp/123", {"corp/dba"}, "corp/s1")
    assert principal.token_id == issued.id


def test_a_credential_of_a_provider_that_is_gone_is_refused(world, issuer):
    issued = world.local.issue(world.identity.verify(issuer.token(), NOW))
    without = World(store=world.store, providers={})
    without.sync()
    assert code_of(without.identity.verify, issued.text, NOW) == "issuer_unknown"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ada", "ada~x"),
        ("Ada L.", "ada-l.~x"),
        ("ada@example.com", "ada~x"),
        ("*", "user~x"),
        ("a" * 99, "a" * 30 + "~x"),
    ],
)
def test_user_names_can_be_typed(name, shown):
    assert user_name(name, "x") == shown
