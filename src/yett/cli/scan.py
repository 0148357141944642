"""Look at samples of a resource and propose labels for its columns."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import EXIT_FOUND, escaped, print_json, print_table

if TYPE_CHECKING:
    from yett.app.sampling import SampledTable
    from yett.app.scanning import Scan
    from yett.masking.proposals import Proposal


def scan(  # noqa: PLR0917 - one for each option
    resource: Annotated[str, typer.Argument(help="The resource to look at, as yett.toml calls it.")],
    tables: Annotated[
        str, typer.Option("--tables", metavar="PATTERN", help="Only these, such as 'public.*' or '*.customers'.")
    ] = "*",
    rows: Annotated[int, typer.Option("--rows", min=1, max=5000, help="The most rows read of each table.")] = 500,
    accept: Annotated[
        bool, typer.Option("--accept", help="Write what is sure into yett.toml, and leave the rest of it as it is.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at samples of a resource and propose labels for its columns.

    It signs in with the gate's own credential, reads a few rows of each table in read-only transactions, and counts
    what the detectors find; values are never shown or kept. Columns that yett.toml or their comment labels already
    are left out. Ends with status 1 when it proposes something that was not accepted.

    Examples: yett scan orders · yett scan orders --tables 'public.*' --accept
    """
    from yett.app.scanning import Sampling  # noqa: PLC0415 - the help must not wait for the whole gate
    from yett.app.scanning import scan as scan_resource  # noqa: PLC0415 - as above
    from yett.config import find_config, load_config  # noqa: PLC0415 - as above
    from yett.config.adding import Label, add_labels  # noqa: PLC0415 - as above
    from yett.core.clock import SystemClock  # noqa: PLC0415 - as above
    from yett.masking.proposals import evidence, render  # noqa: PLC0415 - as above

    settings = load_config(find_config(config))
    found = scan_resource(settings, SystemClock(), resource, Sampling(tables, rows), _progress)
    _progress_ends()
    sure = [one for one in found.proposals if one.sure]
    if accept and sure:
        add_labels(settings.file, resource, [Label(one.key, one.label, evidence(one)) for one in sure])
    if as_json:
        print_json(_as_json(found, accepted=accept))
    else:
        _print(found)
        if accept:
            print(f"{len(sure)} labels written to {settings.file}; restart the gate to put them in force")
        elif found.proposals:
            print(f"\nto accept what is sure: yett scan {resource} --accept; or write into {settings.file}:\n")
            print(render(resource, found.proposals), end="")
    if sure and not accept:
        raise typer.Exit(EXIT_FOUND)


def _print(found: "Scan") -> None:
    from yett.masking.proposals import evidence  # noqa: PLC0415 - as above

    ranked = sorted(found.proposals, key=lambda one: (not one.sure, one.key))
    rows = [(one.key, one.type_name, one.label, "yes" if one.sure else "look", evidence(one)) for one in ranked]
    columns = ("column", "type", "label", "sure", "found in")
    print_table(columns, rows, empty="nothing found that is not labelled")
    print(f"{found.tables} tables, {found.columns} columns looked at")
    if found.unreadable:
        some = ", ".join(escaped(name) for name in found.unreadable[:5])
        more = ", …" if len(found.unreadable) > 5 else ""
        print(f"{len(found.unreadable)} tables could not be read within the limits: {some}{more}")


def _as_json(found: "Scan", *, accepted: bool) -> dict[str, object]:
    return {
        "resource": found.resource,
        "tables": found.tables,
        "columns": found.columns,
        "unreadable": found.unreadable,
        "proposals": [_proposal(one, accepted=accepted) for one in found.proposals],
    }


def _proposal(one: "Proposal", *, accepted: bool) -> dict[str, object]:
    return {
        "column": one.key,
        "type": one.type_name,
        "label": one.label,
        "sure": one.sure,
        "sampled": one.sampled,
        "whole": one.whole,
        "inside": one.inside,
        "named": one.named,
        "accepted": accepted and one.sure,
    }


def _progress(table: "SampledTable") -> None:
    if sys.stderr.isatty():
        name = escaped(f"{table.schema}.{table.table}")[:60]
        print(f"\r\x1b[K{table.number} of {table.tables} tables  {name}", end="", file=sys.stderr, flush=True)


def _progress_ends() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
