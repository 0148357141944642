"""How sessions, replays and proofs are printed."""

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import msgspec
import typer

from yett.cli.output import escaped, styled
from yett.recording.archive import summary_of
from yett.recording.index import Listed
from yett.recording.replay import Line
from yett.recording.verify import Report
from yett.recording.verify_file import FileReport


def summary_row(listed: Listed) -> tuple[object, ...]:
    """Return a session as a row of `yett sessions`."""
    known = summary_of(listed)
    who = known.principal or "(erased)"
    behalf = f" for {known.on_behalf_of}" if known.on_behalf_of else ""
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(listed.opened_ns / 1e9))
    counted = (known.operations, known.denied) if listed.end else ("", "")
    return listed.file, began, who + behalf, known.resource, *counted, _end_of(listed)


def _end_of(listed: Listed) -> str:
    if listed.retired:
        return "retired"
    if listed.end is None:
        return "open"
    return "sealed after a crash" if listed.end.what == "sealed" else summary_of(listed).reason or "closed"


def summary_json(listed: Listed) -> dict[str, Any]:
    """Return a session as `yett sessions --json` prints it."""
    facts: dict[str, Any] = msgspec.to_builtins(summary_of(listed))
    return facts | {
        "began_ns": listed.opened_ns,
        "state": "retired" if listed.retired else listed.end.what if listed.end else "open",
        "outcomes_unknown": listed.end.unknown if listed.end else 0,
        "erased_payloads": len(listed.erased),
        "path": listed.path,
    }


_COLOURS = {"who": "cyan", "ask": "bright_white", "ok": "green", "fail": "red", "note": "yellow", "gone": "magenta"}


def coloured(line: Line) -> str:
    """Return a replay's line, coloured on a terminal."""
    if not sys.stdout.isatty() or line.mood not in _COLOURS or "NO_COLOR" in os.environ:
        return line.text
    return typer.style(line.text, fg=_COLOURS[line.mood])


def print_report(report: Report, words: list[str]) -> None:
    """Print each problem, then one line that says whether all holds, then what could not be known."""
    for problem in report.problems:
        print(f"{styled('bad', 'fail')}: {escaped(str(problem))}")
    print(_verdict(report))
    for file in report.files:
        for text in _remarks(file):
            print(f"note: {text}")
    for text in (*words, *report.unknowable):
        print(f"note: {text}")


def _verdict(report: Report) -> str:
    good = [file for file in report.files if file.problem is None]
    sessions = [file for file in good if not file.file.startswith(("index-", "gate-"))]
    states = {state: sum(file.state == state for file in sessions) for state in ("complete", "sealed", "unfinished")}
    counted = ", ".join(f"{count} {state}" for state, count in states.items() if count)
    entries, erased = sum(file.entries for file in good), sum(len(file.erased) for file in good)
    parts = [f"{len(sessions)} sessions" + (f" ({counted})" if counted else "")]
    parts += [f"{len(good) - len(sessions)} logs of the gate", f"{entries} entries", f"{erased} payloads erased"]
    if report.problems:
        parts.insert(0, f"{len(report.problems)} problems")
    return f"{styled('verified', 'ok') if report.ok else styled('NOT verified', 'fail')}: {', '.join(parts)}"


def _remarks(file: FileReport) -> list[str]:
    remarks = []
    if file.torn_bytes:
        remarks.append(
            f"{file.file} ends in {file.torn_bytes} bytes of an entry that was never whole (torn, not changed)"
        )
    if file.unknown:
        state = "in flight, or outcome_unknown if the gate died" if file.state == "unfinished" else "outcome_unknown"
        remarks.append(f"{file.file}: {len(file.unknown)} operations are {state}")
    return remarks


def report_json(report: Report, words: list[str]) -> Mapping[str, object]:
    """Return a proof as `yett verify --json` prints it."""
    return {
        "ok": report.ok,
        "problems": [
            {"file": p.file, "path": p.path, "entry": p.entry, "offset": p.offset, "what": p.what}
            for p in report.problems
        ],
        "files": [
            {
                "file": f.file,
                "path": f.path,
                "state": f.state,
                "entries": f.entries,
                "operations": f.operations,
                "outcome_unknown": list(f.unknown),
                "erased": len(f.erased),
                "unsigned": f.unsigned,
                "torn_bytes": f.torn_bytes,
                "head": f.head.hex(),
            }
            for f in report.files
        ],
        "unknowable": [*words, *report.unknowable],
    }
