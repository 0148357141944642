"""Where things stand in a policy file: words with their line and column, and one chunk per policy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

FILE_CHARACTERS_MAX = 1_000_000
POLICY_TOKENS_MAX = 20_000
DEPTH_MAX = 40
OPERATORS_MAX = 400

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\r\n]*)
      | (?P<string>"(?:[^"\\]|\\.)*+(?:"|\\?\Z))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>[0-9]+)
      | (?P<sign>::|==|!=|<=|>=|&&|\|\||.)""",
    re.VERBOSE | re.DOTALL,
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_OPERATORS = frozenset(("||", "&&", "+", "-", "*", "!", ".", "==", "!=", "<", "<=", ">", ">="))
_OPERATOR_WORDS = frozenset(("if", "then", "else", "in", "is", "has", "like"))


@dataclass(frozen=True, slots=True)
class Token:
    """One word, string, number or sign of a policy file. `line` and `column` count from 1."""

    kind: str
    text: str
    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One policy as written: its own text, and its tokens at their places in the file."""

    file: str
    text: str
    tokens: tuple[Token, ...]

    @property
    def place(self) -> Place:
        """Return where the policy begins, its annotations included."""
        return self.at(self.tokens[0])

    @property
    def head(self) -> Place:
        """Return where `permit` or `forbid` stands, or the beginning where neither does."""
        word = next((t for t in self.tokens if t.kind == "word" and t.text in ("permit", "forbid")), self.tokens[0])
        return self.at(word)

    def at(self, token: Token) -> Place:
        """Return the place of one of the chunk's tokens."""
        return Place(self.file, token.line, token.column)

    def prefix(self, count: int) -> str:
        """Return the policy's text up to and including its first `count` tokens."""
        return self.text[: self.tokens[count - 1].end - self.tokens[0].start] if count else ""


class TooComplex(Exception):
    """A policy file goes beyond what Cedar's parser can be trusted with."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


def chunks(file: str, text: str) -> Iterator[Chunk]:
    """Yield each policy of a file; the last may lack its semicolon.

    Cedar's parser is a recursive native one that overflows the stack, which would end the gate: what is too long
    or too deeply nested raises TooComplex before Cedar sees it.
    """
    if len(text) > FILE_CHARACTERS_MAX:
        msg = f"the file is longer than {FILE_CHARACTERS_MAX} characters"
        raise TooComplex(msg, Place(file, 1, 1))
    current: list[Token] = []
    for token in _tokens(text):
        current.append(token)
        if token.text == ";":
            yield _chunk(file, text, current)
            current = []
    if current:
        yield _chunk(file, text, current)


def _tokens(text: str) -> Iterator[Token]:
    line, line_start = 1, 0
    for match in _TOKEN.finditer(text):
        kind, start, end = str(match.lastgroup), match.start(), match.end()
        if kind != "space":
            yield Token(kind, match[0], start, end, line, start - line_start + 1)
        newlines = match[0].count("\n")
        if newlines:
            line, line_start = line + newlines, start + match[0].rindex("\n") + 1


def _chunk(file: str, text: str, tokens: list[Token]) -> Chunk:
    chunk = Chunk(file, text[tokens[0].start : tokens[-1].end], tuple(tokens))
    _refuse_too_complex(chunk)
    return chunk


def _refuse_too_complex(chunk: Chunk) -> None:
    depth = operators = 0
    for number, token in enumerate(chunk.tokens):
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        operators += token.text in _OPERATORS or token.text in _OPERATOR_WORDS
        if number >= POLICY_TOKENS_MAX:
            raise TooComplex("a policy is too long", chunk.at(token))
        if depth > DEPTH_MAX:
            raise TooComplex("a policy is nested too deeply", chunk.at(token))
        if operators > OPERATORS_MAX:
            raise TooComplex("a policy has too many operators; use sets or groups", chunk.at(token))


def unquoted(token: Token) -> str:
    """Return what a string token says, as far as simple escapes go."""
    return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
