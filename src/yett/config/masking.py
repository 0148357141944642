"""Checks what yett.toml says of data: `[data.*]`, `[masks.*]` and `[detectors.*]`."""

from collections.abc import Iterator, Mapping
from typing import Any

from yett.config.problems import nearest
from yett.config.reading import Mistake
from yett.config.settings import Settings
from yett.config.toml_lines import Path
from yett.masking.detectors.built_in import built_in_names
from yett.masking.detectors.custom import custom_detector
from yett.masking.labels import COMMENTS_KEY, TYPE_PREFIX, UNLABELLED_KEY, Unlabelled, column_parts, is_label
from yett.masking.settings import DetectorSettings

_WRONG = "config_invalid_value"
_A_LABEL = "a label has lower-case letters, digits, - and _, 32 at most, a letter first; such as email"


def masking_mistakes(settings: Settings, _: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what is wrong in the parts that say what the data is and what replaces it."""
    for resource, keys in settings.data.items():
        if resource not in settings.resources:
            hint = nearest(resource, settings.resources)
            yield Mistake(("data", resource), "config_unknown_name", f'no resource "{resource}"', hint)
        for key, value in keys.items():
            yield from _data_mistakes(("data", resource, key), key, value)
    for label in settings.masks:
        if not is_label(label):
            yield Mistake(("masks", label), _WRONG, f'"{label}" cannot be a label', _A_LABEL)
    for name, detector in settings.detectors.items():
        yield from _detector_mistakes(("detectors", name), name, detector)


def _data_mistakes(path: Path, key: str, value: str) -> Iterator[Mistake]:
    if key == COMMENTS_KEY:
        return
    if key == UNLABELLED_KEY:
        known = [one.value for one in Unlabelled]
        if value not in known:
            yield Mistake(path, _WRONG, f'columns without a label cannot be "{value}"', nearest(value, known))
        return
    if not key.startswith(TYPE_PREFIX):
        yield from _column_mistakes(path, key)
    if value and not is_label(value):
        yield Mistake(path, _WRONG, f'"{value}" cannot be a label', _A_LABEL)


def _column_mistakes(path: Path, key: str) -> Iterator[Mistake]:
    if "." not in key:
        known = (UNLABELLED_KEY, COMMENTS_KEY)
        hint = nearest(key, known)
        hint = hint if hint.startswith("did") else 'a column is "schema.table.column", a type is "type:name"'
        yield Mistake(path, "config_unknown_key", f'"{key}" names no column', hint)
        return
    try:
        column_parts(key)
    except ValueError:
        hint = 'write "schema.table.column"; * and ? stand for letters within a part, quotes for names with a dot'
        yield Mistake(path, _WRONG, f'"{key}" names no column', hint)


def _detector_mistakes(path: Path, name: str, detector: DetectorSettings) -> Iterator[Mistake]:
    built_in = name in built_in_names()
    described = detector.pattern or detector.dictionary or detector.validator or detector.words
    if detector.label and not is_label(detector.label):
        yield Mistake((*path, "label"), _WRONG, f'"{detector.label}" cannot be a label', _A_LABEL)
    if built_in and described:
        hint = "switch it off with enabled = false, give what it finds another label, or take another name"
        yield Mistake(path, _WRONG, f'"{name}" is a detector of the gate and looks as it does', hint)
    elif not built_in and not described and not detector.enabled:
        message = f'no detector of the gate is called "{name}"'
        yield Mistake(path, "config_unknown_name", message, nearest(name, built_in_names()))
    elif not built_in:
        yield from _own_mistakes(path, name, detector)


def _own_mistakes(path: Path, name: str, detector: DetectorSettings) -> Iterator[Mistake]:
    if not detector.label and not is_label(name):
        yield Mistake(path, _WRONG, f'"{name}" cannot be a label', f"{_A_LABEL}; or give it a `label`")
    try:
        custom_detector(name, detector)
    except ValueError as error:
        where = (*path, "pattern") if detector.pattern else path
        yield Mistake(where, "config_bad_pattern", str(error), "RE2 has no look-around and no back-references")
