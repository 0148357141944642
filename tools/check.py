"""Runs every check that needs no server, says how each went, and fails when one did."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATHS = ("src", "tests", "tools", "setup.py")

CHECKS = {
    "format": ("ruff", "format", "--check", "--quiet", *PATHS),
    "lint": ("ruff", "check", "--quiet", *PATHS),
    "types": ("mypy", "--no-error-summary"),
    "doors": ("lint-imports", "--no-cache"),
    "house": ("pytest", "-q", "--no-header", "tests/test_house.py"),
}


def main() -> int:
    """Run all checks, or those named on the command line; return how many failed."""
    chosen = sys.argv[1:] or list(CHECKS)
    return sum(not passes(name) for name in chosen)


def passes(name: str) -> bool:
    """Run one check; its output is shown only when it fails."""
    program, *arguments = CHECKS[name]
    started = time.monotonic()
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    result = subprocess.run(command, cwd=ROOT, check=False, text=True, capture_output=True)
    took = time.monotonic() - started
    print(f"{name:8} {'ok' if result.returncode == 0 else 'FAILED':8} {took:5.1f} s", flush=True)
    if result.returncode:
        print(result.stdout + result.stderr, flush=True)
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
