"""What is wrong in a settings file: each mistake with its file, line, code and what to write instead."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from yett.core.errors import ConfigError

REFUSALS = {
    "config_syntax": "yett.toml is not TOML, or not UTF-8 text.",
    "config_unknown_key": "A key of yett.toml is not known; the hint names the nearest one.",
    "config_missing_key": "A table of yett.toml lacks a key that it must have.",
    "config_invalid_value": "A value of yett.toml has the wrong type or form.",
    "config_unknown_name": "yett.toml names a resource, protocol, provider, flow or principal that does not exist.",
    "config_literal_secret": "A secret stands in yett.toml itself; it must be named by reference.",
    "config_needs_tls": "A listener can be reached from other machines, and the gate has no certificate.",
    "config_port_twice": "Two listeners have the same address and port.",
    "config_bad_pattern": "The pattern of a deny-list or detector is not RE2, or a detector finds nothing.",
}
"""What each code of a mistake in yett.toml means."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `code` is stable; `line` is 0 where the mistake is in no line."""

    file: str
    line: int
    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


class ConfigProblems(ConfigError):
    """Every mistake that was found in one reading; its code is the first one's."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        more = len(self.problems) - 1
        hint = (
            first.hint
            if not more
            else "\n".join(str(p) + (f" ({p.hint})" if p.hint else "") for p in self.problems[1:])
        )
        super().__init__(str(first), code=first.code, hint=hint)

    def __str__(self) -> str:
        return "\n".join(str(p) + (f"\n  hint: {p.hint}" if p.hint else "") for p in self.problems)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word nearest to `word`, or lists what is known."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"known here: {', '.join(words)}" if words else "nothing can be set here"
