"""The target's plan in words for a reviewer: steps, tables, indexes, estimates, and no value that anything holds.

Conditions are left out: they repeat the statement, which the reviewer has, and may bring in constants from views and
row-level security policies, which nobody showed them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_LINES_MAX = 60
_DEPTH_MAX = 30
_NAME_MAX = 128


def plan_words(document: str) -> str:
    """Return the lines of a plan that EXPLAIN (FORMAT JSON) printed, the estimate of all of it first.

    ValueError: it is not such a document.
    """
    try:
        (whole,) = msgspec.json.decode(document)
        top = whole["Plan"]
        lines = list(_steps(top, 0))
        first = f"about {_count(top)} rows, cost {_cost(top)}"
    except (msgspec.DecodeError, RecursionError, KeyError, TypeError) as fault:
        raise ValueError("not a plan") from fault
    more = [f"… and {len(lines) - _LINES_MAX} more steps"] if len(lines) > _LINES_MAX else []
    return "\n".join([first, *lines[:_LINES_MAX], *more])


def _steps(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    if depth > _DEPTH_MAX:
        return
    lead = "  " * depth
    of = f" of {node['Subplan Name']}" if "Subplan Name" in node else ""
    yield f"{lead}{_named(node)}{of}: rows {_count(node)}, cost {_cost(node)}"
    for below in node.get("Plans", []):
        yield from _steps(below, depth + 1)


def _named(node: Mapping[str, Any]) -> str:
    kind = str(node["Node Type"])
    if (join := node.get("Join Type", "Inner")) != "Inner":
        kind = f"{kind} ({join})"
    index = f" using {_short(node['Index Name'])}" if "Index Name" in node else ""
    place = next((node[name] for name in ("Relation Name", "CTE Name", "Function Name") if name in node), "")
    alias = node.get("Alias", place)
    also = f" as {_short(alias)}" if place and alias != place else ""
    return f"{kind}{index}{f' on {_short(place)}' if place else ''}{also}"


def _count(node: Mapping[str, Any]) -> str:
    return f"{int(node['Plan Rows']):,}"


def _cost(node: Mapping[str, Any]) -> str:
    return f"{float(node['Total Cost']):,.2f}"


def _short(name: object) -> str:
    return str(name)[:_NAME_MAX]
