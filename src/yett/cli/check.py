"""Check everything that yett.toml names, before it is live."""

from typing import TYPE_CHECKING, Annotated

import typer

from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import EXIT_FOUND, escaped, print_json, styled

if TYPE_CHECKING:
    from yett.app.findings import Finding

_MARKS = {"ok": "ok", "warn": "warn", "fail": "FAIL", "skip": "skip"}
_MOODS = {"ok": "ok", "warn": "warn", "fail": "fail", "skip": "warn"}


def check(
    config: ConfigOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out whatever needs the network or runs a program.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Count warnings as failures.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check settings, policies, credentials and targets.

    Ends with status 1 when something failed, 3 when yett.toml itself cannot be used.

    Examples: yett check · yett check --offline --json
    """
    from yett.app.checks import run_checks  # noqa: PLC0415 - the help must not wait for the whole gate
    from yett.config import find_config, load_config  # noqa: PLC0415 - as above
    from yett.core.clock import SystemClock  # noqa: PLC0415 - as above

    findings = run_checks(load_config(find_config(config)), SystemClock(), offline=offline)
    print_findings(findings, as_json=as_json)
    bad = {"fail", "warn"} if strict else {"fail"}
    if any(one.state in bad for one in findings):
        raise typer.Exit(EXIT_FOUND)


def print_findings(findings: list["Finding"], *, as_json: bool) -> None:
    """Print findings, one or two lines each, and a summary; or all of them as JSON."""
    counts = {state: sum(one.state == state for one in findings) for state in _MARKS}
    if as_json:
        rows = [
            {"subject": one.subject, "state": one.state, "code": one.code, "message": one.message, "hint": one.hint}
            for one in findings
        ]
        print_json({"findings": rows, "counts": counts})
        return
    width = max((len(one.subject) for one in findings), default=0)
    for one in findings:
        code = f" [{one.code}]" if one.code else ""
        mark = styled(f"{_MARKS[one.state]:<4}", _MOODS[one.state])
        print(f"{mark}  {one.subject:<{width}}  {escaped(one.message)}{code}")
        if one.hint and one.state != "ok":
            print(f"{'':<6}{'':<{width}}  → {escaped(one.hint)}")
    print(f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} failed")
