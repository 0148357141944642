"""Attacks the gate with the leak corpus and says what came through: `make leaks`."""

import sys
from pathlib import Path


def start() -> int:
    """Run from the tests' folder, so that `leaks`, `e2e` and `servers` are found as they are under pytest."""
    sys.path[0] = str(Path(__file__).parent.parent.parent / "tests")
    from leaks.exploits.course import main  # noqa: PLC0415 - found only now

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(start())
