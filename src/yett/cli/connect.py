"""Print or run the client that reaches a resource through the gate."""

import os
import shlex
import time
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from yett.cli.client_lines import CLIENTS, Way
from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import print_json, print_table
from yett.core.errors import AuthenticationFailed, ConfigError

if TYPE_CHECKING:
    from yett.cli.saved_login import SavedLogin
    from yett.config import Config

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to connect, not where to listen
_NOT_SIGNED_IN = "sign in first: yett login NAME, or yett login --token"


def connect(  # noqa: PLR0917 - typer calls it by name
    resource: Annotated[
        str, typer.Argument(metavar="[RESOURCE]", help="The resource's name; without one, all are listed.")
    ] = "",
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- PROGRAM ARGS...]", help="What to run, with the gate in its environment."),
    ] = None,
    client: Annotated[str, typer.Option(help=f"Whose line to print: {', '.join(CLIENTS)}.")] = "psql",
    run: Annotated[
        bool, typer.Option("--exec/--print", help="Run the client (psql unless one is named), or print its line.")
    ] = False,
    host: Annotated[str, typer.Option(help="The gate's name or address, where it is not on this machine.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print or run the client line for a resource.

    The printed line fetches the credential of `yett login` when it runs; it holds no secret itself. A program that
    is run gets it in its environment.

    Examples: yett connect orders · yett connect orders --client python · yett connect orders --exec -- pg_dump -s
    """
    from yett.config import find_config, load_config  # noqa: PLC0415 - the help must not wait for it

    settings = load_config(find_config(config))
    if not resource:
        return _list(settings, as_json=as_json)
    if client not in CLIENTS:
        choices = f"choose one of {', '.join(CLIENTS)}"
        raise typer.BadParameter(choices, param_hint="--client")
    way, login = _way(settings, resource, host)
    if run or command:
        _run(command or ["psql"], way, login)
    if as_json:
        return print_json({**way.variables, "password_command": way.password_command, "line": CLIENTS[client](way)})
    return print(CLIENTS[client](way))


def _list(settings: "Config", *, as_json: bool) -> None:
    rows = [(name, one.protocol, one.env, f"yett connect {name}") for name, one in settings.settings.resources.items()]
    columns = ("resource", "protocol", "env", "connect")
    if as_json:
        return print_json([dict(zip(columns, row, strict=True)) for row in rows])
    return print_table(columns, rows, empty="yett.toml names no resource")


def _way(settings: "Config", resource: str, host: str) -> tuple[Way, "SavedLogin | None"]:
    from yett.cli.saved_login import saved_login  # noqa: PLC0415 - the help must not wait for it
    from yett.config.addresses import split_address  # noqa: PLC0415 - as above
    from yett.config.parts import listen_addresses  # noqa: PLC0415 - as above
    from yett.config.problems import nearest  # noqa: PLC0415 - as above

    known = settings.settings.resources
    if resource not in known:
        message = f'there is no resource "{resource}"'
        raise ConfigError(message, hint=nearest(resource, known), code="resource_unknown")
    own = [one for one in settings.settings.listeners if one.resource == resource]
    bound = next((one for one in own if one.bound), None)
    address = (bound or own[0]).address if own else listen_addresses(settings.settings)[known[resource].protocol]
    at, port = split_address(address)
    sslmode = "require" if settings.settings.gate.tls else "disable"
    place = host or _ANYWHERE.get(at, at)
    if bound:
        return Way(place, port, resource, bound.bound.partition("/")[2], sslmode), None
    login = saved_login(settings.data)
    if login is None:
        raise AuthenticationFailed("nobody is signed in here", code="not_signed_in", hint=_NOT_SIGNED_IN)
    if login.expires_at <= time.time():
        raise AuthenticationFailed("your credential has expired", code="credential_expired", hint=_NOT_SIGNED_IN)
    password = f"yett whoami --credential --config {shlex.quote(str(settings.file))}"
    return Way(place, port, resource, login.user, sslmode, password), login


def _run(command: list[str], way: Way, login: "SavedLogin | None") -> NoReturn:
    environment = {**os.environ, **way.variables}
    environment.pop("PGSERVICE", None)
    environment.pop("PGPASSWORD", None)
    if login is not None:
        environment["PGPASSWORD"] = login.credential
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - the program that the person at the keyboard named
    except OSError as error:
        message = f"{command[0]} cannot be run: {error.strerror}"
        raise ConfigError(message, hint="is it installed, and on the PATH?", code="client_missing") from None
