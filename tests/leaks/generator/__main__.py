"""Runs the generator: `python -m leaks.generator` in the tests' folder."""

import sys

from leaks.generator.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
