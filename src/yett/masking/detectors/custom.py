"""Detectors of one's own, from yett.toml: patterns, checks, words beside them, and dictionaries."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, cast

import re2

from yett.masking.checksums import VALIDATORS
from yett.masking.detectors.detector import REACH, Span
from yett.masking.settings import DetectorSettings

MEMORY_BYTES = 32 << 20
_DICTIONARY_MAX = 200_000
_FINDS_MAX = 256
"""So many finds of one's own pattern in one value; beyond them the rest of the value is masked whole, so that no
pattern together with no text can take more than time linear in the text."""


class Match(Protocol):
    """One match of RE2."""

    def span(self) -> Span:
        """Return where it begins and ends."""
        ...


class Pattern(Protocol):
    """A compiled pattern of RE2 over bytes."""

    def search(self, text: bytes, pos: int = 0, endpos: int | None = None) -> Match | None:
        """Return the first match at or after `pos`."""
        ...

    def finditer(self, text: bytes, pos: int = 0) -> Iterator[Match]:
        """Yield matches from `pos` on, none overlapping; half the price of as many searches."""
        ...

    def possiblematchrange(self, maxlen: int) -> tuple[bytes, bytes]:
        """Return the first and the last text, cut to a length, that a match at its beginning may be."""
        ...


def compiled(pattern: bytes, *, ignore_case: bool = False, longest: bool = False) -> Pattern:
    """Return a pattern over bytes, without groups. Raises ValueError with RE2's own words when it is none."""
    options = re2.Options()
    options.encoding = options.Encoding.LATIN1
    options.never_capture = True
    options.case_sensitive = not ignore_case
    options.longest_match = longest
    options.max_mem = MEMORY_BYTES
    options.log_errors = False
    try:
        return cast("Pattern", re2.compile(pattern, options))
    except re2.error as error:
        said = error.args[0]
        raise ValueError(said.decode() if isinstance(said, bytes) else str(said)) from None


@dataclass(frozen=True, slots=True)
class CustomDetector:
    """One `[detectors.<name>]`: what it finds, by pattern or dictionary."""

    name: str
    label: str
    pattern: Pattern
    anchored: bool
    words: Pattern | None
    valid: Callable[[str], bool] | None

    def finds(self, joined: bytes) -> Iterator[Span]:
        """Yield finds in all values; what the pattern means, it means within one value."""
        at = 0
        while at <= len(joined):
            start, first = at, at
            if not self.anchored:
                match = self.pattern.search(joined, at)
                if match is None:
                    return
                first = match.span()[0]
                start = max(at, joined.rfind(0, at, first) + 1)
            end = _value_end(joined, first)
            for found in self.finds_in(joined[start:end]):
                yield start + found[0], start + found[1]
            at = end + 1

    def finds_in(self, value: bytes) -> Iterator[Span]:
        """Yield finds in one value."""
        at = count = 0
        while at <= len(value) and (match := self.pattern.search(value, at)) is not None:
            start, end = match.span()
            if count == _FINDS_MAX:
                yield start, len(value)
                return
            count += 1
            if end > start and self._counts(value, start, end):
                yield start, end
            at = max(end, start + 1)

    def _counts(self, value: bytes, start: int, end: int) -> bool:
        if self.valid is not None and not self.valid(value[start:end].decode("latin-1")):
            return False
        if self.words is None:
            return True
        near = value[max(0, start - REACH) : start] + b" " + value[end : end + REACH]
        return self.words.search(near) is not None


def custom_detector(name: str, settings: DetectorSettings) -> CustomDetector:
    """Return a detector as yett.toml describes it. Raises ValueError when it describes none."""
    if bool(settings.pattern) == bool(settings.dictionary):
        raise ValueError("write a `pattern` or a `dictionary`, and one of them only")
    if settings.validator and settings.validator not in VALIDATORS:
        raise ValueError(f"there is no validator {settings.validator!r}: write one of {', '.join(VALIDATORS)}")
    if sum(map(len, settings.dictionary)) > _DICTIONARY_MAX:
        raise ValueError(f"the dictionary has more than {_DICTIONARY_MAX} letters: split it, or label the column")
    pattern = settings.pattern.encode() if settings.pattern else words_pattern(settings.dictionary)
    ignore_case = settings.ignore_case or bool(settings.dictionary)
    found = compiled(pattern, ignore_case=ignore_case, longest=bool(settings.dictionary))
    if found.search(b"") is not None:
        raise ValueError("the pattern matches where there is nothing: let it match one letter at least")
    return CustomDetector(
        name=name,
        label=settings.label or name,
        pattern=found,
        anchored=_is_anchored(settings.pattern),
        words=compiled(words_pattern(settings.words), ignore_case=True) if settings.words else None,
        valid=VALIDATORS.get(settings.validator),
    )


def _value_end(joined: bytes, at: int) -> int:
    end = joined.find(0, at)
    return len(joined) if end < 0 else end


def words_pattern(words: tuple[str, ...]) -> bytes:
    """Return the pattern of whole words, in no more than ASCII's sense of where a word ends."""
    return b"|".join(_whole(word.encode()) for word in words)


def _whole(word: bytes) -> bytes:
    first = rb"\b" if word[:1].isalnum() else b""
    last = rb"\b" if word[-1:].isalnum() else b""
    return first + cast("bytes", re2.escape(word)) + last


def _is_anchored(pattern: str) -> bool:
    # Said too often rather than too seldom: a pattern that may look at a value's ends is tried on each value.
    return re.search(r"\\A|\\z|\^|\$", pattern.replace("[^", "")) is not None
