"""Measures the gate against PostgreSQL itself and against pgbouncer, on this machine, now: `make bench`."""

import sys
from pathlib import Path


def start() -> int:
    """Run from the tests' folder, so that `bench`, `e2e` and `servers` are found as they are under pytest."""
    sys.path[0] = str(Path(__file__).parent.parent)
    from bench.course import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(start())
