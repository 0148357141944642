"""Kills gate, target, clients and the store's disk at random instants, and counts what is lost: `make chaos`."""

import sys
from importlib import import_module
from pathlib import Path


def start(arguments: list[str]) -> int:
    """Run from the tests' folder, so that `chaos`, `e2e` and `servers` are found as they are under pytest."""
    sys.path[0] = str(Path(__file__).parent.parent.parent / "tests")
    return int(import_module("chaos.course").main(arguments))


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
