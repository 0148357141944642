"""What Prometheus reads."""

import timeit

from prometheus_client.parser import text_string_to_metric_families

from yett.telemetry.counters import GateCounters
from yett.telemetry.metrics import NAMES, Metrics


def scraped(counters: GateCounters, readings=None) -> dict[tuple, float]:
    body, content_type = Metrics(counters, lambda: readings or {}).exposition("")
    assert content_type.startswith("text/plain")
    families = text_string_to_metric_families(body.decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_numbers_of_a_resource_are_shown_under_its_labels():
    counters = GateCounters()
    orders = counters.resource("postgres", "orders")
    orders.allowed += 3
    orders.denied += 1
    orders.sessions["closed"] += 2
    orders.bytes_to_client += 100
    orders.decision.observe(0.00002)
    orders.decision.observe(99)
    seen = scraped(counters)
    labels = (("protocol", "postgres"), ("resource", "orders"))
    assert seen["yett_operations_total", (*labels, ("verdict", "allowed"))] == 3
    assert seen["yett_sessions_total", (("outcome", "closed"), *labels)] == 2
    assert seen["yett_bytes_total", (("direction", "to_client"), *labels)] == 100
    assert seen["yett_decision_seconds_bucket", (("le", "2.5e-05"), *labels)] == 1
    assert seen["yett_decision_seconds_bucket", (("le", "+Inf"), *labels)] == 2
    assert seen["yett_decision_seconds_sum", labels] == 99.00002


def test_numbers_of_the_gate_and_readings_of_other_rooms_are_shown():
    counters = GateCounters()
    counters.login("jwt", "refused")
    counters.policy_reloads["loaded"] += 1
    seen = scraped(counters, {("yett_policy_info", ("v1",)): 1.0, ("yett_recording_healthy", ()): 0.0})
    assert seen["yett_logins_total", (("method", "jwt"), ("outcome", "refused"))] == 1
    assert seen["yett_policy_info", (("version", "v1"),)] == 1
    assert seen["yett_recording_healthy", ()] == 0


def test_every_name_that_is_shown_is_documented():
    counters = GateCounters()
    counters.resource("postgres", "orders")
    names = {name for name, _ in scraped(counters) if name.startswith("yett_")}
    plain = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in names}
    assert plain <= NAMES.keys()


def test_counting_a_duration_costs_about_a_microsecond():
    histogram = GateCounters().resource("postgres", "orders").decision
    seconds = min(timeit.repeat(lambda: histogram.observe(0.0001), number=10_000, repeat=5)) / 10_000
    assert seconds < 5e-6
