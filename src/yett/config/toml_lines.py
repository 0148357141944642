"""Says on which line of a TOML file each key stands, so that a mistake can be pointed at."""

from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def lines_of(text: str) -> dict[Path, int]:
    """Return path → line (from 1) for every table and key of `text`, which tomllib must already have accepted."""
    walk = _Walk(text)
    walk.document()
    return walk.lines


@dataclass(slots=True)
class _Walk:
    """One pass over a valid document; it understands only as much of TOML as is needed to find keys."""

    text: str
    at: int = 0
    line: int = 1
    lines: dict[Path, int] = field(default_factory=dict)
    arrays: dict[Path, int] = field(default_factory=dict)

    def document(self) -> None:
        table: Path = ()
        while self._skip():
            if self.text.startswith("[[", self.at):
                table = self._array_header()
            elif self.text[self.at] == "[":
                self.at += 1
                table = self._placed(self._key())
                self._note(table)
                self.at += 1
            else:
                self._pair(table)

    def _array_header(self) -> Path:
        self.at += 2
        name = self._key()
        path = (*self._placed(name[:-1]), name[-1])
        self.at += 2
        count = self.arrays.get(path, -1) + 1
        self.arrays[path] = count
        self._note((*path, count))
        return (*path, count)

    def _placed(self, name: tuple[str, ...]) -> Path:
        """Return where a header's name leads: through the latest entry of each array of tables."""
        path: Path = ()
        for part in name:
            path = (*path, part)
            if path in self.arrays:
                path = (*path, self.arrays[path])
        return path

    def _note(self, path: Path) -> None:
        for end in range(1, len(path) + 1):
            self.lines.setdefault(path[:end], self.line)

    def _pair(self, table: Path) -> None:
        path = table + self._key()
        self._note(path)
        self.at += 1  # the equals sign
        self._value(path)

    def _key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while True:
            self._skip()
            parts.append(self._string() if self.text[self.at] in "\"'" else self._bare())
            self._skip()
            if self.text[self.at] != ".":
                return tuple(parts)
            self.at += 1

    def _bare(self) -> str:
        start = self.at
        while self.text[self.at] in _BARE:
            self.at += 1
        return self.text[start : self.at]

    def _value(self, path: Path) -> None:
        self._skip()
        first = self.text[self.at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}\n#":
                self.at += 1

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._skip() and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
                index += 1
                continue
            self._note((*path, index))
            self._value((*path, index))
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._skip() and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._pair(path)
        self.at += 1

    def _string(self) -> str:
        quote = self.text[self.at]
        fence = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(fence)
        start = self.at
        while not self.text.startswith(fence, self.at):
            step = 2 if quote == '"' and self.text[self.at] == "\\" else 1
            self.line += self.text.count("\n", self.at, self.at + step)
            self.at += step
        inside = self.text[start : self.at]
        self.at += len(fence)
        while len(fence) > 1 and self.text.startswith(quote, self.at):  # a long string may end in extra quotes
            self.at += 1
        return inside

    def _skip(self) -> bool:
        """Go past spaces, line ends and comments; say whether anything is left."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\n":
                self.line += 1
            elif char == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
                continue
            elif char not in " \t\r":
                return True
            self.at += 1
        return False
