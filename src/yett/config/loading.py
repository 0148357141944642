"""Finds and reads yett.toml, checks what its parts say of each other, and points at every mistake."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import msgspec

from yett.config.parts import cross_checks
from yett.config.problems import ConfigProblems, Problem, nearest
from yett.config.protocols import known_protocols, protocol_settings
from yett.config.reading import Mistake, Reading
from yett.config.rooting import rooted
from yett.config.settings import ResourceSettings, Settings
from yett.config.toml_lines import Path, lines_of
from yett.core.errors import ConfigError

_BYTES_MAX = 4 << 20


@dataclass(frozen=True, slots=True)
class Config:
    """yett.toml as read once: its typed settings with absolute paths, and each resource's protocol settings by name."""

    file: FilePath
    settings: Settings
    targets: Mapping[str, Any]
    lines: Mapping[Path, int]

    @property
    def data(self) -> FilePath:
        """Return the folder of the embedded store."""
        return FilePath(self.settings.gate.data)

    @property
    def policies(self) -> FilePath:
        """Return the folder of the policies."""
        return FilePath(self.settings.policies.dir)

    def where(self, *path: str | int) -> str:
        """Return `file:line` of a key, or of the nearest thing around it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return f"{self.file}:{self.lines[path[:end]]}"
        return str(self.file)


def find_config(given: str | None, environment: Mapping[str, str] = os.environ) -> FilePath:
    """Return the settings file: `--config`, `$YETT_CONFIG`, `./yett.toml`, `~/.config/yett/yett.toml`.

    Raises ConfigError (`config_not_found`) when there is none.
    """
    named = given or environment.get("YETT_CONFIG", "")
    if named:
        return FilePath(named).expanduser()
    home = FilePath(environment.get("XDG_CONFIG_HOME") or FilePath.home() / ".config")
    for candidate in (FilePath("yett.toml"), home / "yett" / "yett.toml"):
        if candidate.is_file():
            return candidate
    msg = f"no yett.toml in this folder, nor in {home / 'yett'}"
    raise ConfigError(
        msg,
        code="config_not_found",
        hint="name one with --config or YETT_CONFIG, or write one: docs/getting-started.md",
    )


def load_config(path: FilePath) -> Config:
    """Read and check a settings file.

    Raises ConfigProblems, a ConfigError that holds every mistake with its line, code and hint.
    """
    text = _text_of(path)
    data = _toml_of(path, text)
    lines = lines_of(text)
    reading = Reading()
    targets = _split_resources(reading, data)
    settings = reading.read(Settings, data, ())
    mistakes = reading.mistakes or cross_checks(settings, targets)
    if mistakes:
        raise ConfigProblems(_problem(path, lines, mistake) for mistake in _in_order(mistakes, lines))
    file = path.resolve()
    placed = {name: target.placed(name, file.parent) for name, target in targets.items()}
    return Config(file, rooted(settings, file.parent), placed, lines)


def _text_of(path: FilePath) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_BYTES_MAX + 1)
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise ConfigError(
            msg, code="config_not_found", hint="name the settings file with --config or YETT_CONFIG"
        ) from None
    if len(raw) > _BYTES_MAX:
        msg = f"{path}: longer than {_BYTES_MAX >> 20} MiB"
        raise ConfigError(msg, hint="is this the right file?")
    try:
        return raw.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigProblems(
            [Problem(str(path), line, "config_syntax", "not UTF-8 text", "save the file as UTF-8")]
        ) from None


def _toml_of(path: FilePath, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        what, _, place = str(error).partition(" (at ")
        words = place.rstrip(")").split()
        line = int(words[1].rstrip(",")) if len(words) > 1 and words[0] == "line" else text.rstrip().count("\n") + 1
        raise ConfigProblems(
            [Problem(str(path), line, "config_syntax", what[:1].lower() + what[1:], _SYNTAX)]
        ) from None


_SYNTAX = "the file is TOML: texts stand in quotes, tables in [brackets], and no key twice"


def _split_resources(reading: Reading, data: dict[str, Any]) -> dict[str, Any]:
    """Take out of each resource what its protocol declares, and read it as that protocol's settings."""
    resources = data.get("resources")
    if not isinstance(resources, dict):
        return {}
    common = {one.encode_name for one in msgspec.structs.fields(ResourceSettings)}
    targets = {}
    for name, entry in resources.items():
        kind = _settings_kind(reading, entry, ("resources", name))
        if kind is None:
            continue
        own = {one.encode_name for one in msgspec.structs.fields(kind)}
        reading.unknown(entry, common | own, ("resources", name))
        targets[name] = reading.read(kind, {key: entry[key] for key in entry.keys() & own}, ("resources", name))
        resources[name] = {key: entry[key] for key in entry.keys() & common}
    return targets


def _settings_kind(reading: Reading, entry: object, path: Path) -> type[msgspec.Struct] | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("protocol"), str):
        return None
    kind = protocol_settings(entry["protocol"])
    if kind is None:
        reading.note(
            (*path, "protocol"),
            "config_unknown_name",
            f'unknown protocol "{entry["protocol"]}"',
            nearest(entry["protocol"], known_protocols()),
        )
    return kind


def _in_order(mistakes: list[Mistake], lines: Mapping[Path, int]) -> list[Mistake]:
    return sorted(mistakes, key=lambda one: _line(lines, one.path))


def _line(lines: Mapping[Path, int], path: Path) -> int:
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 0)


def _problem(path: FilePath, lines: Mapping[Path, int], mistake: Mistake) -> Problem:
    return Problem(str(path), _line(lines, mistake.path), mistake.code, mistake.message, mistake.hint)
