"""Attacks the gate with the leak corpus, does everyday work through it, and generates statements: `make leaks`."""

import sys
from importlib import import_module
from pathlib import Path

# Each has main(arguments) -> exit status. `make leaks ARGS="generated --count 500"` runs one of them.
PHASES = {
    "exploits": "leaks.exploits.course",
    "everyday": "leaks.everyday.run",
    "generated": "leaks.generator.run",
}


def start(arguments: list[str]) -> int:
    """Run from the tests' folder, so that `leaks`, `e2e` and `servers` are found as they are under pytest."""
    sys.path[0] = str(Path(__file__).parent.parent.parent / "tests")
    if not arguments:
        return max(run(phase, []) for phase in PHASES)
    if arguments[0] in PHASES:
        return run(arguments[0], arguments[1:])
    return run("exploits", arguments)


def run(phase: str, arguments: list[str]) -> int:
    """Run one phase and return its exit status."""
    sys.stdout.write(f"\n== {phase}\n")
    sys.stdout.flush()
    return int(import_module(PHASES[phase]).main(arguments))


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
