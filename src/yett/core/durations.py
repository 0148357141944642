"""Durations as people write them: `500ms`, `30s`, `15m`, `2h`, `7d`, `1h30m`."""

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_FORM = re.compile(r"(?:[0-9]{1,9}(?:ms|s|m|h|d|w))+")
_PART = re.compile(r"([0-9]+)(ms|s|m|h|d|w)")


class Duration(float):
    """A length of time in seconds; in yett.toml a text such as `15m`."""

    __slots__ = ()


def parse_duration(text: str) -> Duration:
    """Return the seconds that `text` names: whole numbers, each with a unit of ms, s, m, h, d or w.

    Raises ValueError when it is not written so.
    """
    plain = text.strip()
    if not _FORM.fullmatch(plain):
        msg = f"{text!r} is not a duration: write a whole number and a unit, such as 500ms, 30s, 15m, 2h or 7d"
        raise ValueError(msg)
    return Duration(sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(plain)))


def duration_text(seconds: float) -> str:
    """Return a duration for people to read, in its two largest units: `1h 30m`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    left = round(seconds)
    parts = []
    for unit in ("w", "d", "h", "m", "s"):
        count, left = divmod(left, int(_UNITS[unit]))
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2])
