"""Access for a while: ask for a role, see who has one, end it."""

# ruff: noqa: PLR0917 - typer makes an option of each argument, and calls by name

import time
from typing import Annotated, Any

import typer

from yett.cli.api_client import ApiClient, TokenFileOption, UrlOption, api_client, is_id
from yett.cli.approvals_shown import moment
from yett.cli.local import InputMissing, lifetime
from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import EXIT_FOUND, escaped, print_json, print_table, styled
from yett.core.durations import duration_text

app = typer.Typer(rich_markup_mode=None)
grants = typer.Typer(
    help="Roles that are had for a while.",
    rich_markup_mode=None,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(grants, name="grants")

_LOOK_SECONDS = 1.0
_GRANTED, _WAITS = "used", "open"


@app.command(epilog="Example: yett request orders-writer --for 30m --reason 'refunds of case 4711'")
def request(
    role: Annotated[str, typer.Argument(metavar="[ROLE]", help="The role; without one, those you may ask for.")] = "",
    for_: Annotated[str | None, typer.Option("--for", metavar="TIME", help="How long, from the approval on.")] = None,
    reason: Annotated[str, typer.Option(help="Why; the reviewers read it.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the answer; ends with status 1 on a no.")] = False,
    url: UrlOption = "",
    token_file: TokenFileOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for a role for a while. A reviewer says yes or no; a role ends by itself."""
    client = api_client(config, url, token_file)
    if not role:
        _roles(client.get("/api/access")["roles"], as_json=as_json)
        return
    seconds = lifetime(for_)
    if seconds is None:
        raise InputMissing("say for how long", hint=f"yett request {escaped(role)} --for 30m --reason '…'")
    if not reason.strip():
        raise InputMissing("say why", hint=f"yett request {escaped(role)} --for {for_} --reason '…'")
    ticket = client.post("/api/access", {"role": role, "seconds": seconds, "reason": reason})
    if wait:
        _say(ticket, as_json=as_json)
        ticket = _answered(client, ticket)
    _tell(ticket, as_json=as_json)
    if wait and ticket["state"] != _GRANTED:
        raise typer.Exit(EXIT_FOUND)


@grants.callback()
def list_grants(
    context: typer.Context,
    url: UrlOption = "",
    token_file: TokenFileOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the roles in force that are yours, or that you may end."""
    if context.invoked_subcommand is not None:
        return
    found = api_client(config, url, token_file).get("/api/grants")["grants"]
    if as_json:
        print_json(found)
        return
    rows = [
        (one["id"], one["role"], one["principal"], ", ".join(one["on_behalf_of"]), _left(one), moment(one["until"]))
        for one in found
    ]
    print_table(("grant", "role", "who", "for", "left", "until"), rows, empty="no roles are in force here")


@grants.command()
def revoke(
    grant: Annotated[str, typer.Argument(metavar="ID", help="The grant, as `yett grants` names it.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    url: UrlOption = "",
    token_file: TokenFileOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a role at once; what it opened is closed or narrowed."""
    ended = api_client(config, url, token_file).post(f"/api/grants/{_id(grant)}/revoke", {"reason": reason})
    if as_json:
        print_json(ended)
        return
    print(escaped(f"{ended['principal']} has {ended['role']} no more"))


def _roles(roles: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(roles)
        return
    rows = [(one["role"], duration_text(one["seconds_max"]), one["flow"]) for one in roles]
    print_table(("role", "at most", "asks"), rows, empty="there is no role that you may ask for")


def _answered(client: ApiClient, ticket: dict[str, Any]) -> dict[str, Any]:
    """Return the ticket once it is no longer open."""
    path, cursor = f"/api/approvals/{_id(ticket['id'])}", ""
    while ticket["state"] == _WAITS:
        before = time.monotonic()
        answer = client.get("/api/approvals/watch", 40, since=cursor, wait="25")
        cursor = answer["cursor"]
        if answer["anew"] or any(one["id"] == ticket["id"] for one in answer["tickets"]):
            ticket = client.get(path)
        time.sleep(max(0.0, _LOOK_SECONDS - (time.monotonic() - before)))
    return ticket


def _say(ticket: dict[str, Any], *, as_json: bool) -> None:
    if not as_json:
        print(
            f"asked: {escaped(ticket['id'])}; waiting for {escaped(', '.join(ticket['flows']))} (Ctrl-C stops waiting)"
        )


def _tell(ticket: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(ticket)
        return
    name, state = escaped(ticket["id"]), str(ticket["state"])
    if state == _WAITS:
        left = duration_text(max(1, ticket["seconds_left"]))
        print(f"asked: {name}; {escaped(', '.join(ticket['flows']))} has {left} to answer")
        print("see it: yett approvals list; have it: yett grants")
    elif state == _GRANTED:
        print(f"{name} is {styled('granted', 'ok')}: yett grants shows until when")
    else:
        because = f": {ticket['ended_because']}" if ticket["ended_because"] else ""
        print(escaped(f"{name} is {state}{because}"))


def _left(grant: dict[str, Any]) -> str:
    return duration_text(max(1, grant["seconds_left"]))


def _id(text: str) -> str:
    if not is_id(text):
        raise InputMissing("that is no grant's id", hint="yett grants shows them", code="grant_unknown")
    return text
