"""Look for ways around the gate, and for what would stop it."""

import typer

from yett.cli.check import print_findings
from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import EXIT_FOUND


def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Look for ways around the gate, and for what would stop it.

    It tries each target from here as a client would that knows of no gate: without a password, with easy ones, and
    with the passwords that this user's clients have (~/.pgpass, PGPASSWORD). Run it as the agents' user, where they
    run. Ends with status 1 when something failed.

    Example: sudo -u agent yett doctor --json
    """
    from yett.app.doctor import run_doctor  # noqa: PLC0415 - the help must not wait for the whole gate
    from yett.config import find_config, load_config  # noqa: PLC0415 - as above
    from yett.core.clock import SystemClock  # noqa: PLC0415 - as above

    findings = run_doctor(load_config(find_config(config)), SystemClock())
    print_findings(findings, as_json=as_json)
    if any(one.state == "fail" for one in findings):
        raise typer.Exit(EXIT_FOUND)
