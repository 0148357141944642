"""What statements touch on real servers."""

import pytest

from protocols.postgres.catalog.catalog_bench import Bench, reads, writes
from yett.protocols.postgres.catalog.resolve import resolve_cached

BASES = "read Table public.orders, read Table public.customers"
AUDITED = "write Table public.audited, execute Function public.audit"
CASCADED = "write Table public.customers, write Table public.orders"


def test_an_ordinary_table_is_read_and_nothing_else(calm: Bench) -> None:
    assert calm.touched(reads("customers")) == {"read Table public.customers"}
    assert len(calm.asked) == 1


def test_a_steady_statement_asks_nothing(calm: Bench) -> None:
    facts, view = reads("customers", "big_orders"), calm.view()
    first = calm.resolve(facts, view)
    assert resolve_cached(facts, view, calm.cache) is first
    calm.resolve(reads("big_orders", "customers"), view)
    assert calm.asked == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("big_orders", "read Table public.big_orders, " + BASES),
        ("deep", "read Table public.deep, read Table public.big_orders, " + BASES),
        ("loud", "read Table public.loud, read Table public.customers, execute Function public.shout"),
        ("totals", "read Table public.totals"),
        ("events", "read Table public.events"),
        ("events_2026", "read Table public.events_2026, read Table public.events"),
        ("base", "read Table public.base, read Table public.derived"),
        ("guarded", "read Table public.guarded, execute Function public.may_see"),
        ("typed", "read Table public.typed"),
        ("pg_class", "read Table pg_catalog.pg_class"),
        ("pg_stat_activity", "administer Table pg_catalog.pg_stat_activity"),
        ("spies", "read Table public.spies, administer Table pg_catalog.pg_stat_activity"),
        ("passwords", "read Table public.passwords, administer Table pg_catalog.pg_authid"),
        ("files", "read Table public.files, administer Resource "),
    ],
)
def test_reading_touches(calm: Bench, name: str, expected: str) -> None:
    assert calm.touched(reads(name)) == set(expected.split(", "))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("orders", "write Table public.orders"),
        ("customers", CASCADED),
        ("audited", AUDITED),
        (
            "ruled",
            "write Table public.ruled, execute Function public.copies on ruled, " + AUDITED,
        ),
        ("typed", "write Table public.typed, execute Function public.is_even"),
        ("events", "write Table public.events"),
        ("loud", "write Table public.loud, execute Function public.shout, " + CASCADED),
    ],
)
def test_writing_touches(calm: Bench, name: str, expected: str) -> None:
    assert calm.touched(writes(name)) == set(expected.split(", "))
