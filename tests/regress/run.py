"""Compares directly and through the gate, by PostgreSQL's own regression suite or drivers' own: `make regress`."""

import sys
from pathlib import Path


def start() -> int:
    """Run from the tests' folder, so that `regress`, `e2e` and `servers` are found as they are under pytest."""
    sys.path[0] = str(Path(__file__).parent.parent)
    arguments = sys.argv[1:]
    if arguments[:1] == ["drivers"]:
        from regress.drivers import course as drivers

        return drivers.main(arguments[1:])
    from regress.course import main

    return main(arguments)


if __name__ == "__main__":
    sys.exit(start())
