"""Options that many commands share."""

from typing import Annotated

import typer

ConfigOption = Annotated[
    str | None,
    typer.Option(
        "--config",
        "-c",
        envvar="YETT_CONFIG",
        show_envvar=False,
        metavar="FILE",
        help="The settings file; ./yett.toml, else ~/.config/yett/yett.toml.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text, errors too.")]
