"""What the scenario's steps have at hand: the gate, the target, ordinary clients, and a transcript."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from yett.demo.gate import GateProcess
from yett.demo.place import PEOPLE, Place
from yett.demo.target import Target

_LINES_SHOWN = 24


class Unexpected(Exception):
    """A step did not do what it should."""


def expect(holds: object, otherwise: str) -> None:
    """Go on only when `holds`; the step has failed otherwise."""
    if not holds:
        raise Unexpected(otherwise)


@dataclass(slots=True)
class Stage:
    """The running quick start. `notes` carries what one step leaves for a later one."""

    place: Place
    target: Target
    gate: GateProcess
    notes: dict[str, Any] = field(default_factory=dict)

    def token(self, name: str, **changes: Any) -> str:  # noqa: ANN401 - what a token is made of
        """Return a fresh token of the provider for one of the sample's people."""
        kind, groups = PEOPLE[name]
        return self.place.provider.token(name, groups, kind=kind, **changes).reveal()

    def parameters(self, user: str, password: str, resource: str = "orders") -> dict[str, str]:
        """Return libpq's parameters for a way through the gate."""
        return {
            "host": "127.0.0.1",
            "port": str(self.place.port),
            "dbname": resource,
            "user": user,
            "password": password,
            "application_name": "scenario",
            "connect_timeout": "10",
        }

    def connect(self, user: str, password: str, resource: str = "orders") -> psycopg.Connection:
        """Return a psycopg connection through the gate."""
        print(f'   >>> psycopg.connect("port={self.place.port} dbname={resource} user={user}")')
        way = psycopg.conninfo.make_conninfo(**self.parameters(user, password, resource))
        return psycopg.connect(way, autocommit=True)

    def psql(self, user: str, password: str, *statements: str) -> subprocess.CompletedProcess[str]:
        """Run psql through the gate, each statement in the same session, and show what it says."""
        names = {"dbname": "PGDATABASE", "application_name": "PGAPPNAME", "connect_timeout": "PGCONNECT_TIMEOUT"}
        found = {names.get(key, f"PG{key.upper()}"): value for key, value in self.parameters(user, password).items()}
        command = [str(self.target.server.binaries.tool("psql")), "-X", "-v", "VERBOSITY=verbose", "-P", "pager=off"]
        for statement in statements:
            command += ["-c", statement]
            print(f'   $ psql "port={self.place.port} dbname=orders user={user}" -c "{statement}"')
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        result = subprocess.run(
            command,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=60,
            env={**kept, **found},
        )
        show(result.stdout)
        return result

    def yett(
        self, *arguments: str, shown: bool = True, told: bool = True, who: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the yett command with this gate's settings, signed in as `who`; tell of it, and show what it says."""
        signed_in = {"YETT_TOKEN": self.token(who)} if who else {}
        if told:
            print(f"   $ {'YETT_TOKEN=… ' if who else ''}yett {' '.join(arguments)}{f'   # as {who}' if who else ''}")
        command = [str(Path(sys.executable).with_name("yett")), *arguments, "--config", str(self.place.config)]
        result = subprocess.run(
            command,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=60,
            env={**os.environ, **signed_in},
        )
        if shown:
            show(result.stdout)
        return result

    def yett_json(self, *arguments: str, who: str = "", told: bool = True) -> Any:  # noqa: ANN401 - whatever it prints
        """Run the yett command with --json and return what it printed, which may be a secret and is not shown."""
        result = self.yett(*arguments, "--json", shown=False, told=told, who=who)
        expect(result.returncode == 0, result.stdout)
        return json.loads(result.stdout)

    def at_the_target(self, query: str, *parameters: object) -> Any:  # noqa: ANN401 - whatever the query asks
        """Ask the target itself, not through the gate, and return the first value."""
        server = self.target.server
        with psycopg.connect(
            host=server.host,
            port=server.port,
            dbname=self.target.database,
            user=self.target.user,
            password=self.target.password.reveal(),
        ) as connection:
            return connection.execute(query, parameters).fetchone()[0]

    def as_role_at_the_target(self, role: str, statement: str) -> str:
        """Run a statement at the target as one of its roles, as its superuser can; return what it says."""
        server = self.target.server
        print(f'   $ psql (at the target, no gate) -c "SET SESSION AUTHORIZATION {role}" -c "{statement}"')
        command = [str(server.binaries.tool("psql")), "-X", "-v", "VERBOSITY=verbose", "-P", "pager=off"]
        command += [
            f"--host={server.data.parent}",
            f"--port={server.port}",
            "--username=postgres",
            self.target.database,
        ]
        command += ["--quiet", "-c", f'SET SESSION AUTHORIZATION "{role}"', "-c", statement]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        said = subprocess.run(command, text=True, capture_output=True, check=False, timeout=60, env=kept)
        show(said.stdout + said.stderr)
        return said.stdout + said.stderr


def show(text: str) -> None:
    """Print what a client said, indented, and at most a screenful."""
    lines = text.rstrip().splitlines()
    for line in lines[:_LINES_SHOWN]:
        print(f"   | {line}")
    if len(lines) > _LINES_SHOWN:
        print(f"   | … {len(lines) - _LINES_SHOWN} more lines")
    sys.stdout.flush()


def refused(stage: Stage, user: str, password: str) -> str:
    """Try to sign in, expect a refusal, and return what the client was told."""
    try:
        stage.connect(user, password).close()
    except psycopg.OperationalError as error:
        show(str(error))
        return str(error)
    raise Unexpected("the gate let them in")


def soon(holds: Callable[[], object], wait_seconds: float = 15) -> bool:
    """Say whether something holds within a while."""
    deadline = time.monotonic() + wait_seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.2)
    return False
