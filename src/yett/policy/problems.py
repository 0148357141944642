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
    suggestion: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        tail = f" ({self.suggestion})" if self.suggestion else ""
        return f"{self.place}: {self.severity}: {self.message}{tail}"


class PolicyProblems(ConfigError):
    """Policy files that cannot be used; `problems` lists every reason, in the order of the files."""

    code = "policy_invalid"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.column)))
        shown = [str(problem) for problem in self.problems[:SHOWN_MAX]]
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
    return f"known: {', '.join(choices)}" if choices and len(choices) <= 12 else ""  # noqa: PLR2004 - one line's worth
