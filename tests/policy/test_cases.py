"""Policy test cases: written beside the policies, run without a gate."""

import pytest

from yett.core.decisions import Deny
from yett.core.operations import Operation
from yett.core.targets import Access, Effect, Resource
from yett.policy.case_files import named_in
from yett.policy.cases import run_cases
from yett.policy.problems import PolicyProblems

POLICIES = """
@id("staff-reads") permit (principal in Group::"corp/staff", action == Action::"read", resource in Resource::"orders");
@id("staff-writes")
permit (principal in Group::"corp/staff", action == Action::"write", resource in Resource::"orders");
@id("ask") @approval("dba") forbid (principal, action == Action::"write", resource)
unless { context.approvals.contains("dba") };
@id("at-night") @reason("not at night") forbid (principal, action, resource) when { context.hour < 6 };
"""
HEAD = """
[principals.ana]
id = "corp/ana"
groups = ["corp/staff"]
[resources.orders]
env = "prod"
"""
CASE = '[[case]]\nname = "x"\nprincipal = "ana"\nresource = "orders"\neffect = "read"\ntarget = "public.t"\n'


def run(world, text, **rest):
    return run_cases({"o.test.toml": HEAD + text}, world.engine(POLICIES), {}, **rest)


def test_cases_that_hold_pass_and_untested_policies_are_listed(world):
    report = run(world, CASE + 'expect = "allow"\nby = ["staff-reads"]\n')
    assert report.passed
    assert [rule.id for rule in report.unexercised] == ["staff-writes", "ask", "at-night"]


def test_a_case_that_does_not_hold_says_what_came_instead(world):
    report = run(world, CASE + 'expect = "deny"\nby = ["at-night"]\n')
    assert not report.passed
    assert report.results[0].faults == (
        "expected deny, got allow",
        "expected it to be decided by at-night; it was by staff-reads",
    )
    assert report.results[0].case.place.line == 7


def test_holds_approvals_and_times_can_be_expected(world):
    write = CASE.replace("read", "write")
    report = run(
        world,
        write
        + 'expect = "hold"\nflows = ["dba"]\n'
        + write
        + 'approvals = ["dba"]\nexpect = "allow"\n'
        + write
        + 'at = 2026-11-21T03:00:00Z\nexpect = "deny"\nby = ["at-night"]\n',
    )
    assert [result.faults for result in report.results] == [(), (), ()]
    assert report.unexercised[0].id == "staff-reads"


def test_lists_stand_for_every_combination(world):
    text = (
        CASE.replace('"read"', '["read", "write"]').replace('"public.t"', '["public.t", "public.u"]')
        + 'expect = "allow"\n'
    )
    report = run(world, text)
    assert [result.case.title for result in report.results] == [
        "x [read public.t]",
        "x [read public.u]",
        "x [write public.t]",
        "x [write public.u]",
    ]
    assert [result.passed for result in report.results] == [True, True, False, False]


def test_a_statement_is_judged_as_its_protocol_understands_it(world):
    def understand(session, text):
        effect = Effect.DEFINE if text.startswith("drop") else Effect.READ
        return [Operation("postgres", "X", text, (Access(effect, world.table()),))]

    case = CASE.replace('effect = "read"\ntarget = "public.t"', 'sql = "drop table t"') + 'expect = "deny"\n'
    report = run(world, case, understand=understand)
    assert report.passed
    assert isinstance(report.results[0].decision.verdict, Deny)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CASE + 'expekt = "allow"\n', "o.test.toml:7:1: Object"),
        (CASE + 'expect = "maybe"\n', "o.test.toml:7:1"),
        (CASE.replace('"ana"', '"anna"') + 'expect = "allow"\n', "no [principals.anna]"),
        (CASE.replace('"read"', '"reed"') + 'expect = "allow"\n', 'no effect is called "reed"'),
        (CASE.replace('"orders"', '"order"') + 'expect = "allow"\n', 'no resource is called "order"'),
        (CASE.replace("public.t", "Tabel public.t") + 'expect = "allow"\n', 'no kind of target is called "Tabel"'),
        (CASE.replace('effect = "read"\n', "") + 'expect = "allow"\n', "needs either `effect`"),
        (CASE.replace('effect = "read"\n', 'sql = "select 1"\n') + 'expect = "allow"\n', "cannot be understood here"),
        ("[[case]\n", "o.test.toml:7:8"),
        ('[principals.b]\nid = "b"\n' + CASE.replace("ana", "b") + 'expect = "allow"\n', "names no principal"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(world, text, said):
    with pytest.raises(PolicyProblems) as caught:
        run(world, text)
    assert said.split(":7:8")[0] in str(caught.value)


def test_resources_of_the_configuration_can_be_used(world):
    text = '[principals.ana]\nid = "corp/ana"\n' + CASE.replace("orders", "billing") + 'expect = "deny"\n'
    report = run_cases({"a": text}, world.engine(POLICIES), {"billing": Resource("billing", "postgres", "dev")})
    assert report.results[0].case.resource.env == "dev"


def test_named_principals_can_be_used_elsewhere():
    principals, resources = named_in(
        HEAD + '[principals.bot]\nid = "corp/bot"\nkind = "Agent"\non_behalf_of = "corp/ana"\n'
    )
    assert principals["bot"].on_behalf_of.key == "corp/ana"
    assert resources["orders"].env == "prod"
    assert named_in("not toml [") == ({}, {})
