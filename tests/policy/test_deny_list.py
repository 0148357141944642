"""Text deny-lists: what may never be said, whatever policy permits."""

import time

import pytest

from yett.core.decisions import Deny
from yett.core.errors import ConfigError
from yett.core.ids import PolicyVersion
from yett.core.operations import Operation
from yett.core.targets import Access, Effect, Target
from yett.policy.deny_list import DenyList, DenyRule


def said(text, protocol="postgres", resource="orders"):
    return Operation(protocol, "SELECT", text, (Access(Effect.CONNECT, Target(resource)),))


def test_a_text_that_matches_is_denied_by_the_rules_name():
    rules = [DenyRule("sleep", r"\bpg_sleep\b", reason="sleeping holds a connection", hint="poll instead")]
    decision = DenyList(rules, PolicyVersion("v1")).check(said("select PG_SLEEP(10)"))
    assert decision.verdict == Deny("deny_list", "sleeping holds a connection", "poll instead")
    assert (decision.policies, decision.policy_version, decision.decided_by) == (("deny:sleep",), "v1", "deny_list")


def test_what_does_not_match_is_left_to_policy():
    assert DenyList([DenyRule("sleep", "pg_sleep")]).check(said("select 1")) is None


def test_letters_match_in_either_case_unless_the_pattern_says_otherwise():
    assert DenyList([DenyRule("a", "drop")]).check(said("DROP"))
    assert DenyList([DenyRule("a", "(?-i)drop")]).check(said("DROP")) is None


def test_a_rule_for_one_protocol_or_resource_concerns_no_other():
    rule = DenyRule("a", "x", protocol="postgres", resources=frozenset({"orders"}))
    assert DenyList([rule]).check(said("x"))
    assert DenyList([rule]).check(said("x", protocol="redis")) is None
    assert DenyList([rule]).check(said("x", resource="billing")) is None


def test_an_operation_that_does_not_say_where_it_goes_is_everybodys_concern():
    rule = DenyRule("a", "x", resources=frozenset({"orders"}))
    assert DenyList([rule]).check(Operation("postgres", "", "x", ()))


def test_a_dot_spans_lines():
    assert DenyList([DenyRule("a", "delete.*customers")]).check(said("delete from\n customers"))


def test_a_text_that_cannot_be_searched_is_denied():
    assert DenyList([DenyRule("a", "x")]).check(said("\ud800"))


@pytest.mark.parametrize(
    ("pattern", "said_of_it"),
    [("", "empty"), ("(", "missing"), (r"(?=a)", "not valid RE2"), (r"(a)\1", "not valid RE2"), ("a" * 5000, "longer")],
)
def test_a_pattern_that_cannot_be_used_is_named(pattern, said_of_it):
    with pytest.raises(ConfigError) as caught:
        DenyList([DenyRule("mine", pattern)])
    assert "[deny.mine]" in caught.value.message
    assert said_of_it in caught.value.message
    assert caught.value.code == "deny_list_invalid"


def test_a_pattern_that_needs_too_much_memory_is_refused():
    with pytest.raises(ConfigError):
        DenyList([DenyRule("big", "((a{100}){100}){100}")])


def test_no_text_makes_a_check_slow():
    rules = DenyList([DenyRule("nested", r"(a+)+$b"), DenyRule("wide", r"(x|xx|xxx)*y")])
    begin = time.perf_counter()
    assert rules.check(said("a" * 500_000 + "x" * 500_000)) is None
    assert time.perf_counter() - begin < 2


def test_the_bytes_of_an_operation_that_carries_no_text_are_searched():
    rules = DenyList([DenyRule("a", "pg_sleep")])
    assert rules.check(said(""), b"select pg_sleep(1)")
    assert rules.check(said(""), b"select 1") is None
    assert rules.check(said(""), b"\xff")
