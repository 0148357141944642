"""Prints a ticket so that a reviewer sees all of it and nothing that it holds can pretend to be something else."""

import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from yett.cli.output import escaped, print_table, styled
from yett.core.durations import duration_text

_GUTTER = "  {:>5} │ "
_WIDTH_MIN = 40
_ODD_SHOWN_MAX = 8

_WHY_NOT = {"own": "asked", "acted_for": "asked for", "unmask_needed": "need unmask"}

Facts = Mapping[str, Any]


def print_tickets(tickets: Iterable[Facts], *, empty: str) -> None:
    """Print a line for each ticket."""
    columns = ("ticket", "state", "left", "you", "who", "for", "what", "resource", "why")
    rows = [
        (t["id"], t["state"], _left(t), _you(t), t["principal"], _behalf(t), t["operation"], _place(t), t["reason"])
        for t in tickets
    ]
    print_table(columns, rows, empty=empty)


def print_ticket(ticket: Facts, *, width: int | None = None) -> None:
    """Print everything that a yes would stand for. What the client sent stands behind a line number and a bar."""
    limit = width if width is not None else _terminal_width()
    for line in ticket_lines(ticket, limit):
        print(line)


def ticket_lines(ticket: Facts, width: int) -> Iterator[str]:
    """Yield the lines of a ticket, each wrapped to `width` where the client's words could be longer (0: never)."""
    yield from _fields(_head(ticket), width)
    yield ""
    yield from _statement(ticket, width)
    yield from _parameters(ticket["parameters"], width)
    for title, text in ticket["shown"].items():
        if not text:
            continue
        yield ""
        yield f"{escaped(str(title))}:"
        yield from _quoted(str(text).splitlines() or [""], width)
    yield from _votes(ticket["votes"])
    yield from _earlier(ticket["same_shape"])
    yield ""
    yield f"you     {_may(ticket)}"
    yield f"digest  {escaped(ticket['digest'])}"


def _head(ticket: Facts) -> dict[str, str]:
    client = ticket["client"]
    waits = ", inside an open transaction: it keeps locks while it waits" if ticket["in_transaction"] else ""
    place = f" on {_place(ticket)}" if ticket["resource"] else ""
    fields = {
        "ticket": f"{ticket['id']}  {_standing(ticket)}",
        "who": f"{ticket['kind']} {ticket['principal']}",
        "on behalf of": ", for ".join(ticket["on_behalf_of"]),
        "groups": ", ".join(ticket["groups"]) or "none",
        "run": ticket["run"],
        "session": f"{ticket['session']}, operation {ticket['sequence']}" if ticket["session"] else "",
        "from": ", ".join(filter(None, (client["address"], client["program"]))),
        "what": f"{ticket['operation']}{place}{waits}",
        "why held": ticket["reason"],
        "policies": ", ".join(ticket["policies"]),
        "version": ticket["policy_version"],
        "asks": ", ".join(ticket["flows"]),
        "asked at": moment(ticket["created_at"]),
    }
    return {name: value for name, value in fields.items() if value}


def _standing(ticket: Facts) -> str:
    state = str(ticket["state"])
    if state in {"open", "approved"}:
        return f"{state}, {_left(ticket)} left"
    because = f": {ticket['ended_because']}" if ticket["ended_because"] else ""
    outcome = f", {ticket['outcome']}" if ticket["outcome"] else ""
    return f"{state}{outcome}{because}"


def _fields(fields: Mapping[str, str], width: int) -> Iterator[str]:
    longest = max(map(len, fields))
    for name, value in fields.items():
        first, *more = wrapped(escaped(value), width - longest - 2 if width else 0)
        yield f"{name:<{longest}}  {first}"
        yield from (f"{'':<{longest}}  {line}" for line in more)


def _statement(ticket: Facts, width: int) -> Iterator[str]:
    lines = ticket["statement"].split("\n")
    yield f"statement ({len(lines)} line{'' if len(lines) == 1 else 's'}, {ticket['statement_bytes']} bytes):"
    yield from _quoted(lines, width)
    if odd := odd_characters(ticket["statement"]):
        yield styled(f"  beside ASCII it holds {odd}: letters may look like others", "warn")
    if "statement_hex" in ticket:
        yield styled("  it is not UTF-8 text; its bytes:", "warn")
        yield from _quoted([ticket["statement_hex"]], width)


