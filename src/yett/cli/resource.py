"""Look after the gate's own access to a resource: `yett resource rotate`."""

import asyncio
from typing import Annotated

import typer

from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import print_json

app = typer.Typer(rich_markup_mode=None)
resource = typer.Typer(
    help="The gate's own access to its resources.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(resource, name="resource")


@resource.command("rotate", epilog="Example: yett resource rotate orders --end-sessions")
def rotate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The resource, as yett.toml calls it.")],
    end_sessions: Annotated[
        bool,
        typer.Option("--end-sessions", help="End all sessions that signed in with the old password, the gate's too."),
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the gate's role at a resource a new random password, so that whoever knew the old one is out.

    The password is replaced at the target and where yett.toml says it is kept: a file, or a key of a Vault. It is
    written there before the target takes it, so that the gate is never locked out, whatever fails in between; run it
    again then. Neither password is shown, and the new one is never sent: the target gets its SCRAM verifier. A running
    gate needs no restart. Where credential.from is `ephemeral`, the role is the one that makes leases.

    Ends with status 5 when the target can't be reached or refuses, 1 when the password is kept where it can't be
    written.
    """
    from yett.app.gate import entries  # noqa: PLC0415 - the help must not wait for the whole gate
    from yett.app.rotation import kept_password  # noqa: PLC0415 - as above
    from yett.app.rotation import rotate as rotate_password  # noqa: PLC0415 - as above
    from yett.config import find_config, load_config  # noqa: PLC0415 - as above
    from yett.config.problems import nearest  # noqa: PLC0415 - as above
    from yett.core.clock import SystemClock  # noqa: PLC0415 - as above
    from yett.core.errors import ConfigError  # noqa: PLC0415 - as above
    from yett.credentials.sources import own_credential_source  # noqa: PLC0415 - as above

    settings = load_config(find_config(config))
    resources = settings.settings.resources
    if name not in resources:
        message = f'no resource "{name}" in {settings.file}'
        raise ConfigError(message, hint=nearest(name, resources), code="config_unknown_name")
    credential = resources[name].credential
    clock = SystemClock()
    source, kept = own_credential_source(credential, clock), kept_password(credential, clock)
    done = asyncio.run(rotate_password(entries(settings)[name], source, kept, end_sessions=end_sessions))
    if as_json:
        found = {"resource": done.resource, "user": done.user, "finished_earlier": done.finished}
        print_json({**found, "sessions_ended": done.sessions_ended})
        return
    if done.finished:
        print("an earlier rotation had been broken off; it was ended first")
    print(f'"{done.user}" at {done.resource} has a new password; nobody has seen it')
    if end_sessions:
        print(f"{done.sessions_ended} sessions of the old one ended")
