"""Trying a target as the gate would, on a real PostgreSQL."""

import asyncio

import pytest

from yett.app.around import around_findings
from yett.app.label_checks import spelling_findings
from yett.app.target_checks import Expected, target_findings
from yett.app.targets import try_target
from yett.config import load_config
from yett.core.clock import ManualClock, SystemClock
from yett.core.errors import UpstreamFailed
from yett.core.secret import Secret
from yett.core.targets import Resource
from yett.credentials.settings import FromEnv
from yett.credentials.sources import EnvSource
from yett.policy.names import NamedTarget
from yett.policy.source import Place
from yett.protocols._wire.reception import Entry, TargetLogin
from yett.protocols.postgres.settings import PostgresSettings, PostgresTls


def entry_of(server):
    settings = PostgresSettings(database="postgres", tls=PostgresTls(mode="prefer"))
    return Entry(Resource("orders", "postgres", "test"), server.host, server.port, settings)


def source_of(server, user="scram_user"):
    return EnvSource(FromEnv(login=user, password="P"), {"P": server.password})


def collected(findings):
    async def collect():
        return [finding async for finding in findings]

    return asyncio.run(collect())


class Engine:
    """The one thing of a policy engine that is asked here."""

    def __init__(self, *targets):
        self.policies = self
        self.named_targets = [NamedTarget(kind, name, Place("p.cedar", 1, 1)) for kind, name in targets]


def test_a_target_answers_harmless_questions(postgres):
    questions = {"one": "SELECT 1, NULL", "bad": "SELECT nonsense", "two": "SELECT 'b'"}
    tried = asyncio.run(try_target(entry_of(postgres), source_of(postgres), questions))
    assert tried.answers == {"one": [("1", None)], "bad": None, "two": [("b",)]}
    assert tried.parameters["server_version"].startswith(str(postgres.release.version))


def test_a_wrong_password_and_a_closed_port_have_codes(postgres17):
    entry = entry_of(postgres17)
    with pytest.raises(UpstreamFailed) as failure:
        asyncio.run(try_target(entry, TargetLogin("scram_user", Secret("wrong"))))
    assert failure.value.code == "upstream_password_wrong"
    closed = Entry(entry.resource, "127.0.0.1", 1, entry.settings)
    with pytest.raises(UpstreamFailed) as failure:
        asyncio.run(try_target(closed, source_of(postgres17)))
    assert failure.value.code == "upstream_unreachable"


def test_names_that_policies_use_are_looked_up_whatever_they_are_called(postgres17):
    odd = "Od\"d.t\\able'; --"
    with postgres17.connect() as connection:
        connection.execute('CREATE TABLE IF NOT EXISTS public."Od""d.t\\able\'; --" ("co.l" int)')
    doubled = odd.replace('"', '""')
    engine = Engine(
        ("Schema", "orders/public"),
        ("Table", f'orders/public."{doubled}"'),
        ("Column", f'orders/public."{doubled}"."co.l"'),
        ("Column", f'orders/public."{doubled}".other'),
        ("Table", "orders/public.none"),
        ("Schema", "orders/none"),
        ("Table", "other/public.none"),
    )
    found = collected(
        target_findings("orders", entry_of(postgres17), source_of(postgres17), Expected(engine), SystemClock())
    )
    unknown = [one.message.partition(" names ")[2] for one in found if one.code == "name_unknown"]
    assert unknown == [
        f"column public.{odd}.other, which orders does not have",
        "table public.none, which orders does not have",
        "schema none, which orders does not have",
    ]


def test_a_clock_that_differs_from_the_targets_is_named(postgres17):
    found = collected(target_findings("orders", entry_of(postgres17), source_of(postgres17), Expected(), ManualClock()))
    assert [one.code for one in found if one.state == "warn"] == ["clock_wrong"]


def test_a_role_with_more_power_than_needed_is_named(postgres17):
    source = source_of(postgres17, "postgres")
    found = collected(target_findings("orders", entry_of(postgres17), source, Expected(), SystemClock()))
    assert ("role_too_strong", True) in [(one.code, "superuser" in one.message) for one in found]


def test_ways_around_the_gate_are_found_without_its_credential(postgres17):
    nothing = EnvSource(FromEnv(login="trust_user", password="P"), {})
    found = collected(around_findings(entry_of(postgres17), nothing))
    assert [one.state for one in found] == ["skip", "ok"]
    known = collected(around_findings(entry_of(postgres17), source_of(postgres17, "trust_user")))
    assert "way_around" in {one.code for one in known}


def test_a_password_file_of_this_user_is_tried(postgres17, tmp_path, monkeypatch):
    secret = postgres17.password.replace("\\", "\\\\").replace(":", "\\:")
    (tmp_path / "pgpass").write_text(f"# mine\n{postgres17.host}:{postgres17.port}:*:scram_user:{secret}\n")
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    found = collected(around_findings(entry_of(postgres17), source_of(postgres17, "md5_user")))
    around = [one for one in found if one.code == "way_around" and "pgpass" in one.message]
    assert len(around) == 1
    assert postgres17.password not in around[0].message


def test_rules_that_trust_are_found_where_they_can_be_read(postgres17):
    found = collected(around_findings(entry_of(postgres17), source_of(postgres17, "postgres")))
    assert any("pg_hba.conf line" in one.message and one.code == "way_around" for one in found)


def test_labels_that_fit_no_column_are_named(postgres17):
    with postgres17.connect() as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS public.label_check (mail varchar(80), tags text[], per_cent int)"
        )
    fitting = [
        "public.label_check.mail",
        "public.label_*.mai?",
        "*.*.per_cent",
        "type:character varying(80)",
        "type:character varying",
        "type:text",
        "public.label_check.m[a]il*",
    ]
    wrong = [
        "public.label_check.mial",
        "public.label_*.per?",
        "public.*.label%check",
        "type:citext",
        "Public.label_check.mail",
    ]
    keys = {key: f"yett.toml:{line}" for line, key in enumerate([*fitting, *wrong])}
    found = collected(
        target_findings("orders", entry_of(postgres17), source_of(postgres17), Expected(labelled=keys), SystemClock())
    )
    warned = [one.message for one in found if one.code == "label_unmatched"]
    assert [one.partition(" labels ")[2].partition(",")[0] for one in warned] == wrong
    assert warned[0].startswith("yett.toml:7 labels")


def test_a_label_that_was_probably_misspelt_is_named(tmp_path):
    (tmp_path / "yett.toml").write_text("""
[resources.orders]
protocol = "postgres"
address = "db.internal:5432"
credential = { from = "env", user = "ORDERS_USER", password = "ORDERS_PASSWORD" }
[data.orders]
"public.customers.mail" = "emial"
"public.customers.salary" = "salary"
""")
    found = list(spelling_findings(load_config(tmp_path / "yett.toml")))
    assert [(one.code, one.hint) for one in found] == [("label_unknown", 'did you mean "email"?')]
    assert "yett.toml:7" in found[0].message
