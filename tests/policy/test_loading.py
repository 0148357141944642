"""Loading: every mistake is found before it is live, and named with its place and what was meant."""

import subprocess
import sys

import pytest

from yett.policy.loading import load_policies, policy_version, read_policies
from yett.policy.names import KnownNames
from yett.policy.problems import PolicyProblems

KNOWN = KnownNames(
    resources=frozenset({"orders", "billing"}),
    issuers=frozenset({"corp", "local"}),
    roles=frozenset({"orders-writer"}),
    flows=frozenset({"dba"}),
)


def problems_of(world, text, known=KNOWN):
    with pytest.raises(PolicyProblems) as caught:
        load_policies({"o.cedar": text}, world.schema, known=known)
    return caught.value.problems


def only_problem(world, text):
    found = problems_of(world, text)
    assert len(found) == 1, [str(one) for one in found]
    return found[0]


@pytest.mark.parametrize(
    ("policy", "word", "message", "hint"),
    [
        ('permit (principal, action == Action::"reed", resource);', '"reed"', "unknown action", 'Action::"read"'),
        (
            'permit (principal, action == Action::"read", resource) when { resource.enf == "x" };',
            "enf",
            "unknown attribute resource.enf",
            "resource.env",
        ),
        (
            'permit (principal, action, resource) when { context.aprovals.contains("dba") };',
            "aprovals",
            "unknown attribute context.aprovals",
            "context.approvals",
        ),
        (
            'permit (principal, action, resource) when { context.operation.knd == "x" };',
            "knd",
            "unknown attribute context.operation.knd",
            "context.operation.kind",
        ),
        (
            'permit (principal, action, resource) when { principal.claims.tem == "x" };',
            "tem",
            "unknown attribute principal.claims.tem",
            "principal.claims.team",
        ),
        (
            'permit (principal, action, resource) when { principal.isuer == "x" };',
            "isuer",
            "unknown attribute principal.isuer",
            "principal.issuer",
        ),
        ("permit (principal, action, resource is Tabel);", "Tabel", "unknown entity type Tabel", "Table"),
        ("permit (principal, action, resource) when { resource has enf };", "enf", "never be true", "resource.env"),
        ("permit (principal, action, resource) when { context has hours };", "hours", "never be true", "context.hour"),
        ('permit (principal in Group::"crop/dba", action, resource);', '"crop/dba"', "identity provider", '"corp"'),
        ('permit (principal in Group::"dba", action, resource);', '"dba"', "lacks its provider", "<provider>/dba"),
        ('permit (principal == User::"ana", action, resource);', '"ana"', "lacks its provider", "<provider>/ana"),
        ('permit (principal in Role::"orders-writr", action, resource);', '"orders-writr"', "role", "orders-writer"),
        ('permit (principal, action, resource in Resource::"order");', '"order"', "unknown resource", '"orders"'),
        ('permit (principal, action, resource in Schema::"order/x");', '"order/x"', "unknown resource", '"orders"'),
        ('permit (principal, action, resource in Schema::"public");', '"public"', "lacks its resource", "<resource>"),
        ('permit (principal, action, resource in Table::"orders/t");', '"orders/t"', "parts", "orders/schema.table"),
        (
            '@approval("dbas") forbid (principal, action, resource) unless { context.approvals.contains("dbas") };',
            '"dbas"',
            "unknown approval flow",
            '"dba"',
        ),
        ('@reson("x") permit (principal, action, resource);', "reson", "unknown annotation", "@reason"),
        ('@obligation("cap_row:1") permit (principal, action, resource);', "obligation", "unknown obl", "cap_rows"),
        ('@obligation("cap_rows") permit (principal, action, resource);', "obligation", "needs a number", "cap_rows:"),
        ('@obligation("cap_rows:9") forbid (principal, action, resource);', "obligation", "belongs on a permit", ""),
        ('@id("deny:x") permit (principal, action, resource);', "id", "text deny-lists", ""),
        ("@reason permit (principal, action, resource);", "reason", "needs a text", "@reason("),
        ('permit (principal, action, resource) when { resource in Group::"corp/x" };', "Group", "never in a Group", ""),
        (
            'permit (principal, action, resource) when { Resource::"orders".env == "x" };',
            '"orders"',
            "cannot be read here",
            "resource.",
        ),
        (
            'permit (principal, action, resource) when { context.run == "x" };',
            "context",
            "a run can only restrict",
            "use a forbid",
        ),
        ("permit (principal == ?principal, action, resource);", "permit", "templates", ""),
        ("permit (principal, action resource);", "resource", "unexpected token", ""),
        ("permit (principal, action, resource) wen { true };", "wen", "invalid policy condition", "when"),
        ("premit (principal, action, resource);", "premit", "invalid policy effect", "permit"),
        ('permit (principal, action = Action::"read", resource);', "=", "not a valid operator", "=="),
        ("permit (principal, action == Action::'read', resource);", "'", "invalid token", "double quotes"),
        ('permit (principal, action, resource) when { iip("1.1.1.1").isIpv4() };', "iip", "valid function", "ip"),
        ('permit (principal, action, resource) when { ["a"].contain("a") };', "contain", "valid method", "contains"),
        ("permit (principal, action, resource) when { resource.env == 1 };", "when", "not compatible", ""),
        ("permit (principal is Table, action, resource);", "permit", "could never match", "yett policy schema"),
    ],
)
def test_a_mistake_is_found_at_its_word_with_a_suggestion(world, policy, word, message, hint):
    text = f"// a comment\n\n  {policy}"
    problem = only_problem(world, text)
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.file, problem.line) == ("o.cedar", 3)
    assert text.splitlines()[2][problem.column - 1 :].startswith(word), str(problem)


