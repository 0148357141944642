"""Sizes as people write them: `64KiB`, `1MiB`, `2GiB`."""

import re

_UNITS = {
    "": 1,
    "B": 1,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "TiB": 1 << 40,
    "kB": 1000,
    "MB": 10**6,
    "GB": 10**9,
}
_FORM = re.compile(r"([0-9]{1,15})\s*([A-Za-z]*)")


class Size(int):
    """A number of bytes; in yett.toml a text such as `64KiB`."""

    __slots__ = ()


def parse_size(text: str) -> Size:
    """Return the bytes that `text` names: a whole number and a unit of B, kB, MB, GB, KiB, MiB, GiB or TiB.

    Raises ValueError when it is not written so.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None or match[2] not in _UNITS:
        msg = f"{text!r} is not a size: write a whole number and a unit, such as 64KiB or 1MiB"
        raise ValueError(msg)
    return Size(int(match[1]) * _UNITS[match[2]])


def size_text(size_bytes: int) -> str:
    """Return a size for people to read: `1.5 MiB`."""
    value = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
