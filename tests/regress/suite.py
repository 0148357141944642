"""PostgreSQL's own regression suite: fetched from Debian's archive, proved by its digest, kept out of this repository.

It is PostgreSQL's work under PostgreSQL's licence, and many megabytes: it lies in a cache folder of the user's.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

_POOL = "https://deb.debian.org/debian/pool/main/p"
_WANTED = ("sql", "data", "expected", "parallel_schedule", "regress.c")


class NotRun(Exception):
    """The comparison cannot be made here; the words say why, and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """One release of PostgreSQL's source: its name in Debian's archive, and its digest."""

    release: str
    sha256: str

    @property
    def address(self) -> str:
        """Return where Debian keeps it."""
        package = f"postgresql-{self.release.partition('.')[0]}"
        return f"{_POOL}/{package}/{package}_{self.release}.orig.tar.bz2"


SOURCES = {
    15: Source("15.18", "11df0df97fe3ea4ba9a791faaf39cee1d2fe571e78885b5b55d8517d27c323b4"),
    17: Source("17.11", "dd27f2b3c59e73ed14aa3324901242bf69a032a6347805f274e6260322d42979"),
    18: Source("18.6", "555610c24d53e4316da5b7d3fc25c279d96856d5e0e23ee308c328c5fa881d9f"),
}


@dataclass(frozen=True, slots=True)
class Suite:
    """An unpacked suite; `folder` has `sql`, `data` and `expected` in it."""

    folder: Path

    @property
    def names(self) -> list[str]:
        """Return the names of all scripts, in an order in which they can run one at a time."""
        lines = (self.folder / "parallel_schedule").read_text().splitlines()
        return [name for line in lines if line.startswith("test:") for name in line.removeprefix("test:").split()]

    def script(self, name: str) -> str:
        """Return one script's text, which psql reads from its standard input."""
        return (self.folder / "sql" / f"{name}.sql").read_text(encoding="utf-8", errors="surrogateescape")

    def functions(self, headers: Path, into: Path) -> bool:
        """Compile the suite's functions in C to `into`; return whether that can be done here.

        Without them some scripts fail early, in the same way by either route.
        """
        if not (headers / "postgres.h").exists() or shutil.which("cc") is None:
            return False
        command = [
            "cc",
            "-w",
            "-O1",
            "-fPIC",
            "-shared",
            f"-I{headers}",
            "-o",
            str(into),
            str(self.folder / "regress.c"),
        ]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


def suite_of(version: int) -> Suite:
    """Return the suite of a major version, fetched when it is not in the cache; raises NotRun."""
    source = SOURCES[version]
    folder = _cache() / f"postgresql-{source.release}"
    if not folder.exists():
        _unpack(_fetched(source), folder)
    return Suite(folder)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "yett" / "regress"


def _fetched(source: Source) -> Path:
    path = _cache() / source.address.rpartition("/")[2]
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_read(source.address))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != source.sha256:
        path.unlink()
        msg = f"{source.address} is not the file that was looked at (sha256 {found}): nothing was run"
        raise NotRun(msg)
    return path


def _read(address: str) -> bytes:
    try:
        with urlopen(address, timeout=60) as answer:
            return answer.read()
    except (URLError, OSError) as error:
        msg = (
            f"PostgreSQL's regression suite could not be fetched from {address}: {error}. "
            f"Where this machine is offline, put that file into {_cache()}"
        )
        raise NotRun(msg) from error


def _unpack(archive: Path, folder: Path) -> None:
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            _, _, inside = member.name.partition("/src/test/regress/")
            if inside.split("/")[0] in _WANTED:
                tar.extract(member.replace(name=inside), unfinished, filter="data")
    unfinished.rename(folder)
