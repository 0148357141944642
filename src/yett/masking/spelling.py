"""Labels that are spelled almost like a known one, which a person probably meant."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from yett.masking.detectors.built_in import built_in_labels, built_in_names
from yett.masking.labels import COMMENTS_KEY, UNLABELLED_KEY
from yett.masking.settings import MaskingSettings

_NEAR = 0.75


@dataclass(frozen=True, slots=True)
class Misspelling:
    """A label that nothing gives, at a path of yett.toml, and the known one that it looks like."""

    path: tuple[str, ...]
    label: str
    meant: str


def misspellings(settings: MaskingSettings) -> Iterator[Misspelling]:
    """Yield each label in `[data.*]` that no detector gives and no `[masks.*]` names, but that looks like one of them.

    And each `[masks.*]` for a label that nothing has, but that looks like one that something has.
    """
    given = known_labels(settings)
    used = {label for keys in settings.data.values() for key, label in keys.items() if key not in _RESERVED and label}
    for resource, keys in settings.data.items():
        for key, label in keys.items():
            if key not in _RESERVED and label and label not in given and label not in settings.masks:
                yield from _near(("data", resource, key), label, given | settings.masks.keys())
    for label in settings.masks:
        if label not in given and label not in used:
            yield from _near(("masks", label), label, given | used)


def known_labels(settings: MaskingSettings) -> frozenset[str]:
    """Return the labels that detectors give, built-in and one's own."""
    own = {one.label or name for name, one in settings.detectors.items() if one.label or name not in built_in_names()}
    return built_in_labels() | own


_RESERVED = frozenset({UNLABELLED_KEY, COMMENTS_KEY})


def _near(path: tuple[str, ...], label: str, known: frozenset[str] | set[str]) -> Iterator[Misspelling]:
    close = difflib.get_close_matches(label, sorted(known - {label}), n=1, cutoff=_NEAR)
    if close:
        yield Misspelling(path, label, close[0])
