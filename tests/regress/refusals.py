"""Counts what a principal who may do everything, but is not proved to be free, is refused, and by which code."""

import re
from collections import Counter
from collections.abc import Iterable

from regress.compare import Compared

_REFUSED = re.compile(r"^(?:ERROR|FATAL):  refused by (?:the gate \((?P<code>\w+)\)|policy \"(?P<policy>[^\"]*)\")")
_DETAIL = "DETAIL:  "


def refusals(compared: Iterable[Compared]) -> Counter[tuple[str, str]]:
    """Return how often each (code or policy, reason) was shown to the client."""
    counted: Counter[tuple[str, str]] = Counter()
    for one in compared:
        lines = one.through.splitlines()
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            found = _REFUSED.match(line)
            if found is not None:
                reason = following.removeprefix(_DETAIL) if following.startswith(_DETAIL) else ""
                counted[found["code"] or found["policy"], _without_names(reason)] += 1
    return counted


def table(counted: Counter[tuple[str, str]]) -> str:
    """Return the counts for people to read, most frequent first."""
    return "\n".join(f"{number:6}  {code:28} {reason}" for (code, reason), number in counted.most_common())


def _without_names(reason: str) -> str:
    return re.sub(r'"[^"]*"', '"…"', reason).partition(" (policy version")[0]
