"""Parts that need no server: arrays, the cache, settings, what is done with failures and with too much."""

from collections.abc import Generator

import pytest

from protocols.postgres.catalog.catalog_bench import reads, understood
from yett.core.clock import ManualClock
from yett.core.targets import Effect
from yett.protocols.postgres.catalog import closure
from yett.protocols.postgres.catalog.arrays import text_array
from yett.protocols.postgres.catalog.assertion import written
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.queries import CatalogFailed, CatalogQuery, Rows
from yett.protocols.postgres.catalog.resolution import Resolution
from yett.protocols.postgres.catalog.resolve import resolve, resolve_cached
from yett.protocols.postgres.catalog.session_settings import read_back
from yett.protocols.postgres.catalog.settings_allowed import (
    Ruling,
    may_read_freely,
    rule_on,
    startup_parameter_allowed,
)
from yett.protocols.postgres.catalog.target_kinds import PLACED, TARGET_KINDS, UNPLACED
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.sql.facts import SettingChange, StatementFacts
from yett.protocols.postgres.sql.refs import RefKind

VIEW = SessionView("orders", "app", ("pg_catalog", "public"))


def _row(oid: int, name: str, kind: str = "r", flags: str = "", tag: str = "1", via: str = "") -> tuple[str, ...]:
    return ("relation", tag, via, str(oid), "public", name, kind, "p", flags, "700", "", f"{oid}///")


def _answer(asking: Generator[CatalogQuery, Rows, Resolution], *answers: Rows) -> Resolution:
    next(asking)
    for rows in answers[:-1]:
        asking.send(rows)
    with pytest.raises(StopIteration) as done:
        asking.send(answers[-1])
    found = done.value.value
    assert isinstance(found, Resolution)
    return found


def _resolved(facts: StatementFacts, cache: NameCache, view: SessionView = VIEW) -> Resolution:
    return _answer(resolve(facts, view, cache), [_row(20000, "orders")])


def test_arrays_quote_whatever_a_name_holds() -> None:
    assert text_array(["a", 'b"c', "d\\e", "{,}", None, "", "NULL"]) == r'{"a","b\"c","d\\e","{,}",NULL,"","NULL"}'


def test_written_names_are_quoted_part_by_part() -> None:
    assert written(None, 'a"b') == '"a""b"'
    assert written("s.t", "x") == '"s.t"."x"'


def test_the_cache_ends_with_age() -> None:
    clock, facts = ManualClock(), reads("orders")
    cache = NameCache(clock, max_age_seconds=60)
    first = _resolved(facts, cache)
    clock.advance(59)
    assert resolve_cached(facts, VIEW, cache) is first
    clock.advance(2)
    assert resolve_cached(facts, VIEW, cache) is None
    assert isinstance(next(resolve(facts, VIEW, cache)), CatalogQuery)


def test_the_cache_ends_with_a_definition_and_look_ups_under_way_are_not_kept() -> None:
    cache, facts = NameCache(ManualClock()), reads("orders")
    asking = resolve(facts, VIEW, cache)
    next(asking)
    cache.forget()
    with pytest.raises(StopIteration):
        asking.send([_row(20000, "orders")])
    assert resolve_cached(facts, VIEW, cache) is None
    _resolved(facts, cache)
    assert resolve_cached(facts, VIEW, cache) is not None
    cache.forget()
    assert resolve_cached(facts, VIEW, cache) is None


def test_the_cache_is_bounded() -> None:
    cache = NameCache(ManualClock(), entries_max=10)
    kept = [reads("orders") for _ in range(50)]
    for facts in kept:
        list_of = resolve(facts, VIEW, cache)
        try:
            next(list_of)
            list_of.send([_row(20000, "orders")])
        except StopIteration:
            pass
    assert sum(resolve_cached(facts, VIEW, cache) is not None for facts in kept) <= 10


def test_another_path_role_or_parameter_type_is_another_question() -> None:
    cache, facts = NameCache(ManualClock()), reads("orders")
    _resolved(facts, cache)
    for view in (
        SessionView("orders", "app", ("pg_catalog", "other", "public")),
        SessionView("orders", "boss", ("pg_catalog", "public")),
        SessionView("orders", "app", ("pg_catalog", "public"), dirty=True),
    ):
        assert resolve_cached(facts, view, cache) is None
    assert resolve_cached(facts, VIEW, cache, (90000,)) is None


def test_a_dirty_view_leaves_the_shared_cache_alone_and_uses_its_own() -> None:
    dirty, facts = SessionView("orders", "app", ("pg_catalog", "public"), dirty=True), reads("orders")
    shared, own = NameCache(ManualClock()), NameCache(ManualClock(), shared=False)
    _resolved(facts, shared, dirty)
    assert resolve_cached(facts, VIEW, shared) is None
    assert resolve_cached(facts, dirty, shared) is None
    _resolved(facts, own, dirty)
    assert resolve_cached(facts, dirty, own) is not None


def test_a_failed_look_up_is_a_refusal() -> None:
    asking = resolve(reads("orders"), VIEW, NameCache(ManualClock()))
    next(asking)
    with pytest.raises(StopIteration) as done:
        asking.throw(CatalogFailed("the connection ended"))
    found = done.value.value
    assert found.refusal.code == "catalog_unavailable"
    assert any(access.effect is Effect.UNKNOWN for access in found.accesses)


def test_a_chain_of_views_without_end_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "DEPTH_MAX", 3)
    answers = [[_row(20000 + i + 1, f"v{i + 1}", "v", "rules", str(20000 + i), "view")] for i in range(3)]
    found = _answer(resolve(reads("v0"), VIEW, NameCache(ManualClock())), [_row(20000, "v0", "v", "rules")], *answers)
    assert found.refusal is not None
    assert found.refusal.code == "catalog_too_deep"


