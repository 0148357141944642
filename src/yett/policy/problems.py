"""What is wrong with policy files, said so that it can be put right: place, word, suggestion."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from yett.core.errors import ConfigError
from yett.policy.source import Place

SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. `severity` is `error` (the policies are not used) or `warning`."""

    place: Place
    message: str
    hint: str = ""
    severity: str = "error"
    code: str = "policy_invalid"

    @property
    def file(self) -> str:
        """Return the name of the file it is in."""
        return self.place.file

    @property
    def line(self) -> int:
        """Return the line it is in, from 1."""
        return self.place.line

    @property
    def column(self) -> int:
        """Return the column where the offending word begins, from 1."""
        return self.place.column

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class PolicyProblems(ConfigError):
    """Policy files that cannot be used; `problems` lists every reason, in the order of the files."""

    code = "policy_invalid"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line, p.column)))
        shown = [f"{one} ({one.hint})" if one.hint else str(one) for one in self.problems[:SHOWN_MAX]]
        if len(self.problems) > SHOWN_MAX:
            shown.append(f"… and {len(self.problems) - SHOWN_MAX} more")
        super().__init__("\n".join(shown), hint="run `yett policy schema` to see what policies may name")


def did_you_mean(word: str, known: Iterable[str], form: str = "{}") -> str:
    """Return `did you mean …?` for the nearest known word, the known words when few, or nothing."""
    choices = sorted(set(known))
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean {form.format(near[0])}?"
    folded = [choice for choice in choices if choice.casefold() == word.casefold()]
    if folded:
        return f"did you mean {form.format(folded[0])}?"
    return f"known: {', '.join(choices)}" if choices and len(choices) <= 12 else ""
