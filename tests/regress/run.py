"""Compares what psql says directly and through the gate, by PostgreSQL's own regression suite: `make regress`."""

import sys
from pathlib import Path


def start() -> int:
    """Run from the tests' folder, so that `regress`, `e2e` and `servers` are found as they are under pytest."""
    sys.path[0] = str(Path(__file__).parent.parent)
    from regress.course import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(start())
