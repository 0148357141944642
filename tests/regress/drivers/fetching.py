"""Gets the drivers and their suites with pip, by version and digest, into a cache folder of the user's.

They are other people's work under their own licences, and nothing of the gate's: nothing of them lies in this
repository.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from regress.drivers.suites import DriverSuite
from regress.suite import NotRun

_LOCK = Path(__file__).parents[3] / "requirements" / "drivers.lock"
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")


def python() -> Path:
    """Return an interpreter that has pytest and all drivers, at the locked versions; raises NotRun."""
    folder = _cache() / "python"
    found, locked = folder / "bin" / "python", folder / "drivers.lock"
    if not locked.exists() or locked.read_bytes() != _LOCK.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(found), *_PIP, "install", "--require-hashes", "--requirement", str(_LOCK)])
        shutil.copy(_LOCK, locked)
    return found


def tests_of(suite: DriverSuite, into: Path) -> Path:
    """Unpack a suite's tests, and nothing else of its archive, below `into`; raises NotRun."""
    with tarfile.open(_archive(suite)) as tar:
        for member in tar:
            _, _, inside = member.name.partition("/")
            if any(inside == wanted or inside.startswith(f"{wanted}/") for wanted in suite.tests):
                tar.extract(member.replace(name=inside), into, filter="data")
    return into


def _archive(suite: DriverSuite) -> Path:
    """Return the source archive; pip refuses one with another digest."""
    folder = _cache() / suite.package
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
            wanted.write(f"{suite.package} --hash=sha256:{suite.sha256}\n")
            wanted.flush()
            how = ("download", "--no-deps", "--no-binary", ":all:", "--require-hashes", "--requirement", wanted.name)
            _run([str(python()), *_PIP, *how, "--dest", str(unfinished)])
        unfinished.rename(folder)
    (found,) = folder.glob("*.tar.gz")
    return found


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "yett" / "drivers"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        msg = f"the drivers' suites cannot be had here: {' '.join(command[:6])} … said:\n{done.stderr[-1_500:]}"
        raise NotRun(msg)
