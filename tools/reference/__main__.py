"""Writes docs/reference from the code: every error code, setting, command and metric. With --check it only compares."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import commands
import errors
import metrics
import settings

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `make reference` from the code. Change it there. -->\n\n"

PAGES: dict[str, Callable[[], str]] = {
    "errors.md": lambda: errors.page(ROOT / "src" / "yett"),
    "settings.md": settings.page,
    "cli.md": commands.page,
    "metrics.md": metrics.page,
}


def main() -> int:
    """Write every page, or with --check name those that are not what the code says; return the exit status."""
    parser = argparse.ArgumentParser(prog="reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is not current")
    options = parser.parse_args()
    stale = [
        name for name, page in PAGES.items() if not _current(FOLDER / name, NOTE + page(), write=not options.check)
    ]
    for name in stale:
        print(f"docs/reference/{name} {'is not current: run make reference' if options.check else 'written'}")
    return 1 if options.check and stale else 0


def _current(path: Path, text: str, *, write: bool) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return True
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return False


if __name__ == "__main__":
    sys.exit(main())
