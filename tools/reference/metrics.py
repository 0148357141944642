"""Reads the metrics' own table: each name with its kind, labels and meaning."""

from yett.telemetry.metrics import NAMES

HEAD = """\
# Metrics

`GET /metrics` on the `[admin]` listener, in Prometheus' text or OpenMetrics format. Beside these it shows the
process's own (`process_…`, `python_…`).

| name | kind | labels | meaning |
|---|---|---|---|
"""


def page() -> str:
    """Return the page of all metrics, in alphabetical order."""
    rows = [
        f"| `{name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels)} | {one.meaning} |"
        for name, one in sorted(NAMES.items())
    ]
    return HEAD + "\n".join(rows) + "\n"
