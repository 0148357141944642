"""A policy's parts, as they were written."""

from yett.policy.parts import SHOWN_CHARACTERS_MAX, written_parts


def test_scopes_and_conditions_are_told_apart():
    text = """@permit("x") @id("permit (") permit ( // a, comment
      principal is User in Group::"a,b/c)",
      action in [Action::"read", Action::"write"],
      resource
    )
    when { context.approvals.contains("when {") && {a: 1} == {a: 1} } unless { if true then
      false else true };"""
    assert written_parts(text) == {
        "principal": 'principal is User in Group::"a,b/c)"',
        "action": 'action in [Action::"read", Action::"write"]',
        "resource": "resource",
        "when 1": 'when { context.approvals.contains("when {") && {a: 1} == {a: 1} }',
        "unless 2": "unless { if true then false else true }",
    }


def test_a_single_condition_has_no_number_and_long_ones_are_cut():
    long = " || ".join(["true"] * 100)
    parts = written_parts(f"forbid (principal, action, resource) when {{ {long} }};")
    assert len(parts["when"]) == SHOWN_CHARACTERS_MAX
    assert parts["when"].endswith("…")
