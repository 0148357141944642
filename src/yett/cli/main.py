"""The yett command: finds the command that was asked for, runs it, and turns errors into one clear line."""

import os
import sys
from typing import Annotated

import typer

from yett import __version__
from yett.cli.commands import LazyGroup
from yett.cli.output import EXIT_INTERNAL, exit_code, print_error
from yett.core.errors import YettError


def _print_version(asked: bool) -> None:
    if asked:
        print(f"yett {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="yett",
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Every command explains itself: yett COMMAND --help",
)


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """The gate between agents and production: identity, policy, block, record, replay."""
    del version  # its callback has already answered


def main() -> None:
    """Run the command line; exits with a status that docs/getting-started.md explains."""
    as_json = "--json" in _own_arguments()
    try:
        app(prog_name="yett")
    except YettError as error:
        print_error(error, as_json=as_json)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("YETT_TRACEBACK"):
            raise
        print_error(_unexpected(error), as_json=as_json)
        sys.exit(EXIT_INTERNAL)


def _own_arguments() -> list[str]:
    arguments = sys.argv[1:]
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _unexpected(error: Exception) -> YettError:
    """Say only the kind of error: its text could hold what must not be printed."""
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return YettError(f"{place}{error.strerror}", code="system", hint="")
    kind = type(error).__name__
    return YettError(
        f"unexpected {kind}", hint="this is a fault of yett: run again with YETT_TRACEBACK=1 and report what it prints"
    )
