"""Runs the everyday statements: `python -m leaks.everyday` in the tests' folder."""

import sys

from leaks.everyday.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
