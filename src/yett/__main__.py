"""`python -m yett` is `yett`."""

from yett.cli.main import main

if __name__ == "__main__":
    main()