def _parameters(parameters: Iterable[Facts], width: int) -> Iterator[str]:
    found = list(parameters)
    if not found:
        return
    yield ""
    yield "parameters:"
    for one in found:
        if one["null"]:
            yield f"  {'$' + str(one['number']):>5} │ NULL (type {one['type']})"
            continue
        lines = one["text"].split("\n")
        yield from _quoted(lines, width, first=f"${one['number']}")
        if odd := odd_characters(one["text"]):
            yield styled(f"  beside ASCII it holds {odd}", "warn")


def _votes(votes: Iterable[Facts]) -> Iterator[str]:
    for one in votes:
        word = "went on without a reviewer" if one["break_glass"] else "said yes" if one["yes"] else "said no"
        window = f", for {duration_text(one['for_shape_seconds'])} of this shape" if one["for_shape_seconds"] else ""
        because = f": {one['reason']}" if one["reason"] else ""
        yield ""
        yield escaped(f"{one['reviewer']} {word} at {moment(one['at'])}{window}{because}")


def _earlier(tickets: Iterable[Facts]) -> Iterator[str]:
    found = list(tickets)
    yield ""
    yield "earlier tickets of this shape: " + ("none" if not found else "")
    for one in found:
        by = f" by {', '.join(one['reviewers'])}" if one["reviewers"] else ""
        yield escaped(f"  {one['id']}  {moment(one['created_at'])}  {one['state']}{by}  ({one['principal']})")


def _quoted(lines: Iterable[str], width: int, first: str = "1") -> Iterator[str]:
    """Yield lines behind their numbers; one that was wrapped goes on behind a bar without a number."""
    for number, line in enumerate(lines, 1):
        head = first if number == 1 else str(number) if first == "1" else ""
        room = width - len(_GUTTER.format("")) if width else 0
        for part_number, part in enumerate(wrapped(escaped(line), room)):
            yield _GUTTER.format("" if part_number else head) + part


def wrapped(text: str, width: int) -> list[str]:
    """Return a text cut to lines of `width` columns (0: one line); wide characters count twice."""
    if width <= 0:
        return [text]
    lines, line, used = [], "", 0
    for character in text:
        size = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used + size > width and line:
            lines.append(line)
            line, used = "", 0
        line += character
        used += size
    return [*lines, line]


def odd_characters(text: str) -> str:
    """Return the letters beside ASCII that a text holds, by code point, or nothing."""
    found = sorted({character for character in text if ord(character) > 127})
    shown = " ".join(f"U+{ord(one):04X}" for one in found[:_ODD_SHOWN_MAX])
    return f"{shown} and {len(found) - _ODD_SHOWN_MAX} more" if len(found) > _ODD_SHOWN_MAX else shown


def moment(text: str) -> str:
    """Return one of the API's times in this machine's zone, to the second."""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def _left(ticket: Facts) -> str:
    live = ticket["state"] in {"open", "approved"}
    return duration_text(max(1, ticket["seconds_left"])) if live else "-"


def _may(ticket: Facts) -> str:
    words = "may answer" if not ticket["why_not"] else f"may not answer ({ticket['why_not']})"
    words += ", may go on without a reviewer" if ticket["may_break_glass"] else ""
    return escaped(words if ticket["fresh"] else f"{words}; to say yes, sign in anew")


def _you(ticket: Facts) -> str:
    """Say in a word whether who looks may answer."""
    return _WHY_NOT.get(ticket["why_not"], "may not answer") if ticket["why_not"] else "may answer"


def _behalf(ticket: Facts) -> str:
    return ", ".join(ticket["on_behalf_of"])


def _place(ticket: Facts) -> str:
    return f"{ticket['resource']} ({ticket['env']})" if ticket["env"] else str(ticket["resource"])


def _terminal_width() -> int:
    return max(_WIDTH_MIN, shutil.get_terminal_size((100, 24)).columns) if sys.stdout.isatty() else 0
