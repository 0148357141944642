"""Runs the drivers' own test suites directly and through the gate, and tells what ends otherwise."""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from e2e.gates import EVERYTHING, gate_before
from e2e.routes import Route
from regress.course import say
from regress.drivers.known import reason
from regress.drivers.running import Ending, run
from regress.drivers.suites import SUITES, DriverSuite
from regress.suite import NotRun
from servers.authority import new_authority
from servers.postgres import SUPERUSER, TestPostgres, releases, running

# What suites connect to, and what some of them make and connect to then.
_DATABASES = ("postgres", "test", "psycopg2_test")
_MADE = ("testdb", "asyncpg_intro_test")
# Whoever `forbid` could match is not proved to be free, so each statement is resolved, judged and proved.
_RESTRICTED = EVERYTHING + "".join(
    f'forbid (principal, action, resource == Table::"{name}/public.no_such_table");\n' for name in (*_DATABASES, *_MADE)
)
_SETTINGS = {"max_prepared_transactions": "10", "log_statement": "none"}
_ABSENT = Ending("absent")


@dataclass(frozen=True, slots=True)
class Difference:
    """One test that ended otherwise through the gate; `why` is empty where that is not meant."""

    test: str
    direct: Ending
    through: Ending
    why: str


def main(arguments: list[str]) -> int:
    """Run what the command line asks for; return 0 when nothing ends otherwise but what is meant to."""
    chosen = _parser().parse_args(arguments)
    suites = [SUITES[name] for name in chosen.suites or SUITES]
    ways = [False, True] if chosen.restricted is None else [chosen.restricted]
    unexpected = 0
    try:
        for suite in suites:
            with _sides(chosen.version, ways) as (direct, through):
                unexpected += _compared(suite, direct, through, chosen.lines)
    except NotRun as error:
        say(str(error))
        return 2
    return 1 if unexpected else 0


def differences(
    suite: str, direct: Mapping[str, Ending], through: Mapping[str, Ending], *, restricted: bool
) -> list[Difference]:
    """Return the tests that ended otherwise, each with the reason why it may."""
    found = []
    for test in sorted(direct.keys() | through.keys()):
        one, other = direct.get(test, _ABSENT), through.get(test, _ABSENT)
        if one.outcome != other.outcome:
            found.append(Difference(test, one, other, reason(suite, test, other.words, restricted=restricted)))
    return found


def _compared(suite: DriverSuite, direct: Route, through: Mapping[bool, Route], lines: int) -> int:
    """Run one suite by all ways, say how it went, and return how many differences are not meant."""
    wanted = _run(suite, direct)
    say(f"{suite.name:20} directly            {_counts(wanted)}")
    unexpected = 0
    for restricted, route in through.items():
        found = _run(suite, route)
        told = differences(suite.name, wanted, found, restricted=restricted)
        wrong = [one for one in told if not one.why]
        unexpected += len(wrong)
        say(f"{suite.name:20} {'restricted' if restricted else 'through the gate':19} {_counts(found)}")
        reasons = Counter(one.why for one in told if one.why)
        for why, number in reasons.most_common():
            say(f"{'':20}   {number:4} otherwise: {why}")
        for one in wrong:
            say(f"{'':20}   DIFFERS {one.test}: {one.direct.outcome} -> {one.through.outcome}")
            said = one.through.words or one.direct.words
            say("\n".join(f"{'':24}{line}" for line in said.strip().splitlines()[-lines:]))
    return unexpected


def _run(suite: DriverSuite, route: Route) -> dict[str, Ending]:
    return run(suite, replace(route, database=suite.database))


def _counts(endings: Mapping[str, Ending]) -> str:
    counted = Counter(one.outcome for one in endings.values())
    return ", ".join(f"{counted[outcome]} {outcome}" for outcome in ("passed", "failed", "error", "skipped"))


@contextmanager
def _sides(version: int, ways: list[bool]) -> Iterator[tuple[Route, dict[bool, Route]]]:
    """Start a server for each way, alike, and gates before all but the first; remove everything in the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yett-drivers-")))
        authority = new_authority(folder / "authority")
        servers = [stack.enter_context(running(releases()[version], authority, _SETTINGS)) for _ in (0, *ways)]
        for server in servers:
            _prepare(server)
        secret = folder / "password"
        secret.write_text(servers[0].password)
        secret.chmod(0o600)
        through: dict[bool, Route] = {}
        for restricted, server in zip(ways, servers[1:], strict=True):
            changes = {
                "resources": {name: name for name in (*_DATABASES, *_MADE)},
                "policies": {"all": _RESTRICTED if restricted else EVERYTHING},
                "credential": f'{{ from = "file", login = "{SUPERUSER}", password = "{secret}" }}',
            }
            gate = stack.enter_context(gate_before(server, authority, **changes))
            # The user name is not looked at, and some tests print it.
            through[restricted] = replace(gate.route(database="postgres"), user=SUPERUSER, sslmode="prefer")
        first = servers[0]
        yield (
            Route("direct", first, first.host, first.port, SUPERUSER, first.password, "postgres", "prefer"),
            through,
        )


def _prepare(server: TestPostgres) -> None:
    server.execute(*(f"CREATE DATABASE {name}" for name in _DATABASES if name != "postgres"))
    server.execute("ALTER DATABASE test SET default_text_search_config = 'pg_catalog.english'")
    for suite in SUITES.values():
        made = [f"CREATE EXTENSION IF NOT EXISTS {name}" for name in suite.extensions]
        made += [f"CREATE SCHEMA IF NOT EXISTS {name}" for name in suite.schemas]
        server.execute(*made, database=suite.database)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='make regress ARGS="drivers …"', description=__doc__)
    parser.add_argument("suites", nargs="*", choices=[[], *SUITES], help="suites to run instead of all")
    parser.add_argument("--version", type=int, choices=[15, 17, 18], default=15, help="PostgreSQL's major version")
    parser.add_argument(
        "--restricted",
        action=argparse.BooleanOptionalAction,
        help="only as somebody who is not proved to be free, or only as somebody who is; both without it",
    )
    parser.add_argument("--lines", type=int, default=6, help="how many lines to show of what a failed test said")
    return parser
