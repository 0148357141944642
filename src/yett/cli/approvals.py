"""The reviewer's commands: see what waits for a yes, see it whole, answer it, and wait for more."""

# ruff: noqa: PLR0917 - typer makes an option of each argument, and calls by name

import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

import typer

from yett.cli.api_client import ApiClient, TokenFileOption, UrlOption, api_client, is_id
from yett.cli.approvals_shown import print_ticket, print_tickets
from yett.cli.local import InputMissing, lifetime
from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import EXIT_FOUND, escaped, print_json, styled
from yett.core.errors import UpstreamFailed

app = typer.Typer(
    add_completion=False,
    help="Answer what waits for a person's yes.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_WATCH_SECONDS = 25
_SEEN_CHARS = 16
_AWAY_SECONDS = 2.0
_STATES = ("open", "approved", "denied", "expired", "withdrawn", "used", "all")

TicketArgument = Annotated[str, typer.Argument(metavar="ID", help="The ticket, as the notice or the list names it.")]
SeenOption = Annotated[
    str, typer.Option("--seen", metavar="DIGEST", help="The digest that `show` printed, or its first 12 characters.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask; needs --seen, so that it was looked at.")]


def _states() -> list[str]:
    return list(_STATES)


@app.command("list")
def list_tickets(
    state: Annotated[str, typer.Option(help=f"Which: {', '.join(_STATES)}.", autocompletion=_states)] = "open",
    url: UrlOption = "",
    token_file: TokenFileOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the tickets that you may see, the newest first."""
    answer = api_client(config, url, token_file).get("/api/approvals", state=state)
    _warn(answer)
    if as_json:
        print_json(answer["tickets"])
        return
    print_tickets(answer["tickets"], empty="nothing waits" if state == "open" else f"no tickets ({state})")
    if answer["more"]:
        print("There are more: these are the newest.")


@app.command()
def show(
    ticket: TicketArgument,
    url: UrlOption = "",
    token_file: TokenFileOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything that a yes would stand for. That you saw it is recorded."""
    found = _fetch(api_client(config, url, token_file), ticket)
    if as_json:
        print_json(found)
        return
    _warn(found)
    print_ticket(found)
    if found["state"] == "open" and not found["why_not"]:
        print(f"\nnext: yett approvals approve {escaped(found['id'])}")
        print(f"      yett approvals deny {escaped(found['id'])} --reason '…'")


@app.command(epilog="Example without a terminal: yett approvals approve k7m2p-9xq4r --yes --seen 3f2a9b0c11d2e4f5")
def approve(
    ticket: TicketArgument,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    for_: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="TIME", help="Let exactly this shape pass for so long, other written values too."
        ),
    ] = None,
    seen: SeenOption = "",
    yes: YesOption = False,
    url: UrlOption = "",
    token_file: TokenFileOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say yes to exactly this, once. You are shown it first, and asked."""
    client = api_client(config, url, token_file)
    seconds = lifetime(for_) or 0.0
    what = f"approve it, and this shape for {for_}" if seconds else "approve exactly this, once"
    body = {"seen": _seen(client, ticket, seen, what, yes=yes), "reason": reason, "for_shape_seconds": seconds}
    _tell(client.post(f"/api/approvals/{_id(ticket)}/approve", body), as_json=as_json)


@app.command()
def deny(
    ticket: TicketArgument,
    reason: Annotated[str, typer.Option(help="Why; the client is told.")],
    url: UrlOption = "",
    token_file: TokenFileOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say no. One no is enough, and the client is told why."""
    client = api_client(config, url, token_file)
    _tell(client.post(f"/api/approvals/{_id(ticket)}/deny", {"reason": reason}), as_json=as_json)


@app.command("break-glass")
def break_glass(
    ticket: TicketArgument,
    reason: Annotated[str, typer.Option(help="Why it cannot wait; it is recorded and signalled.")],
    seen: SeenOption = "",
    yes: YesOption = False,
    url: UrlOption = "",
    token_file: TokenFileOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on without a reviewer, where the flow gives you that right. It is loudly recorded."""
    client = api_client(config, url, token_file)
    body = {"seen": _seen(client, ticket, seen, "go on without a reviewer", yes=yes), "reason": reason}
    _tell(client.post(f"/api/break-glass/{_id(ticket)}", body), as_json=as_json)


@app.command("close-window")
def close_window(
    ticket: TicketArgument,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    url: UrlOption = "",
    token_file: TokenFileOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the time for which a ticket's shape may pass (approve --for), at once."""
    client = api_client(config, url, token_file)
    done = client.post(f"/api/approvals/{_id(ticket)}/close-window", {"reason": reason})
    if as_json:
        print_json(done)
        return
    print(f"what has the shape of {escaped(done['id'])} is asked about again")


@app.command()
def watch(
    url: UrlOption = "",
    token_file: TokenFileOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what happens to tickets as it happens, until Ctrl-C; with --json a line for each."""
    client = api_client(config, url, token_file)
    told = dict[str, str]()
    with suppress(KeyboardInterrupt):
        for answer in _answers(client):
            if answer["anew"]:
                _warn(answer)
                if not as_json:
                    print(f"{len(answer['tickets'])} open; waiting for more (Ctrl-C ends)", file=sys.stderr)
            for one in reversed(answer["tickets"]):
                if told.get(one["id"]) != one["state"]:
                    _happened(one, as_json=as_json)
                told[one["id"]] = one["state"]


def _answers(client: ApiClient) -> Iterator[dict[str, Any]]:
    """Yield what happens, for good; a gate that was there and is away for a while is waited for."""
    cursor, away = "", False
    while True:
        try:
            answer = client.get("/api/approvals/watch", _WATCH_SECONDS + 15, since=cursor, wait=str(_WATCH_SECONDS))
        except UpstreamFailed as gone:
            if not cursor:
                raise
            if not away:
                print(f"{escaped(gone.message)}; trying again", file=sys.stderr)
            away = True
            time.sleep(_AWAY_SECONDS)
            continue
        cursor, away = answer["cursor"], False
        yield answer


def _happened(ticket: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(ticket, ensure_ascii=False), flush=True)
        return
    mood = {"open": "warn", "denied": "fail", "expired": "fail"}.get(ticket["state"], "ok")
    behalf = f" for {', '.join(ticket['on_behalf_of'])}" if ticket["on_behalf_of"] else ""
    words = f"{ticket['principal']}{behalf}: {ticket['operation']} {ticket['resource']}: {ticket['reason']}"
    print(f"{escaped(ticket['id'])}  {styled(ticket['state'], mood)}  {escaped(words)}", flush=True)


def _fetch(client: ApiClient, ticket: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/approvals/{_id(ticket)}")
    return found


def _seen(client: ApiClient, ticket: str, seen: str, what: str, *, yes: bool) -> str:
    """Return what was seen: shown here and agreed to on a terminal, or named with --yes --seen.

    The whole ticket is printed to standard error where the answer is JSON's, so that the answer stays a document.
    """
    if yes:
        if not seen:
            raise InputMissing("--yes needs --seen", hint=f"look first: yett approvals show {escaped(ticket)}")
        return seen
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        hint = f"yett approvals show {escaped(ticket)}, then the same command with --yes --seen DIGEST"
        raise InputMissing("there is no terminal to ask on", hint=hint)
    found = _fetch(client, ticket)
    _warn(found)
    print_ticket(found)
    digest = str(found["digest"])
    if seen and not digest.startswith(seen.lower()):
        raise InputMissing("this is not what --seen names", hint="look at it again, above", code="seen_other")
    print()
    if input(f"{styled(what, 'warn')}? Type yes: ").strip().lower() != "yes":
        print("nothing was done")
        raise typer.Exit(EXIT_FOUND)
    return digest[:_SEEN_CHARS]


def _tell(ticket: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(ticket)
        return
    _warn(ticket)
    mood = "fail" if ticket["state"] in {"denied", "expired"} else "ok"
    became = "granted" if ticket["outcome"] == "granted" else ticket["state"]
    print(f"{escaped(ticket['id'])} is {styled(became, mood)}")
    if ticket["state"] == "open":
        print("More people have to say yes.")
    if ticket["window_until"]:
        print(f"This shape may pass until {escaped(ticket['window_until'])}.")


def _warn(answer: dict[str, Any]) -> None:
    if words := answer.get("evaluation"):
        print(f"{styled('EVALUATION MODE', 'warn', sys.stderr)}: {escaped(str(words))}", file=sys.stderr)


def _id(ticket: str) -> str:
    """Return a ticket's id as it stands in an address; raises InputMissing for what is none."""
    text = ticket.strip()
    if not is_id(text):
        raise InputMissing("that is no ticket's id", hint="yett approvals list shows them", code="ticket_unknown")
    return text