def test_a_view_over_too_many_relations_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "RELATIONS_MAX", 10)
    many = [_row(30000 + i, f"t{i}", tag="20000", via="view") for i in range(20)]
    found = _answer(resolve(reads("v"), VIEW, NameCache(ManualClock())), [_row(20000, "v", "v", "rules")], many)
    assert found.refusal is not None
    assert found.refusal.code == "catalog_too_deep"


def test_a_statement_with_too_many_names_is_a_refusal() -> None:
    many = reads(*(f"t{i}" for i in range(6000)))
    with pytest.raises(StopIteration) as done:
        next(resolve(many, VIEW, NameCache(ManualClock())))
    assert done.value.value.refusal.code == "catalog_too_deep"


def test_a_missing_table_is_asked_for_again() -> None:
    cache, facts = NameCache(ManualClock()), reads("orders")
    missing = _answer(resolve(facts, VIEW, cache), [])
    assert (missing.sqlstate, missing.missing) == ("42P01", "orders")
    assert _resolved(facts, cache).refusal is None


def test_a_statement_without_names_asks_nothing() -> None:
    with pytest.raises(StopIteration) as done:
        next(resolve(understood("COMMIT"), VIEW, NameCache(ManualClock())))
    assert [str(access.effect) for access in done.value.value.accesses] == ["connect"]
    assert done.value.value.assertion is None


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("application_name", "x", Ruling.FREE),
        ("enable_seqscan", "off", Ruling.FREE),
        ("jit_provider", "evil", Ruling.ADMINISTER),
        ("client_encoding", "utf-8", Ruling.FREE),
        ("client_encoding", "Unicode", Ruling.FREE),
        ("client_encoding", "SQL_ASCII", Ruling.REFUSED),
        ("client_encoding", None, Ruling.REFUSED),
        ("standard_conforming_strings", "ON", Ruling.FREE),
        ("standard_conforming_strings", "off", Ruling.REFUSED),
        ("search_path", "", Ruling.FREE),
        ("search_path", "other, public", Ruling.FREE),
        ("search_path", '"$user", public', Ruling.FREE),
        ("search_path", "pg_catalog, public", Ruling.FREE),
        ("search_path", "public, pg_catalog", Ruling.ADMINISTER),
        ("search_path", "pg_temp, public", Ruling.ADMINISTER),
        ("search_path", None, Ruling.ADMINISTER),
        ("work_mem", "1GB", Ruling.FREE),
        ("work_mem", "2GB", Ruling.ADMINISTER),
        ("work_mem", "65536", Ruling.FREE),
        ("work_mem", "lots", Ruling.ADMINISTER),
        ("work_mem", None, Ruling.ADMINISTER),
        ("session_replication_role", "replica", Ruling.ADMINISTER),
        ("session_preload_libraries", "evil", Ruling.ADMINISTER),
        ("log_statement", "none", Ruling.ADMINISTER),
        ("app.tenant", "3", Ruling.WRITE),
        ("default_tablespace", "", Ruling.FREE),
        ("default_tablespace", "fast", Ruling.ADMINISTER),
        (None, None, Ruling.ADMINISTER),
    ],
)
def test_settings_are_an_allow_list(name: str | None, value: str | None, expected: Ruling) -> None:
    assert rule_on(SettingChange(name, value)) is expected


def test_going_back_to_the_default_is_free() -> None:
    assert rule_on(SettingChange("session_replication_role", reset=True)) is Ruling.FREE


def test_startup_parameters_are_the_same_allow_list() -> None:
    assert startup_parameter_allowed("DateStyle", "ISO")
    assert startup_parameter_allowed("search_path", "public")
    assert not startup_parameter_allowed("role", "postgres")
    assert not startup_parameter_allowed("session_replication_role", "replica")
    assert not startup_parameter_allowed("app.tenant", "3")


def test_secrets_in_settings_are_not_read_freely() -> None:
    assert may_read_freely("server_version")
    assert not may_read_freely("primary_conninfo")
    assert not may_read_freely("app.tenant")


def test_a_session_that_reads_text_differently_is_not_safe() -> None:
    def seen(temporary: str = "-", encoding: str = "UTF8", strings: str = "on") -> Rows:
        path = '["pg_catalog","public"]'
        return [("app", "app", path, "public", temporary, "", strings, encoding, "170010")]

    found = read_back(seen(), "orders", dirty=False)
    assert found.safe
    assert found.view == SessionView("orders", "app", ("pg_catalog", "public"), "public", server_version=170010)
    assert not read_back(seen(encoding="LATIN1"), "orders", dirty=False).safe
    assert not read_back(seen(strings="off"), "orders", dirty=False).safe
    assert read_back(seen(temporary="pg_temp_3"), "orders", dirty=False).view.dirty
    with pytest.raises(CatalogFailed):
        read_back([], "orders", dirty=False)


def test_every_kind_of_name_has_a_declared_target() -> None:
    declared = {kind.name for kind in TARGET_KINDS}
    assert {*UNPLACED.values(), *PLACED.values()} <= declared
    assert {*UNPLACED, *PLACED, RefKind.RESOURCE, RefKind.ATTRIBUTE} == set(RefKind)
    assert all(parent in {*declared, "Resource"} for kind in TARGET_KINDS for parent in kind.parents)


def test_an_effect_that_policy_has_no_word_for_is_not_understood() -> None:
    found = closure.Closure(VIEW)
    found.add(Effect.GENERATE, "Table", "public", "orders")
    assert [(str(a.effect), a.target.kind) for a in found.accesses] == [("unknown", "Resource")]
