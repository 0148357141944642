"""What is said of a table is said of its columns, and columns can be told apart from it."""

import time
from dataclasses import replace

import pytest

from yett.core.decisions import Allow, Obligation
from yett.core.targets import Access, Effect, Target
from yett.policy.columns import Tells, tellers
from yett.policy.judging import Judge

READ, WRITE, UNMASK, FILTER, MATCH = Effect.READ, Effect.WRITE, Effect.UNMASK, Effect.FILTER, Effect.MATCH
ALL = 'permit (principal, action, resource in Resource::"orders");'


def allows(world, effect, target, *policies):
    """Return whether the policies allow this, having asked memory and evaluation alike."""
    engine, session = world.engine(*policies), world.session()
    operation = world.operation((effect, target))
    decision = engine.decide(session, operation)
    assert decision == engine.decide_afresh(session, operation)
    assert decision == world.engine(*policies).decide_afresh(session, operation)
    return isinstance(decision.verdict, Allow)


@pytest.mark.parametrize("effect", [READ, WRITE, MATCH, FILTER, UNMASK])
def test_a_permit_on_a_table_permits_its_columns(world, effect):
    permit = f'permit (principal, action == Action::"{effect}", resource == Table::"orders/public.customers");'
    assert allows(world, effect, world.column(), permit)
    assert allows(world, effect, world.column(label="email"), permit)
    assert not allows(world, effect, world.column(table="payroll"), permit)


@pytest.mark.parametrize("scope", ['== Table::"orders/public.customers"', "is Table", 'in Schema::"orders/public"'])
def test_a_forbid_on_a_table_forbids_its_columns(world, scope):
    forbid = f'@id("no") forbid (principal, action == Action::"read", resource {scope});'
    assert not allows(world, READ, world.column(), ALL, forbid)
    assert allows(world, WRITE, world.column(), ALL, forbid)


def test_a_forbid_on_one_column_leaves_the_others(world):
    forbid = '@id("no") forbid (principal, action, resource == Column::"orders/public.customers.mail");'
    assert not allows(world, READ, world.column("mail"), ALL, forbid)
    assert allows(world, READ, world.column("name"), ALL, forbid)
    engine = world.engine(ALL, forbid)
    both = world.operation((READ, world.column("name")), (READ, world.column("mail")))
    decision = engine.decide(world.session(), both)
    assert decision.access.target == world.column("mail")
    assert decision.policies == ("no",)


def test_a_permit_on_one_column_permits_no_other(world):
    permit = 'permit (principal, action == Action::"read", resource == Column::"orders/public.customers.mail");'
    assert allows(world, READ, world.column("mail"), permit)
    assert not allows(world, READ, world.column("name"), permit)
    assert not allows(world, READ, world.table(), permit)


def test_a_table_is_asked_about_as_if_it_bore_the_columns_label(world):
    only_plain = 'permit (principal, action == Action::"unmask", resource) when { resource.label == "" };'
    all_but_cards = 'permit (principal, action == Action::"unmask", resource) unless { resource.label == "card" };'
    cards = 'permit (principal, action == Action::"unmask", resource is Table) when { resource.label == "card" };'
    card, mail = world.column("number", "card"), world.column("mail", "email")
    assert not allows(world, UNMASK, card, only_plain)
    assert not allows(world, UNMASK, card, all_but_cards)
    assert allows(world, UNMASK, mail, all_but_cards)
    assert allows(world, UNMASK, card, cards)
    assert not allows(world, UNMASK, mail, cards)


@pytest.mark.parametrize(
    "exception",
    [
        'unless { resource.name == "ssn" }',
        'when { resource.name != "ssn" }',
        'when { context.tls && !(resource.name == "ssn") }',
        'when { !(["ssn", "iban"].contains(resource.name)) }',
        'unless { resource == Column::"orders/public.customers.ssn" }',
        'unless { resource.name like "ss*" }',
    ],
)
@pytest.mark.parametrize("scope", ["resource", "resource is Table", 'resource == Table::"orders/public.customers"'])
def test_a_column_that_a_permit_excepts_is_not_permitted_by_its_table(world, scope, exception):
    permit = f"permit (principal, action, {scope}) {exception};"
    assert not allows(world, UNMASK, world.column("ssn", "ssn"), permit)
    assert allows(world, UNMASK, world.column("mail", "email"), permit)
    assert allows(world, READ, world.column("ssn", "ssn"), permit, ALL)


