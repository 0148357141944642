"""Plays the suite's scripts with psql as pg_regress does, on both sides at once."""

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg

from regress.compare import Compared, plain
from regress.suite import Suite
from regress.world import Side, World
from servers.postgres import TestPostgres

_SCRIPT_SECONDS = 300
_PSQL = ("-X", "-a", "-q", "-v", "HIDE_TABLEAM=on", "-v", "HIDE_TOAST_COMPRESSION=on")


def play(found: World, suite: Suite, names: list[str]) -> Iterator[Compared]:
    """Play these scripts in their order; the servers go on from one to the next with what is in them."""
    with ThreadPoolExecutor(2) as pool:
        for name in names:
            texts = [(side, name, suite.script(name)) for side in (found.direct, found.through)]
            direct, through = pool.map(lambda each: said(*each), texts)
            yield Compared(name, direct, through)
            # A server that is older than the suite may crash where the suite tests for what was mended since.
            for side, *_ in texts:
                await_server(side.route.server)


def said(side: Side, name: str, text: str) -> str:
    """Return all that psql says to one script, results and messages in the order they came."""
    try:
        result = subprocess.run(
            [side.route.server.tool("psql"), *_PSQL],
            input=text.encode("utf-8", "surrogateescape"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=_SCRIPT_SECONDS,
            env=side.route.environment(**side.environment(name)),
        )
    except subprocess.TimeoutExpired as late:
        return f"{_shown(late.output or b'', side)}\nNOT DONE after {_SCRIPT_SECONDS} seconds\n"
    return _shown(result.stdout, side)


def await_server(server: TestPostgres, *, wait_seconds: float = 60) -> None:
    """Return once the server takes connections; raises psycopg.OperationalError when the time is up."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _shown(output: bytes, side: Side) -> str:
    return plain(output.decode(errors="backslashreplace"), side)
