"""Where things are under the data folder."""

import time
from pathlib import Path

SUFFIX = ".yrec"


def recordings(data: Path) -> Path:
    """Return the folder of all recordings."""
    return data / "recordings"


def day_of(file: str, now: float) -> str:
    """Return `YYYY/MM/DD/<file>.yrec`, relative to the recordings' folder (UTC)."""
    return time.strftime("%Y/%m/%d/", time.gmtime(now)) + file + SUFFIX


def gate_file(now: float) -> str:
    """Return the name of the gate-wide stream of that day (UTC)."""
    return time.strftime("gate-%Y-%m-%d", time.gmtime(now))


def index_file(now: float) -> str:
    """Return the name of the index segment of that day (UTC)."""
    return time.strftime("index-%Y-%m-%d", time.gmtime(now))


def index_segments(folder: Path) -> list[Path]:
    """Return the index segments, oldest first."""
    return sorted((folder / "index").glob("index-*" + SUFFIX))


def under(folder: Path, relative: str) -> Path:
    """Return `folder/relative`; raises ValueError for a path that would leave the folder."""
    path = folder / relative
    if relative.startswith("/") or ".." in Path(relative).parts:
        msg = "a path that leaves the recordings' folder"
        raise ValueError(msg)
    return path
