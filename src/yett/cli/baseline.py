"""What is usual for whom: learn it from recordings, see it in numbers, forget it."""

# ruff: noqa: PLR0917 - typer makes an option of each argument, and calls by name

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from yett.cli.local import moment_iso, moment_text
from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import escaped, print_json, print_table

if TYPE_CHECKING:
    from yett.app.baseline import Known, Learnt
    from yett.config import Config
    from yett.recording.archive import Archive

app = typer.Typer(
    add_completion=False,
    help="What is usual for whom, for policies that look at `context.novel`.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PrincipalOption = Annotated[str, typer.Option(help="Only of this principal, such as corp/support-bot.")]
ResourceOption = Annotated[str, typer.Option(help="Only at this resource.")]


@app.command(epilog="Example: yett baseline learn --resource orders --since 30d")
def learn(
    principal: PrincipalOption = "",
    resource: ResourceOption = "",
    since: Annotated[
        str, typer.Option(help="Only sessions begun since: 2026-11-21, 2026-11-21T10:00, or 30d ago.")
    ] = "",
    until: Annotated[str, typer.Option(help="Only sessions begun until then.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn from recordings what was allowed and done, so that it is not new to policies any more.

    Kept are keyed marks of the shapes of operations and how often they were seen: no statement and no value. A running
    gate takes it in within seconds. A gate whose policies look at `context.novel` learns by itself what it allows from
    then on; this is for what came before. Reading recordings is recorded too.
    """
    from yett.app.baseline import learn as learn_from  # noqa: PLC0415 - the help must not wait for the whole gate
    from yett.cli.evidence import session_tests, who  # noqa: PLC0415 - as above
    from yett.core.clock import SystemClock  # noqa: PLC0415 - as above

    settings, archive = _opened(config)
    tests = session_tests(principal, resource, since, until, denied=False)
    sessions = archive.listing() if archive is not None else []
    chosen = [one for one in sessions if not one.retired and all(test(one) for test in tests)]
    if archive is None or not chosen:
        _told(None, as_json=as_json)
        return
    archive.note("learnt_from", {"by": who(), "sessions": len(chosen), "principal": principal, "resource": resource})
    done = learn_from(settings, SystemClock(), archive, chosen, lambda number: _progress(number, len(chosen)))
    _told(done, as_json=as_json)


@app.command("list")
def list_baselines(
    principal: PrincipalOption = "",
    resource: ResourceOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how much is known of whom: how many shapes, how often they were seen, and when."""
    from yett.app.baseline import known  # noqa: PLC0415 - as above
    from yett.core.clock import SystemClock  # noqa: PLC0415 - as above

    settings, archive = _opened(config)
    found = known(settings, SystemClock(), archive.listing() if archive is not None else [])
    found = [one for one in found if principal in ("", one.principal) and resource in ("", one.resource)]
    if as_json:
        print_json([_facts(one) for one in found])
        return
    rows = [
        (
            one.principal or "(no recording names them)",
            one.resource,
            one.baseline.shapes,
            one.baseline.count,
            moment_text(one.baseline.first_at),
            moment_text(one.baseline.last_at),
        )
        for one in found
    ]
    columns = ("principal", "resource", "shapes", "operations", "first", "last")
    print_table(columns, rows, empty="nothing is known of anybody: everything is new")


@app.command(epilog="Example: yett baseline forget corp/support-bot --resource orders --reason 'it was hijacked'")
def forget(
    principal: Annotated[str, typer.Argument(metavar="PRINCIPAL", help="Whose: <provider>/<subject>.")],
    resource: Annotated[str, typer.Option(help="At which resource.")],
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget what a principal did at a resource: all of it is new again, within seconds. It is recorded."""
    from yett.app.baseline import forget as forget_it  # noqa: PLC0415 - as above
    from yett.cli.evidence import who  # noqa: PLC0415 - as above
    from yett.core.clock import SystemClock  # noqa: PLC0415 - as above

    settings, archive = _opened(config)
    if archive is not None:
        facts = {"by": who(), "principal": principal, "resource": resource, "reason": reason}
        archive.note("baseline_forgotten", facts)
    shapes = forget_it(settings, SystemClock(), principal, resource)
    if as_json:
        print_json({"principal": principal, "resource": resource, "shapes": shapes})
        return
    print(f"{shapes} shapes of {escaped(principal)} at {escaped(resource)} are forgotten")


def _opened(config: str | None) -> "tuple[Config, Archive | None]":
    from yett.cli.evidence import open_archive  # noqa: PLC0415 - as above
    from yett.config import find_config, load_config  # noqa: PLC0415 - as above
    from yett.core.errors import ConfigError  # noqa: PLC0415 - as above

    settings = load_config(find_config(config))
    try:
        return settings, open_archive(str(settings.file), None)
    except ConfigError as missing:
        if missing.code != "no_recordings":
            raise
        return settings, None


def _told(done: "Learnt | None", *, as_json: bool) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    sessions, operations, shapeless, shapes, unreadable = (
        (done.sessions, done.operations, done.shapeless, done.shapes, done.unreadable) if done else (0, 0, 0, 0, [])
    )
    if as_json:
        print_json(
            {
                "sessions": sessions,
                "operations": operations,
                "without_shape": shapeless,
                "shapes_known": shapes,
                "unreadable": unreadable,
            }
        )
        return
    if not sessions:
        print("no recorded session matches: nothing was learnt")
        return
    print(f"{operations} operations of {sessions} sessions were learnt; {shapes} shapes are known now")
    if shapeless:
        print(f"{shapeless} operations have no shape that can be told, and stay new")
    if unreadable:
        some = ", ".join(escaped(name) for name in unreadable[:5]) + (", …" if len(unreadable) > 5 else "")
        print(f"{len(unreadable)} recordings could not be read whole: {some}; see yett verify")


def _facts(one: "Known") -> dict[str, object]:
    return {
        "principal": one.principal or None,
        "resource": one.resource or None,
        "shapes": one.baseline.shapes,
        "operations": one.baseline.count,
        "first_at": moment_iso(one.baseline.first_at),
        "last_at": moment_iso(one.baseline.last_at),
    }


def _progress(number: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{number} of {total} sessions", end="", file=sys.stderr, flush=True)