def test_tables_named_in_a_list_are_permitted_with_their_columns(world):
    permit = 'permit (principal, action, resource) when { ["customers", "orders"].contains(resource.name) };'
    assert allows(world, WRITE, world.column("mail"), permit)
    assert not allows(world, WRITE, world.column("mail", table="payroll"), permit)


def test_the_obligations_of_table_and_column_add_up(world):
    engine = world.engine(
        '@obligation("cap_rows:100") permit (principal, action, resource == Table::"orders/public.customers");',
        '@obligation("cap_rows:10") permit (principal, action, resource == Column::"orders/public.customers.mail");',
    )
    mail, name = (world.operation((READ, world.column(column))) for column in ("mail", "name"))
    assert engine.decide(world.session(), mail).verdict.obligations == (Obligation("cap_rows", "10"),)
    assert engine.decide(world.session(), name).verdict.obligations == (Obligation("cap_rows", "100"),)


def test_a_policy_that_fails_on_columns_alone_still_denies(world):
    fails = "permit (principal, action, resource) when { resource is Column && principal.claims.level + 1 > 1 };"
    engine = world.engine(ALL, fails)
    session = world.session(claims={"level": "much"})
    assert engine.decide(session, world.operation((READ, world.column()))).verdict.code == "policy_error"
    assert engine.decide(session, world.operation((READ, world.table()))).verdict == Allow()


@pytest.mark.parametrize(
    ("effect", "name"), [(Effect.DEFINE, "mail"), (READ, "lone \ud800")], ids=["an effect tables have", "no text"]
)
def test_what_holds_for_the_table_alone_is_not_taken_for_the_column(world, effect, name):
    engine, session = world.engine(ALL), world.session()
    operation = world.operation((READ, world.column("known")), (effect, world.column(name)))
    assert engine.decide(session, operation).verdict.code == "policy_error"
    assert engine.decide_afresh(session, operation).verdict.code == "policy_error"


@pytest.mark.parametrize(
    ("policy", "tells"),
    [
        ("permit (principal, action, resource)", Tells.NOTHING),
        ('permit (principal, action, resource in Table::"orders/a.b")', Tells.NOTHING),
        ('permit (principal, action, resource == Table::"orders/a.b") when { resource.name == "b" }', Tells.NOTHING),
        ('permit (principal, action, resource) when { resource.label == "card" }', Tells.NOTHING),
        ('permit (principal, action, resource) when { resource in [Schema::"orders/a"] }', Tells.NOTHING),
        ('forbid (principal, action, resource) unless { resource.env == "dev" }', Tells.NOTHING),
        ('permit (principal, action, resource == Schema::"orders/a")', Tells.NOTHING),
        ("permit (principal, action, resource is Table)", Tells.NOTHING),
        ("permit (principal, action, resource is Column)", Tells.KIND),
        ("permit (principal, action, resource) when { resource is Column }", Tells.KIND),
        ('permit (principal, action, resource) when { resource == Table::"orders/a.b" }', Tells.KIND),
        ('permit (principal, action, resource) when { resource.name == "b" }', Tells.NAME),
        ('permit (principal, action, resource == Column::"orders/a.b.c")', Tells.NAME),
        ('permit (principal, action, resource in Column::"orders/a.b.c")', Tells.NAME),
        ('permit (principal, action, resource == Table::"orders/a.b") unless { resource.name == "c" }', Tells.NAME),
        ('forbid (principal, action, resource) when { resource in [Column::"orders/a.b.c"] }', Tells.NAME),
    ],
)
def test_it_is_known_which_policies_can_tell_columns_apart(world, policy, tells):
    found = tellers(world.engine(policy + ";").policies.rules)
    assert [one.tells for one in found] == ([tells] if tells else [])


def test_new_columns_of_a_known_table_cost_no_evaluation(world, monkeypatch):
    engine = world.engine(*(f'permit (principal in Group::"corp/g{n}", action, resource);' for n in range(30)))
    session = world.session("corp/g7")
    engine.decide(session, world.operation((READ, world.column("known"))))
    monkeypatch.setattr(Judge, "ask", lambda *_: pytest.fail("Cedar was asked"))
    seconds = []
    for number in range(200):
        operation = world.operation(*((READ, world.column(f"c{number}_{column}")) for column in range(8)))
        begin = time.perf_counter()
        assert engine.decide(session, operation).verdict == Allow()
        seconds.append(time.perf_counter() - begin)
    assert min(seconds) < 200e-6


