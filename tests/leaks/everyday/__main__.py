"""Runs the everyday statements: `python -m leaks.everyday` in the tests' folder."""

import sys

from leaks.everyday.run import run

if __name__ == "__main__":
    sys.exit(1 if run() else 0)
