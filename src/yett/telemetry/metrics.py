"""Shows the gate's numbers to Prometheus, under names that docs/reference/metrics.md documents."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

from yett.telemetry.counters import GateCounters
from yett.telemetry.histogram import Histogram

_BY_RESOURCE = ("protocol", "resource")


@dataclass(frozen=True, slots=True)
class Name:
    """One metric: its kind, labels, and what it means."""

    kind: str
    labels: tuple[str, ...]
    meaning: str


NAMES: dict[str, Name] = {
    "yett_sessions": Name("gauge", _BY_RESOURCE, "Sessions open now."),
    "yett_sessions_total": Name("counter", (*_BY_RESOURCE, "outcome"), "Sessions that ended, by how."),
    "yett_operations_total": Name("counter", (*_BY_RESOURCE, "verdict"), "Operations judged, by verdict."),
    "yett_denials_total": Name("counter", (*_BY_RESOURCE, "code"), "Operations denied, by the denial's code."),
    "yett_decision_seconds": Name("histogram", _BY_RESOURCE, "From a parsed request to its verdict."),
    "yett_upstream_seconds": Name("histogram", _BY_RESOURCE, "From forwarding a request to the end of its answer."),
    "yett_bytes_total": Name("counter", (*_BY_RESOURCE, "direction"), "Bytes relayed, by direction."),
    "yett_rows_total": Name("counter", _BY_RESOURCE, "Rows answered to clients."),
    "yett_matches_total": Name("counter", _BY_RESOURCE, "Values by which rows were looked up in labelled columns."),
    "yett_logins_total": Name("counter", ("method", "outcome"), "Attempts to sign in."),
    "yett_policy_reloads_total": Name("counter", ("outcome",), "Policies read again: loaded, or kept after an error."),
    "yett_policy_info": Name("gauge", ("version",), "1 for the policy version in force."),
    "yett_recording_healthy": Name("gauge", (), "1 while evidence can be written; 0 means everything is refused."),
    "yett_recording_free_bytes": Name("gauge", (), "Free space where recordings are written."),
    "yett_ready": Name("gauge", (), "1 while the gate takes new sessions, as /readyz says."),
    "yett_build_info": Name("gauge", ("version", "hot_modules"), "1 for the version that runs."),
}

_Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
_Families = dict[str, Any]
"""Families by name; `Any`, because a histogram's samples are added in another way than the others'."""

Readings = Callable[[], dict[tuple[str, tuple[str, ...]], float]]
"""Gives the gauges that other rooms know, as (name, label values) → value, at each scrape."""


class Metrics:
    """The registry of one gate."""

    def __init__(self, counters: GateCounters, readings: Readings) -> None:
        self._counters = counters
        self._readings = readings
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._registry.register(self)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return the body and content type that answer a scrape with this Accept header."""
        encoder, content_type = choose_encoder(accept)
        return encoder(self._registry), content_type

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; called by the registry."""
        readings = self._readings()  # first: it brings the counters up to date
        families: _Families = {name: _family(name, one) for name, one in NAMES.items()}
        self._add_resources(families)
        self._add_gate(families)
        for (name, labels), value in readings.items():
            families[name].add_metric(list(labels), value)
        yield from families.values()

    def _add_resources(self, families: _Families) -> None:
        for key, numbers in self._counters.by_resource():
            families["yett_sessions"].add_metric(key, numbers.sessions_open)
            families["yett_rows_total"].add_metric(key, numbers.rows)
            families["yett_matches_total"].add_metric(key, numbers.matches)
            for outcome, count in numbers.sessions.items():
                families["yett_sessions_total"].add_metric([*key, outcome], count)
            for code, count in numbers.denials.items():
                families["yett_denials_total"].add_metric([*key, code], count)
            for verdict in ("allowed", "denied", "held", "terminated"):
                families["yett_operations_total"].add_metric([*key, verdict], getattr(numbers, verdict))
            for direction in ("from_client", "to_client"):
                families["yett_bytes_total"].add_metric([*key, direction], getattr(numbers, f"bytes_{direction}"))
            _add_histogram(families["yett_decision_seconds"], key, numbers.decision)
            _add_histogram(families["yett_upstream_seconds"], key, numbers.upstream)

    def _add_gate(self, families: _Families) -> None:
        for labels, count in self._counters.logins.items():
            families["yett_logins_total"].add_metric(labels, count)
        for outcome, count in self._counters.policy_reloads.items():
            families["yett_policy_reloads_total"].add_metric([outcome], count)


def _family(name: str, one: Name) -> _Family:
    kinds: dict[str, type[_Family]] = {
        "counter": CounterMetricFamily,
        "gauge": GaugeMetricFamily,
        "histogram": HistogramMetricFamily,
    }
    return kinds[one.kind](name, one.meaning, labels=one.labels)


def _add_histogram(
    family: Any,  # noqa: ANN401 - as above
    key: tuple[str, ...],
    histogram: Histogram,
) -> None:
    family.add_metric(list(key), buckets=histogram.cumulative(), sum_value=histogram.sum_seconds)