def refusal(world, effect, target, *policies):
    """Return the denial of this one access."""
    engine = world.engine(*policies)
    decision = engine.decide(world.session(), world.operation((effect, target)))
    assert decision == engine.decide_afresh(world.session(), world.operation((effect, target)))
    return decision.verdict


def test_a_refused_filter_names_column_and_label_and_the_way_out_that_is_open(world):
    mail = world.column("mail", "email")
    match = 'permit (principal, action == Action::"match", resource in Resource::"orders");'
    verdict = refusal(world, FILTER, mail, match)
    assert verdict.reason == (
        "no policy permits filter on orders/public.customers.mail, which is labelled email: "
        "rows cannot be chosen, joined, sorted or grouped by it"
    )
    assert verdict.hint.startswith("look rows up by the whole value, as in mail = '…', or use the row's key; ask why: ")
    assert refusal(world, FILTER, mail).hint.startswith("use the row's key, or a column without a label; ask why: ")


def test_the_way_out_is_the_one_of_this_operation_though_another_was_refused_the_same(world):
    engine, session, mail = world.engine(), world.session(), world.column("mail", "email")
    other = engine.decide(session, world.operation((FILTER, mail)))
    told = replace(world.operation(), accesses=(Access(FILTER, mail, "sort by the key as well"),))
    verdict = engine.decide(session, told).verdict
    assert verdict.hint.startswith("sort by the key as well; ask why: ")
    assert verdict.reason == other.verdict.reason
    assert engine.decide(session, world.operation((FILTER, mail))) == other


def test_the_command_that_explains_knows_the_label(world):
    assert (
        "--target 'Column public.customers.mail' --label email"
        in refusal(world, FILTER, world.column("mail", "email")).hint
    )


def test_a_refused_match_and_laundering_say_what_they_were(world):
    mail = world.column("mail", "email")
    assert refusal(world, MATCH, mail).reason.endswith("mail, which is labelled email: rows cannot be looked up by it")
    laundering = refusal(world, UNMASK, mail)
    assert laundering.reason.endswith("labelled email: it cannot be written where its label would be lost")
    assert laundering.hint.startswith("leave mail out, or keep it in a temporary table, which keeps the label; ")


def test_a_forbidden_column_can_be_left_out_where_its_table_is_permitted(world):
    forbid = '@id("no") forbid (principal, action, resource == Column::"orders/public.customers.mail");'
    assert refusal(world, READ, world.column(), ALL, forbid).hint.startswith("leave mail out, and name the columns")
    assert refusal(world, WRITE, world.column(), ALL, forbid).hint.startswith("leave mail out of what you write; ")
    assert refusal(world, READ, world.column()).hint.startswith("ask why: ")
    said = forbid.replace("forbid", '@reason("staff only") @hint("ask HR") forbid')
    assert refusal(world, READ, world.column(), ALL, said).hint == "ask HR"


def test_one_more_access_can_be_asked_about_beside_an_operation(world):
    engine = world.engine('permit (principal, action, resource) when { context.operation.kind == "SELECT" };')
    access = world.operation((UNMASK, world.column("mail", "email"))).accesses[0]
    asked = world.operation((READ, world.column()))
    assert engine.outcome(world.session(), asked, access).allowed
    assert not engine.outcome(world.session(), world.operation(kind="COPY"), access).allowed
    assert engine.outcome(world.session(name="\ud800"), asked, access).error


@pytest.mark.parametrize("effect", [UNMASK, FILTER])
@pytest.mark.parametrize(
    ("policies", "allowed"),
    [
        ([ALL], True),
        ([ALL, 'forbid (principal, action, resource) when { context.program == "x" };'], True),
        ([ALL, 'forbid (principal in Group::"corp/other", action, resource is Column);'], True),
        ([ALL, 'forbid (principal, action == Action::"read", resource is Column);'], True),
        ([ALL, 'forbid (principal, action, resource == Table::"orders/public.payroll");'], False),
        ([ALL, 'forbid (principal, action, resource) when { resource.label == "secret" };'], False),
        (['permit (principal, action, resource) unless { resource.label == "secret" };'], False),
        (['permit (principal, action, resource) when { resource.label == "" };'], False),
        (['permit (principal, action, resource) when { resource.name != "ssn" };'], False),
        (['permit (principal, action, resource) when { resource.env == "prod" };'], True),
        (['permit (principal, action, resource in Schema::"orders/public");'], False),
    ],
)
def test_all_labelled_data_at_once_needs_policies_that_make_no_difference(world, effect, policies, allowed):
    assert allows(world, effect, Target("orders"), *policies) is allowed
