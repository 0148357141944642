"""Judges figures against their bars, and says so: a table for people, and `bench.json` for programs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.rounds import NotMeasured, Series


class Judged(StrEnum):
    """What of a row is compared with its bar."""

    RATIO = "ratio"
    DIFFERENCE = "ours - peer"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Bar:
    """What must be reached and what is hoped for; `unit` is theirs, `at_least` says which side of them is good."""

    bar: float
    goal: float
    unit: str
    judged: Judged = Judged.RATIO
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        """Tell whether the bar is reached."""
        return value >= self.bar if self.at_least else value <= self.bar

    def reaches_goal(self, value: float) -> bool:
        """Tell whether the goal is reached."""
        return value >= self.goal if self.at_least else value <= self.goal


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the gate beside its peer's. `unit` is the unit of both; `official` rows are the issue's own."""

    work: str
    bar: Bar
    unit: str
    ours: Series
    peer: Series | None = None
    peer_name: str = ""
    policy: str = "restricted"
    client_tls: bool = False
    official: bool = False

    @property
    def ratio(self) -> Series | None:
        """Return ours divided by the peer's, round by round."""
        return None if self.peer is None else self.ours.over(self.peer)

    @property
    def value(self) -> Series:
        """Return what is compared with the bar."""
        if self.bar.judged is Judged.OURS or self.peer is None:
            return self.ours
        if self.bar.judged is Judged.DIFFERENCE:
            return self.ours.minus(self.peer)
        return self.ours.over(self.peer)

    @property
    def comparable(self) -> bool:
        """Tell whether enough rounds have a ratio."""
        try:
            return bool(self.value.values) and (self.ratio is None or bool(self.ratio.values))
        except NotMeasured:
            return False

    @property
    def met(self) -> bool:
        """Tell whether the median round reaches the bar."""
        return self.bar.is_met(self.value.median)

    @property
    def verdict(self) -> str:
        """Return `goal`, `met` or `MISSED`."""
        if not self.met:
            return "MISSED"
        return "goal" if self.bar.reaches_goal(self.value.median) else "met"


def as_json(rows: Iterable[Row], circumstances: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the rows as `build/bench.json` has them: `work, ours, peer, ratio, bar, met`, and more beside."""
    return [_as_json(row) | dict(circumstances) for row in rows]


def table(rows: Sequence[Row]) -> str:
    """Return the rows for people to read; `*` marks the issue's own."""
    head = ("", "work", "policy", "TLS", "ours", "peer", "judged: median (min to max)", "bar", "goal", "")
    return grid([head, *(_cells(row) for row in rows)])


def figures(measured: Mapping[str, Mapping[str, Series]]) -> str:
    """Return every peer's own figures, work by work."""
    cells = [
        (title if first else "", peer, number(found.median), f"{number(found.low)} to {number(found.high)}", rounds)
        for title, peers in measured.items()
        for first, peer, found, rounds in _numbered(peers)
    ]
    return grid([("measured", "peer", "median", "min to max", "rounds"), *cells])


def closing(rows: Sequence[Row]) -> str:
    """Return one sentence that says which bars were missed."""
    official = [row for row in rows if row.official]
    missed = [row.work for row in official if not row.met]
    others = sum(not row.met for row in rows if not row.official)
    beside = f" Of the {len(rows) - len(official)} other rows, {others} are over the same bars." if others else ""
    if not missed:
        return f"All {len(official)} bars are met.{beside}"
    return f"MISSED {len(missed)} of {len(official)} bars: {'; '.join(missed)}.{beside}"


def number(value: float) -> str:
    """Return a figure with about three digits that mean something."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def grid(lines: Sequence[Sequence[str]]) -> str:
    """Return columns of equal width, two spaces apart, with a rule below the first line."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([shown[0], "  ".join("-" * width for width in widths).rstrip(), *shown[1:]])


def _numbered(peers: Mapping[str, Series]) -> Iterator[tuple[bool, str, Series, str]]:
    for place, (peer, found) in enumerate(peers.items()):
        yield place == 0, peer, found, str(len(found.values))


def _cells(row: Row) -> tuple[str, ...]:
    value, bar = row.value, row.bar
    sign = "≥" if bar.at_least else "≤"
    unit = f" {bar.unit}" if bar.unit else " x"
    return (
        "*" if row.official else "",
        row.work,
        row.policy,
        "on" if row.client_tls else "off",
        f"{number(row.ours.median)} {row.unit}",
        f"{number(row.peer.median)} {row.unit} {row.peer_name}" if row.peer else "",
        f"{number(value.median)}{unit} ({number(value.low)} to {number(value.high)})",
        f"{sign} {number(bar.bar)}{unit}",
        f"{sign} {number(bar.goal)}{unit}",
        row.verdict,
    )


def _as_json(row: Row) -> dict[str, object]:
    ratio = row.ratio
    return {
        "work": row.work,
        "ours": _rounded(row.ours.median),
        "peer": None if row.peer is None else _rounded(row.peer.median),
        "ratio": None if ratio is None else _rounded(ratio.median),
        "bar": row.bar.bar,
        "met": row.met,
        "goal": row.bar.goal,
        "official": row.official,
        "policy": row.policy,
        "client_tls": row.client_tls,
        "peer_name": row.peer_name or None,
        "unit": row.unit,
        "bar_unit": row.bar.unit or "x",
        "bar_is": "at least" if row.bar.at_least else "at most",
        "judged": row.bar.judged.value,
        "value": _rounded(row.value.median),
        "spread": {
            "value": _spread(row.value),
            "ours": _spread(row.ours),
            "peer": None if row.peer is None else _spread(row.peer),
            "ratio": None if ratio is None else _spread(ratio),
        },
        "rounds": len(row.ours.values),
    }


def _spread(found: Series) -> list[float]:
    return [_rounded(found.low), _rounded(found.high)]


def _rounded(value: float) -> float:
    return round(value, 3)
