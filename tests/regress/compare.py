"""Tells whether two outputs of one script are the same, and shows where they are not."""

import difflib
import re
from dataclasses import dataclass

from regress.world import Side

# What is another in any two sessions, without a gate too.
_OTHERWISE = (
    (re.compile(r"from server process with PID \d+"), "from server process with PID #"),
    (re.compile(r"^connection to server at .*? port \d+", re.MULTILINE), "connection to server"),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One script's two outputs, in which what must differ was made the same."""

    name: str
    direct: str
    through: str

    @property
    def same(self) -> bool:
        """Tell whether the client saw the same."""
        return self.direct == self.through

    def differences(self, lines: int = 40) -> str:
        """Return the first differing lines, `-` direct and `+` through the gate."""
        found = difflib.unified_diff(
            self.direct.splitlines(), self.through.splitlines(), "direct", "through the gate", lineterm="", n=3
        )
        return "\n".join(line for line, _ in zip(found, range(lines), strict=False))


def plain(output: str, side: Side) -> str:
    """Return an output without what is each side's own: its folders and process numbers."""
    for path, word in ((side.source, "SOURCE"), (side.build, "BUILD"), (side.library, "LIBRARY")):
        output = output.replace(str(path), word)
    output = output.replace(str(side.route.server.socket_folder), "FOLDER")
    for pattern, word in _OTHERWISE:
        output = pattern.sub(word, output)
    return output
