"""Scenes of several steps in one session: temporary objects, cursors, prepared statements, places beside rows."""

from functools import cache
from pathlib import Path

from leaks.generator.oddities import filled
from leaks.generator.pen import Pen

_LIMIT = "LIMIT "


def scene(pen: Pen) -> tuple[tuple[str, ...], bool]:
    """Return the steps of one scene, its columns chosen anew, and whether it is a limit that the documents name."""
    text = filled(pen, pen.choices.pick(_scenes()))
    return tuple(text.removeprefix(_LIMIT).split(" ;; ")), text.startswith(_LIMIT)


@cache
def _scenes() -> tuple[str, ...]:
    lines = Path(__file__).with_name("scenes.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))
