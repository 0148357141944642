"""The benchmark's arithmetic: medians, ratios, bars, and what bench.json holds."""

import json

import pytest

from bench.report import Bar, Judged, Row, as_json, closing, table
from bench.rounds import NotMeasured, Series, in_turns, series

AT_MOST_3 = Bar(3, 1.5, "")
AT_LEAST_04 = Bar(0.4, 0.8, "", at_least=True)
AT_MOST_5_MS = Bar(5, 2, "ms", Judged.DIFFERENCE)
AT_MOST_60_KIB = Bar(60, 20, "KiB", Judged.OURS)


def row(bar: Bar, ours: list[float], peer: list[float] | None, **more: object) -> Row:
    return Row("a work", bar, "µs", series(ours), series(peer) if peer else None, "pgbouncer", **more)


def test_peers_take_turns_and_come_back_the_other_way() -> None:
    order = []
    found = in_turns(("a", "b", "c"), 3, lambda peer: float(order.append(peer) or len(order)))
    assert "".join(order) == "abccbaabc"
    assert found["a"] == Series((1.0, 6.0, 7.0))


def test_a_ratio_is_taken_round_by_round() -> None:
    ratio = Series((60.0, 200.0, 90.0)).over(Series((20.0, 100.0, 30.0)))
    assert (ratio.median, ratio.low, ratio.high) == (3.0, 2.0, 3.0)


def test_a_round_in_which_the_peer_added_nothing_has_no_ratio() -> None:
    assert Series((60.0, 60.0, 90.0)).over(Series((20.0, -1.0, 30.0))).values == (3.0, 3.0)


def test_a_peer_that_mostly_adds_nothing_cannot_be_compared_with() -> None:
    with pytest.raises(NotMeasured):
        Series((60.0, 60.0, 90.0)).over(Series((20.0, -1.0, 0.0)))


def test_a_row_whose_peer_mostly_adds_nothing_is_known_as_such() -> None:
    assert not row(AT_MOST_3, [60, 60, 90], [20, -1, 0]).comparable
    assert row(AT_MOST_3, [60, 60, 90], [20, 20, 0]).comparable
    assert row(AT_MOST_60_KIB, [70], None).comparable


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_a_missing_figure_is_a_failure(values: list[float]) -> None:
    with pytest.raises(NotMeasured):
        series(values)


@pytest.mark.parametrize(
    ("bar", "ours", "peer", "verdict"),
    [
        (AT_MOST_3, 90, 30, "met"),
        (AT_MOST_3, 91, 30, "MISSED"),
        (AT_MOST_3, 45, 30, "goal"),
        (AT_LEAST_04, 400, 1000, "met"),
        (AT_LEAST_04, 399, 1000, "MISSED"),
        (AT_LEAST_04, 1200, 1000, "goal"),
        (AT_MOST_5_MS, 13, 8, "met"),
        (AT_MOST_5_MS, 13.1, 8, "MISSED"),
        (AT_MOST_5_MS, 10, 8, "goal"),
        (AT_MOST_60_KIB, 60, None, "met"),
        (AT_MOST_60_KIB, 61, None, "MISSED"),
    ],
)
def test_each_kind_of_bar_is_judged_by_its_own_side(bar: Bar, ours: float, peer: float | None, verdict: str) -> None:
    assert row(bar, [ours], [peer] if peer else None).verdict == verdict


def test_json_has_what_was_promised_and_can_be_written() -> None:
    rows = [
        row(AT_MOST_3, [60, 80, 100], [20, 20, 20], official=True),
        row(AT_MOST_60_KIB, [70], None, policy="unrestricted"),
    ]
    first, second = json.loads(json.dumps(as_json(rows, {"hot_modules": "compiled"}), allow_nan=False))
    assert {name: first[name] for name in ("work", "ours", "peer", "ratio", "bar", "met")} == {
        "work": "a work",
        "ours": 80,
        "peer": 20,
        "ratio": 4,
        "bar": 3,
        "met": False,
    }
    assert first["spread"]["ratio"] == [3, 5]
    assert first["official"] is True
    assert first["hot_modules"] == "compiled"
    assert (second["peer"], second["ratio"], second["value"], second["met"]) == (None, None, 70, False)


def test_the_table_says_missed_and_marks_the_official_rows() -> None:
    rows = [row(AT_MOST_3, [100], [20], official=True), row(AT_LEAST_04, [900], [1000])]
    lines = table(rows).splitlines()
    assert len({line.index("a work") for line in lines[2:]}) == 1
    assert lines[2].startswith("*")
    assert lines[2].endswith("MISSED")
    assert lines[3].endswith("goal")
    assert "≥ 0.40 x" in lines[3]


def test_the_last_line_counts_the_official_bars() -> None:
    missed, met = row(AT_MOST_3, [100], [20], official=True), row(AT_MOST_3, [20], [20], official=True)
    assert closing([met]) == "All 1 bars are met."
    assert closing([missed, met]).startswith("MISSED 1 of 2 bars: a work.")
    assert "1 are over the same bars" in closing([met, row(AT_MOST_3, [100], [20])])
