"""A server that writes every statement to its log, and gates of each test's own before it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from psycopg import sql

from e2e.gates import EVERYTHING, Gate, gate_before
from e2e.routes import DATABASE, OWNER
from servers.authority import Authority
from servers.postgres import PASSWORD, TestPostgres, releases, running


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[TestPostgres]:
    """Return a server with an owner and an empty database."""
    with running(releases()[17], authority, {"log_statement": "all"}) as found:
        with found.connect() as connection:
            made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(OWNER), sql.Literal(PASSWORD))
            connection.execute(made)
        found.create_database(DATABASE, OWNER)
        yield found


@pytest.fixture
def new_gate(server: TestPostgres, authority: Authority) -> Iterator[Callable[..., Gate]]:
    """Return a function that starts a gate of the test's own."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(
            gate_before(server, authority, **{"policies": {"everything": EVERYTHING}, **changes})
        )


def run_command(*command: str) -> bool:
    """Run a command; say whether it went well."""
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a small file system of its own that can be frozen, read-only once it finds itself broken."""
    image, folder = tmp_path / "image", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(200 << 20)
    folder.mkdir()
    made = (
        os.getuid() == 0
        and run_command("mkfs.ext4", "-q", "-F", str(image))
        and run_command("mount", "-o", "loop,errors=remount-ro", str(image), str(folder))
    )
    if not made:
        pytest.skip("no file system can be made and mounted here")
    try:
        yield folder
    finally:
        run_command("fsfreeze", "-u", str(folder))
        run_command("umount", "-l", str(folder))
