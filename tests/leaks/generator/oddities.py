"""Queries of unusual shapes: names that mean two things, rows as values, standard JSON, lists in FROM, and the like."""

import re
from functools import cache
from pathlib import Path
from random import Random

from leaks.generator.catalog import BASE
from leaks.generator.expressions import expression
from leaks.generator.pen import Column, Pen, Place, Query, Relation
from leaks.generator.planted import guess

_LABELLED = {
    "lt": ("email", "phone", "badge", "handle", "grade"),
    "li": ("pin", "mail_len", "steps"),
    "ln": ("salary", "height"),
    "ld": ("birthday", "seen"),
    "lj": ("secret",),
    "la": ("tags",),
    "le": ("feeling",),
    "lb": ("member",),
}
_CLEAN = {"ct": ("name", "city"), "ci": ("id", "team"), "cd": ("joined",), "cb": ("active",)}
_ANY = {key: (*_CLEAN[f"c{key[1]}"], *_LABELLED[f"l{key[1]}"]) for key in ("at", "ai", "ad", "ab")}
_NAMES = {**_LABELLED, **_CLEAN, **_ANY}
_PLACEHOLDER = re.compile(r"\{([a-z]+)(\d?)\}")

_KINDS = {"t": "text", "i": "int", "n": "num", "d": "date", "j": "json", "a": "texts", "e": "mood", "b": "bool"}


@cache
def _templates() -> tuple[tuple[str, str], ...]:
    lines = Path(__file__).with_name("oddities.txt").read_text(encoding="utf-8").splitlines()
    found = (line.split(maxsplit=1) for line in lines if not line.startswith("#"))
    return tuple((outputs, text) for outputs, text in found)


def oddity(pen: Pen, place: Place) -> Query:
    """Write a query of one of the unusual shapes."""
    outputs, template = pen.choices.pick(_templates())
    text = filled(pen, template)
    return Query(text, tuple(Column(pen.name("c"), "text", tainted=one == "L") for one in outputs))


def filled(pen: Pen, template: str) -> str:
    """Return a template with every placeholder filled in."""
    named = dict[str, str]()
    relation = Relation("people", BASE["people"])

    def fill(match: re.Match[str]) -> str:
        key, mark = match[1], match[2]
        if mark and match[0] in named:
            return named[match[0]]
        if key.startswith("x"):
            return expression(pen, Place((relation,), 2), _KINDS[key[1]]).sql
        if key == "big":
            named[match[0]] = "".join(Random("big").choices("0123456789abcdefghijklmnopqrstuvwxyz", k=1_500))
        elif key == "u":
            named[match[0]] = str(pen.choices.below(1_000_000_000))
        else:
            named[match[0]] = guess() if key == "g" else pen.choices.pick(_NAMES[key])
        return named[match[0]]

    return _PLACEHOLDER.sub(fill, template)
