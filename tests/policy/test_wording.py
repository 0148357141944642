"""Targets and principals in people's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.core.principals import PrincipalKind
from yett.core.targets import Effect, Target
from yett.policy.wording import Unreadable, path_of, read_effect, read_principal_key, read_target, target_words

names = st.text(min_size=1, max_size=8) | st.sampled_from(['a"b', "a.b", "a/b", '"', '""', ".", "/", '".'])


@given(st.lists(names, min_size=1, max_size=3))
def test_a_path_reads_back_as_it_was_written(parts):
    target = Target("orders", "Table", tuple(parts))
    assert path_of(target.id.removeprefix("orders/")) == tuple(parts)


@pytest.mark.parametrize(
    ("text", "effect", "kind", "path"),
    [
        ("public.customers", Effect.READ, "Table", ("public", "customers")),
        ("public.f", Effect.EXECUTE, "Function", ("public", "f")),
        ("public", Effect.DEFINE, "Schema", ("public",)),
        ("public.customers.email", Effect.UNMASK, "Column", ("public", "customers", "email")),
        ("Setting search_path", Effect.WRITE, "Setting", ("search_path",)),
        ('Table::"orders/public.customers"', Effect.READ, "Table", ("public", "customers")),
        ("orders/public.customers", Effect.READ, "Table", ("public", "customers")),
        ('Table public."my table"', Effect.READ, "Table", ("public", "my table")),
        ("", Effect.CONNECT, "Resource", ()),
        ('Resource::"orders"', Effect.CONNECT, "Resource", ()),
    ],
)
def test_targets_are_read_as_people_write_them(world, text, effect, kind, path):
    assert read_target(text, "orders", effect, world.schema) == Target("orders", kind, path)


def test_what_is_written_in_a_hint_can_be_read_again(world):
    target = Target("orders", "Table", ("public", 'we"ird. name'))
    assert read_target(target_words(target), "orders", Effect.READ, world.schema) == target


def test_unreadable_words_are_named(world):
    with pytest.raises(Unreadable, match="no kind of target"):
        read_target("Tabel a.b", "orders", Effect.READ, world.schema)
    with pytest.raises(Unreadable, match="cannot tell what kind"):
        read_target("a.b.c.d", "orders", Effect.READ, world.schema)
    with pytest.raises(Unreadable, match="no effect"):
        read_effect("unknown")


def test_principals_are_read_with_and_without_their_kind():
    assert read_principal_key("corp/ana") == (PrincipalKind.USER, "corp", "ana")
    assert read_principal_key("agent corp/bot") == (PrincipalKind.AGENT, "corp", "bot")
    assert read_principal_key('Service::"corp/a/b"') == (PrincipalKind.SERVICE, "corp", "a/b")
    with pytest.raises(Unreadable):
        read_principal_key("Robot corp/x")
