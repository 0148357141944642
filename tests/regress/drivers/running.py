"""Runs one driver's suite by one route with pytest, and reads what became of each of its tests."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from e2e.routes import Route
from regress.drivers.fetching import python, tests_of
from regress.drivers.suites import DriverSuite
from regress.suite import NotRun

_TEST_SECONDS = 60
_SUITE_SECONDS = 1_800
_ENDINGS = {"failure": "failed", "error": "error", "skipped": "skipped"}
_WORDS_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of one test: passed, failed, error or skipped; and what it said of itself."""

    outcome: str
    words: str = ""


def run(suite: DriverSuite, route: Route) -> dict[str, Ending]:
    """Run the suite against a database of its own and return the ending of each test; raises NotRun."""
    with TemporaryDirectory(prefix="yett-driver-") as name:
        folder = tests_of(suite, Path(name))
        report = folder / "report.xml"
        how = ("-q", "--tb=native", "-p", "no:cacheprovider", "--maxfail=100000", f"--timeout={_TEST_SECONDS}")
        command = [str(python()), "-m", "pytest", *how, f"--junitxml={report}", *suite.arguments(route)]
        said = _said(command, folder, {**route.environment(), **suite.environment(route), "HOME": name})
        if not report.exists():
            msg = f"{suite.name} did not run to its end {route.name}:\n{said[-2_000:]}"
            raise NotRun(msg)
        return _read(report)


def _said(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            # The drivers bring their own Python; ours must not be found by it.
            env={name: value for name, value in environment.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=_SUITE_SECONDS,
        )
    except subprocess.TimeoutExpired as late:
        return (late.output or b"").decode(errors="replace") + os.linesep + "NOT DONE"
    return done.stdout.decode(errors="replace")


def _read(report: Path) -> dict[str, Ending]:
    found: dict[str, Ending] = {}
    # The report is pytest's own, written a moment ago by a program that we started.
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        ending = next((part for part in case if part.tag in _ENDINGS), None)
        if ending is None:
            found.setdefault(name, Ending("passed"))
        else:
            words = f"{ending.get('message') or ''}\n{ending.text or ''}"
            found[name] = Ending(_ENDINGS[ending.tag], words[:_WORDS_MAX])
    return found