def test_approval_belongs_on_a_forbid_that_it_lifts(world):
    lifted = '@approval("dba") forbid (principal, action, resource) unless { context.approvals.contains("dba") };'
    read_policies({"a": lifted}, world.schema)
    read_policies({"a": lifted.replace(") }", ') || resource.env == "dev" }')}, world.schema)
    for wrong in (
        lifted.replace("forbid", "permit"),
        lifted.replace("unless", "when"),
        lifted.replace('contains("dba")', 'contains("security")'),
        lifted.replace(") }", ') && resource.env == "dev" }'),
        '@approval("dba") forbid (principal, action, resource);',
    ):
        found = [str(problem) for problem in problems_of(world, wrong, KnownNames())]
        assert any("belongs on a forbid that this approval lifts" in one for one in found), wrong


def test_a_forbid_that_an_approval_lifts_but_asks_nobody_is_a_warning(world):
    text = 'forbid (principal, action, resource) unless { context.approvals.contains("dba") };'
    loaded = read_policies({"a.cedar": text}, world.schema)
    assert [problem.severity for problem in loaded.warnings] == ["warning"]


def test_all_problems_of_all_files_are_reported_together(world):
    files = {
        "b.cedar": "permit (principal, action resource);",
        "a.cedar": 'permit(principal, action == Action::"x", resource);\npermit',
    }
    with pytest.raises(PolicyProblems) as caught:
        load_policies(files, world.schema)
    assert [(one.file, one.line) for one in caught.value.problems] == [("a.cedar", 1), ("a.cedar", 2), ("b.cedar", 1)]
    assert caught.value.code == "policy_invalid"


def test_a_policy_without_its_end_is_named_at_the_end(world):
    problem = only_problem(world, "permit (principal, action, resource)")
    assert "not finished" in problem.message
    assert problem.column == 37


def test_ids_are_unique_across_files(world):
    text = '@id("same") permit (principal, action, resource);'
    with pytest.raises(PolicyProblems, match=r'b.cedar:1:13: the id "same" is already used at a.cedar:1:13'):
        load_policies({"a.cedar": text, "b.cedar": text}, world.schema)


def test_policies_without_id_are_called_by_file_and_line(world):
    one = "permit (principal, action, resource);"
    text = f"{one}\n\n{one} {one}"
    rules = read_policies({"a.cedar": text}, world.schema).rules
    assert [rule.id for rule in rules] == ["a.cedar:1", "a.cedar:3", "a.cedar:3:39"]


