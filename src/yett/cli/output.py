"""How every command prints: plain tables for people, JSON for programs, and one clear line for an error."""

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

import typer

from yett.core.errors import AuthenticationFailed, ConfigError, RecordingFailed, UpstreamFailed, YettError

EXIT_FOUND = 1
"""The command worked and found something wrong: a failed check, a recording that does not verify."""
EXIT_USAGE = 2
EXIT_CONFIG = 3
EXIT_IDENTITY = 4
EXIT_TARGET = 5
EXIT_EVIDENCE = 6
EXIT_BUSY = 7
EXIT_INTERNAL = 70

_BY_CODE = {
    "port_in_use": EXIT_BUSY,
    "store_in_use": EXIT_BUSY,
    "disk_full": EXIT_EVIDENCE,
}
_BY_KIND: tuple[tuple[type[YettError], int], ...] = (
    (ConfigError, EXIT_CONFIG),
    (AuthenticationFailed, EXIT_IDENTITY),
    (UpstreamFailed, EXIT_TARGET),
    (RecordingFailed, EXIT_EVIDENCE),
)
_STYLES = {"ok": typer.colors.GREEN, "warn": typer.colors.YELLOW, "fail": typer.colors.RED}


def exit_code(error: YettError) -> int:
    """Return the process's exit status for an error; docs/getting-started.md lists them."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if error.code.startswith(("policy_", "policies_")):
        return EXIT_CONFIG
    return next((status for kind, status in _BY_KIND if isinstance(error, kind)), 1)


def print_error(error: YettError, *, as_json: bool) -> None:
    """Print `error[code]: message`, the hint below it, and nothing else, to standard error."""
    if as_json:
        print(json.dumps(error_json(error), ensure_ascii=False), file=sys.stderr)
        return
    problems = getattr(error, "problems", None) or (error,)
    for one in problems:
        text = str(one) if one is not error else error.message
        code = getattr(one, "code", None) or error.code
        print(f"{styled('error', 'fail', sys.stderr)}[{code}]: {escaped(text)}", file=sys.stderr)
        for line in filter(None, str(getattr(one, "hint", "")).split("\n")):
            print(f"  hint: {escaped(line)}", file=sys.stderr)


def error_json(error: YettError) -> dict[str, Any]:
    """Return an error as the JSON object that `--json` prints."""
    body: dict[str, Any] = {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
    problems = getattr(error, "problems", ())
    if problems:
        body["problems"] = [
            {"file": one.file, "line": one.line, "code": one.code, "message": one.message, "hint": one.hint}
            for one in problems
        ]
    return body


def print_json(value: object) -> None:
    """Print one JSON document; what JSON has no word for is printed as text."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "nothing") -> None:
    """Print rows in aligned columns, the last one cut to the terminal's width; `empty` where there are none."""
    cells = [[escaped("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not cells:
        print(empty)
        return
    widths = [max(len(line[index]) for line in [list(columns), *cells]) for index in range(len(columns))]
    print(_line([name.upper() for name in columns], widths))
    for line in cells:
        print(_line(line, widths))


def print_fields(fields: Mapping[str, object]) -> None:
    """Print `name  value` lines, aligned."""
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        print(f"{name:<{width}}  {escaped(str(value))}")


def styled(text: str, mood: str, stream: TextIO | None = None) -> str:
    """Return `text` coloured for `ok`, `warn` or `fail` on a terminal, and plain elsewhere."""
    return typer.style(text, fg=_STYLES[mood], bold=True) if (stream or sys.stdout).isatty() else text


def escaped(text: str) -> str:
    """Return `text` with control characters made visible, so that no printed value can drive the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    line = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
    limit = shutil.get_terminal_size((200, 24)).columns if sys.stdout.isatty() else 0
    return line if not limit or len(line) <= limit else line[: limit - 1] + "…"
