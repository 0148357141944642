"""Searches many values at once: one pass for signs, then a closer look only where one stands."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from yett.core.masks import Find
from yett.masking.detectors.built_in import built_in_detectors, switches_of
from yett.masking.detectors.custom import CustomDetector, Pattern, compiled
from yett.masking.detectors.detector import NUMBER_LEAD, REACH, Detector, Look, Span, number_at
from yett.masking.detectors.national import LABEL as NATIONAL
from yett.masking.detectors.national import NATIONAL_NAMES, NATIONAL_WORDS, NationalNearby, national_detectors
from yett.masking.detectors.phones import LABEL as PHONE
from yett.masking.detectors.phones import PHONE_WORDS, phones_nearby

_NUMBER_BYTES = b"0123456789."
"""In a sign of these alone nothing else can hide: what stands in the middle of a number does not stand alone."""
_CANDIDATE_MAX = 40
"""The longest number that is looked for beside a word."""


@dataclass(frozen=True, slots=True)
class _Nearby:
    """What is looked for around a word."""

    label: str
    word: re.Pattern[bytes]
    search: "NationalNearby | None"

    def finds(self, data: bytes, start: int, end: int, word: bytes) -> Iterator[Span]:
        if self.search is None:
            return phones_nearby(data, start, end)
        return self.search.search(data, start, end, word)


class DetectorScanner:
    """The detectors of a gate, compiled: a `yett.core.masks.Scanner`.

    Clean text costs one pass of RE2. Time is linear in the text: signs are short, closer looks bounded, and what was
    searched around one word is not searched again around the next.
    """

    def __init__(
        self, detectors: Iterable[Detector], nearby: Sequence[_Nearby], custom: Sequence[CustomDetector]
    ) -> None:
        self._detectors = tuple(detectors)
        self._nearby = tuple(nearby)
        self._custom = tuple(custom)
        self._signs = _signs(self._detectors, self._nearby)
        self._by_first = _dispatch(self._detectors)
        self._words_by_first = _dispatch_words(self._nearby)

    def find(self, joined: bytes) -> Sequence[Find]:
        """Return finds in order, none overlapping; values in `joined` are separated by NUL and no find crosses one."""
        found: list[Find] = []
        at: int | None = 0
        searched = [0] * len(self._nearby)
        while at is not None:
            at = self._look_closer(joined, at, searched, found)
        for one in self._custom:
            found += [(start, end, one.label) for start, end in one.finds(joined)]
        return _settled(found) if len(found) > 1 else found

    def _look_closer(self, joined: bytes, start: int, searched: list[int], found: list[Find]) -> int | None:
        """Look at every sign from `start` on; return where to begin anew, for what may hide in a sign, or None."""
        if self._signs is None:
            return None
        # What may stand before a number lies before `start` here, where the pass does not see it.
        first = number_at(joined, start - 1) if start else -1
        reached = self._at(joined, first, first, found) if first >= start else 0
        for match in self._signs.finditer(joined, start):
            at, end = match.span()
            if at < reached:
                if end > reached:
                    return reached
                continue
            after, begin = self._at(joined, at, end, found), at
            if not after and (first := number_at(joined, at)) > at:
                after = self._at(joined, first, end, found)
                begin = at if self._by_first[joined[at]] else first
            around = self._around(joined, at, searched, found)
            if around and (first := number_at(joined, end - 1)) > end:
                # The word's last letter stands before `-` and a number, and the pass has gone by it.
                after = max(after, self._at(joined, first, end, found))
            if at < after < end:
                return after
            if after > at:
                reached = after
            elif not around and joined[begin:end].translate(None, _NUMBER_BYTES):
                return begin + 1
        return None

    def _at(self, joined: bytes, at: int, end: int, found: list[Find]) -> int:
        """Take the longest find at one sign; return where the search goes on, 0 where there is none."""
        best: Find | None = None
        for look, label in self._by_first[joined[at]]:
            span = look(joined, at, end)
            if span is not None and (best is None or span[1] - span[0] > best[1] - best[0]):
                best = (*span, label)
        if best is None:
            return 0
        found.append(best)
        return best[1]

    def _around(self, joined: bytes, at: int, searched: list[int], found: list[Find]) -> bool:
        """Take what stands around a word; return whether there is one."""
        for number, one in self._words_by_first[joined[at]]:
            match = one.word.match(joined, at)
            if match is None:
                continue
            start = max(_value_start(joined, at), searched[number] - _CANDIDATE_MAX)
            end = _value_end(joined, match.end())
            searched[number] = max(searched[number], end)
            found += [(*span, one.label) for span in one.finds(joined, start, end, match.group())]
            return True
        return False


def scanner_of(
    custom: Sequence[CustomDetector], off: frozenset[str] = frozenset(), labels: Mapping[str, str] | None = None
) -> DetectorScanner:
    """Return the scanner of the built-in detectors and one's own, but for those whose name or label is in `off`.

    `labels` gives built-in detectors another label, by name.
    """
    named = labels or {}
    every = (_labelled(one, named) for one in (*built_in_detectors(), *national_detectors(off)))
    chosen = [one for one, switches in every if off.isdisjoint(switches)]
    nearby = []
    if off.isdisjoint({NATIONAL, named.get(NATIONAL, NATIONAL)}) and not off.issuperset(NATIONAL_NAMES):
        nearby.append(_Nearby(named.get(NATIONAL, NATIONAL), re.compile(NATIONAL_WORDS), NationalNearby(off)))
    if off.isdisjoint({PHONE, named.get(PHONE, PHONE)}):
        nearby.append(_Nearby(named.get(PHONE, PHONE), re.compile(PHONE_WORDS), None))
    wanted = [one for one in custom if one.name not in off and one.label not in off]
    return DetectorScanner(chosen, nearby, wanted)


def _labelled(one: Detector, labels: Mapping[str, str]) -> tuple[Detector, set[str]]:
    """Return a detector under the label that the settings give it, and every name that leaves it out."""
    switches = switches_of(one.name, one.label)
    label = next((labels[name] for name in switches if name in labels), one.label)
    return replace(one, label=label), {*switches, label}


def _signs(detectors: Sequence[Detector], nearby: Sequence[_Nearby]) -> Pattern | None:
    """Return the one pattern of every sign, None where there is none."""
    signs = [one.sign for one in detectors if not one.number] + [one.word.pattern for one in nearby]
    numbers = b"|".join(one.sign for one in detectors if one.number)
    if numbers:
        signs.append(rb"%s(?:%s)" % (NUMBER_LEAD, numbers))
    return compiled(b"|".join(signs)) if signs else None


def _dispatch(detectors: Sequence[Detector]) -> tuple[tuple[tuple[Look, str], ...], ...]:
    by_first: list[list[tuple[Look, str]]] = [[] for _ in range(256)]
    for one in detectors:
        for first in _first_bytes(one.sign):
            by_first[first].append((one.look, one.label))
    return tuple(map(tuple, by_first))


def _dispatch_words(nearby: Sequence[_Nearby]) -> tuple[tuple[tuple[int, _Nearby], ...], ...]:
    letters = {*range(65, 91), *range(97, 123), *range(128, 256)}
    every = tuple(enumerate(nearby))
    return tuple(every if first in letters else () for first in range(256))


def _first_bytes(sign: bytes) -> range:
    # RE2 says between which two texts all matches lie: too many first bytes at worst, never too few.
    low, high = compiled(sign).possiblematchrange(4)
    return range(low[0] if low else 0, (high[0] if high else 255) + 1)


def _value_start(joined: bytes, at: int) -> int:
    return joined.rfind(0, max(0, at - REACH), at) + 1 or max(0, at - REACH)


def _value_end(joined: bytes, at: int) -> int:
    end = joined.find(0, at, at + REACH)
    return min(len(joined), at + REACH) if end < 0 else end


def _settled(found: list[Find]) -> list[Find]:
    """Return finds in order; of two that overlap, the longer one, grown to cover both."""
    found.sort(key=lambda one: (one[0], -one[1]))
    kept: list[Find] = [found[0]]
    for one in found[1:]:
        last = kept[-1]
        if one[0] >= last[1]:
            kept.append(one)
            continue
        label = one[2] if one[1] - one[0] > last[1] - last[0] else last[2]
        kept[-1] = (last[0], max(last[1], one[1]), label)
    return kept
