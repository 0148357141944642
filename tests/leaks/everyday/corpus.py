"""Reads the everyday statements: what is run, with which parameters, and what must come of it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).with_name("corpus")
_HEAD = re.compile(r"-- (with|covers|scans|refused): (.+)")
_STEP = re.compile(r"^--;$", re.MULTILINE)
_ASKED = re.compile("«([^»]+)»")


@dataclass(frozen=True, slots=True)
class Case:
    """One everyday statement, or a few that belong together.

    `covers` names the output columns that must not be in the clear, `scans` those in which detectors may find
    something; every other cell must be as it is directly. `refused` says why it is refused by design, where it is.
    """

    group: str
    title: str
    steps: tuple[str, ...]
    given: tuple[str | None, ...] = ()
    covers: frozenset[str] = frozenset()
    scans: frozenset[str] = frozenset()
    refused: str = ""

    @property
    def name(self) -> str:
        """Return group and title."""
        return f"{self.group}: {self.title}"

    @property
    def single(self) -> bool:
        """Tell whether it is one statement, which the extended protocol can carry."""
        return len(self.steps) == 1 and ";" not in self.steps[0].partition("--")[0].strip().rstrip(";")

    @property
    def asked(self) -> frozenset[str]:
        """Return what must be looked up in the database before it can be run: «…» in the text or a parameter."""
        return frozenset(_ASKED.findall("\n".join((*self.steps, *(one or "" for one in self.given)))))

    def filled(self, found: Mapping[str, str]) -> "Case":
        """Return the same case with everything in «…» replaced by what was found."""

        def fill(text: str) -> str:
            return _ASKED.sub(lambda match: found[match[1]], text)

        steps = tuple(fill(step) for step in self.steps)
        given = tuple(one if one is None else fill(one) for one in self.given)
        return Case(self.group, self.title, steps, given, self.covers, self.scans, self.refused)


def cases() -> list[Case]:
    """Return the whole corpus, in the order of files and lines."""
    return [case for path in sorted(_FOLDER.glob("*.sql")) for case in _read(path)]


def _read(path: Path) -> Iterator[Case]:
    text = path.read_text(encoding="utf-8")
    for part in re.split(r"^--- ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        heads, lines = dict[str, str](), rest.split("\n")
        while found := _HEAD.fullmatch(lines[0]):
            heads[found[1]] = found[2]
            del lines[0]
        steps = tuple(step.strip() for step in _STEP.split("\n".join(lines)))
        yield Case(
            path.stem,
            title,
            steps,
            tuple(json.loads(heads.get("with", "[]"))),
            frozenset(heads.get("covers", "").split()),
            frozenset(heads.get("scans", "").split()),
            heads.get("refused", ""),
        )
