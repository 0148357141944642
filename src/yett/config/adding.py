"""Adds labels to yett.toml and leaves everything else in it as it is, comments too."""

import os
import re
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from yett.config.loading import load_config
from yett.config.toml_lines import lines_of
from yett.core.errors import ConfigError

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_BY_HAND = "add the lines yourself; `yett scan` without --accept prints them"


@dataclass(frozen=True, slots=True)
class Label:
    """One line of `[data.<resource>]`: a column, its label, and a comment that says why."""

    column: str
    label: str
    why: str = ""


def label_lines(labels: Iterable[Label]) -> list[str]:
    """Return one line of TOML for each label."""
    return [f"{_toml(one.column)} = {_toml(one.label)}{_comment(one.why)}" for one in labels]


def with_labels(text: str, resource: str, labels: Sequence[Label]) -> str:
    """Return the text of a settings file with these labels added to `[data.<resource>]`.

    Raises ConfigError where that cannot be done without touching what somebody wrote.
    """
    before = tomllib.loads(text)
    lines = _LINES.findall(text)
    added = [line + _line_end(text) for line in label_lines(labels)]
    at = _place(text, lines, resource)
    if at is None:
        ended = [] if not lines or lines[-1].endswith("\n") else [_line_end(text)]
        head = [*ended, _line_end(text), f"[data.{resource}]{_line_end(text)}"]
        after = "".join([*lines, *head, *added])
    else:
        kept = lines[at - 1]
        lines[at - 1] = kept if kept.endswith("\n") else kept + _line_end(text)
        after = "".join([*lines[:at], *added, *lines[at:]])
    _prove(before, after, resource, labels)
    return after


def add_labels(file: Path, resource: str, labels: Sequence[Label]) -> None:
    """Add labels to a settings file: whole or not at all, and only if the file can be loaded with them.

    Raises ConfigError, and leaves the file as it was.
    """
    file = file.resolve()
    try:
        raw = file.read_bytes()
        changed = with_labels(raw.decode(), resource, labels).encode()
        _replace(file, raw, changed)
    except OSError as error:
        message = f"{file}: {error.strerror}"
        raise ConfigError(message, hint=_BY_HAND, code="config_not_written") from None


def _replace(file: Path, before: bytes, after: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".yett-", suffix=".toml", dir=file.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(after)
            out.flush()
            os.fsync(out.fileno())
        load_config(fresh)
        found = file.stat()
        if file.read_bytes() != before:
            message = f"{file} was changed meanwhile"
            raise ConfigError(message, hint="run it again", code="config_not_written")
        fresh.chmod(found.st_mode & 0o7777)
        if (os.geteuid(), os.getegid()) != (found.st_uid, found.st_gid):
            os.chown(fresh, found.st_uid, found.st_gid)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


def _place(text: str, lines: list[str], resource: str) -> int | None:
    """Return after how many lines the table's last key stands, or None where there is no such table yet."""
    found = lines_of(text.replace("\r\n", "\n"))
    if ("data", resource) not in found:
        return None
    header = found["data", resource]
    if not lines[header - 1].lstrip().startswith("["):
        raise _not_by_line(resource)
    return max(line for path, line in found.items() if path[:2] == ("data", resource))


def _prove(before: dict[str, object], after: str, resource: str, labels: Sequence[Label]) -> None:
    data = before.get("data", {})
    data = data if isinstance(data, dict) else {}
    wanted = {
        **before,
        "data": {**data, resource: {**data.get(resource, {}), **{one.column: one.label for one in labels}}},
    }
    try:
        found = tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        found = {}
    if found != wanted:
        raise _not_by_line(resource)


def _not_by_line(resource: str) -> ConfigError:
    message = f"[data.{resource}] is written in a way that lines cannot be added to"
    return ConfigError(message, hint=_BY_HAND, code="config_not_written")


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _comment(why: str) -> str:
    return f"  # {''.join(char if char.isprintable() else ' ' for char in why)}" if why else ""


def _toml(text: str) -> str:
    if "'" not in text and '"' in text and text.isprintable():
        return f"'{text}'"
    escaped = "".join(_escaped(char) for char in text)
    return f'"{escaped}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\U{ord(char):08x}"