@pytest.mark.parametrize(
    "condition",
    [
        "(" * 5000 + "true" + ")" * 5000,
        "[" * 5000 + "]" * 5000 + " == []",
        "{a: " * 5000 + "1" + "}" * 5000 + " == 1",
        " || ".join(["true"] * 20_000),
        "if true then true else " * 20_000 + "true",
        "context" + ".a" * 20_000,
        "!" * 50_000 + "true",
        "-" * 50_000 + "1 == 1",
        "context has a" + ".a" * 20_000,
        "principal is " + "A::" * 30_000 + "A",
        "[" + ",".join(["1"] * 100_000) + "].contains(1)",
        "true} " + "when {true} " * 30_000 + " when { true",
    ],
    ids=lambda text: text[:12],
)
def test_text_made_to_exhaust_the_parser_is_refused_and_nothing_dies(condition):
    # In a process of its own: what this guards against would end the interpreter.
    program = """
import sys
from yett.policy.loading import load_policies
from yett.policy.problems import PolicyProblems
from yett.policy.schema import build_schema
try:
    text = "permit (principal, action, resource) when { " + sys.stdin.read() + " };"
    load_policies({"a": text}, build_schema([]))
except PolicyProblems as found:
    print("refused", len(found.problems))
"""
    done = subprocess.run([sys.executable, "-c", program], input=condition, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.startswith("refused")


@pytest.mark.parametrize(
    "condition",
    ["(" * 38 + "true" + ")" * 38, " || ".join(['resource.env == "x"'] * 60), "if true then true else " * 60 + "true"],
    ids=["nested", "chained", "branching"],
)
def test_what_the_caps_let_through_cedar_can_take(world, condition):
    assert read_policies({"a": f"permit (principal, action, resource) when {{ {condition} }};"}, world.schema).rules


def test_a_string_that_never_ends_is_named_and_takes_no_time(world):
    text = 'permit (principal, action, resource) when { resource.env == "' + '\\"' * 200_000
    assert "invalid token" in only_problem(world, text).message


def test_a_comment_ends_where_cedar_ends_it(world):
    hidden = "// a comment\rforbid (principal, action, resource);\n"
    rules = read_policies({"a": hidden}, world.schema).rules
    assert [rule.tree.effect for rule in rules] == ["forbid"]


def test_strings_and_comments_may_hold_anything(world):
    text = (
        '@reason("a; // \\"b\\" {(") /x/ '.replace("/x/", "// permit ( ; \n") + "permit (principal, action, resource);"
    )
    rules = read_policies({"a": text}, world.schema).rules
    assert [rule.reason for rule in rules] == ['a; // "b" {(']


def test_the_version_follows_names_and_texts_and_not_their_order():
    version = policy_version({"a": "x", "b": "y"})
    assert version == policy_version({"b": "y", "a": "x"})
    assert len({version, policy_version({"a": "xb", "": "y"}), policy_version({"a": "y", "b": "x"})}) == 3
    assert len(version) == 12


def test_a_folder_is_read_by_its_cedar_files(world, tmp_path):
    (tmp_path / "a.cedar").write_text("permit (principal, action, resource);")
    (tmp_path / "notes.txt").write_text("not a policy")
    assert len(load_policies(tmp_path, world.schema).policies.rules) == 1
    (tmp_path / "b.cedar").write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyProblems, match=r"b\.cedar:1:1: cannot be read as UTF-8 text"):
        load_policies(tmp_path, world.schema)


def test_a_missing_folder_is_named(world, tmp_path):
    with pytest.raises(PolicyProblems, match="no such folder"):
        load_policies(tmp_path / "none", world.schema)


def test_targets_named_are_listed_for_a_check_against_the_catalog(world):
    text = """permit (principal, action, resource in Table::"orders/public.customers");
        permit(principal, action, resource in Resource::"orders");"""
    targets = read_policies({"a": text}, world.schema).named_targets
    assert [(one.kind, one.id, one.place.line) for one in targets] == [("Table", "orders/public.customers", 1)]


def test_five_hundred_policies_load_in_a_moment(world):
    one = '@id("p{0}") permit (principal in Group::"corp/g{0}", action, resource in Resource::"orders");'
    loaded = read_policies({"a": "\n".join(one.format(n) for n in range(500))}, world.schema)
    assert len(loaded.rules) == 500
