"""A real gate for end-to-end tests: its own process, yett.toml, policies, provider and data folder."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from e2e.routes import DATABASE, OWNER, Route
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.demo.embedded import free_port
from yett.demo.gate import GateFailed, GateProcess, start_gate
from yett.demo.provider import AUDIENCE, ISSUER, Provider

EVERYTHING = """
permit (principal in Group::"corp/everything", action, resource);
"""


@dataclass(slots=True)
class Gate:
    """A gate under test. `log_path` holds all it said; `folder` all it wrote."""

    folder: Path
    server: TestPostgres
    port: int
    admin_port: int
    provider: Provider
    ca_path: Path | None = None
    extra: str = ""
    process: GateProcess | None = None
    policies: dict[str, str] = field(default_factory=lambda: {"everything": EVERYTHING})
    resources: Mapping[str, str] = field(default_factory=lambda: {DATABASE: DATABASE})

    credential: str = ""
    """What every resource's `credential` is, in TOML; the target's own user where it is empty."""

    host = "127.0.0.1"

    @property
    def admin(self) -> str:
        """Return the address of /healthz, /readyz and /metrics."""
        return f"http://127.0.0.1:{self.admin_port}"

    @property
    def config(self) -> Path:
        """Return the path of yett.toml."""
        return self.folder / "yett.toml"

    @property
    def data(self) -> Path:
        """Return the folder of the gate's store and recordings."""
        return self.folder / "data"

    @property
    def log_path(self) -> Path:
        """Return the file with everything that the process wrote."""
        return self.folder / "gate.log"

    @property
    def log_text(self) -> str:
        """Return everything that the process wrote."""
        return self.log_path.read_text(errors="replace")

    def token(self, subject: str = "everyone", *groups: str, **more: object) -> str:
        """Return a provider's token for `subject`, in the group that may do everything unless told otherwise."""
        return self.provider.token(subject, groups or ("everything",), **more).reveal()

    def route(self, subject: str = "everyone", *groups: str, database: str = DATABASE, password: str = "") -> Route:
        """Return the way through this gate as `subject`."""
        return Route(
            "gate", self.server, self.host, self.port, subject, password or self.token(subject, *groups), database
        )

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        with self.log_path.open("ab") as log:
            self.process = start_gate(self.config, self.admin, output=log.fileno())
        try:
            self.process.await_ready()
        except GateFailed as failure:
            failure.add_note(self.log_text[-4_000:])
            raise

    def terminate(self) -> int:
        """Send SIGTERM, wait, and return the exit status."""
        return self.process.terminate()

    def kill9(self) -> None:
        """End it at once."""
        self.process.kill9()

    def restart(self) -> None:
        """Stop it, then start it on the same ports."""
        self.terminate()
        self.start()

    def write(self) -> None:
        """Write yett.toml and the policies as they are set on this object."""
        folder = self.folder / "policies"
        folder.mkdir(exist_ok=True)
        for name, text in self.policies.items():
            (folder / f"{name}.cedar").write_text(text)
        self.config.write_text(_config(self))


@contextmanager
def gate_before(server: TestPostgres, authority: Authority, **changes: object) -> Iterator[Gate]:
    """Start a gate in front of `server`, with changes to its attributes made first; end it and remove its folder."""
    folder = Path(tempfile.mkdtemp(prefix="yett-gate-"))
    provider = Provider(folder / "provider")
    provider.make_keys()
    gate = Gate(folder, server, free_port(), free_port(), provider, authority.ca_path, **changes)
    (folder / "target.password").write_text(server.password)
    (folder / "target.password").chmod(0o600)
    chain, key = authority.server("localhost", "127.0.0.1")
    shutil.copy(chain, folder / "gate.pem")
    shutil.copy(key, folder / "gate.key")
    (folder / "gate.key").chmod(0o600)
    gate.write()
    try:
        gate.start()
        yield gate
    finally:
        if gate.process is not None:
            gate.process.kill9()
        shutil.rmtree(folder, ignore_errors=True)


def _config(gate: Gate) -> str:
    quoted = json.dumps
    head = f"""
[gate]
data = {quoted(str(gate.data))}
listen = {{ postgres = "127.0.0.1:{gate.port}" }}

[gate.tls]
cert = {quoted(str(gate.folder / "gate.pem"))}
key = {quoted(str(gate.folder / "gate.key"))}

[admin]
listen = "127.0.0.1:{gate.admin_port}"

[identity.oidc.corp]
issuer = {quoted(ISSUER)}
audience = {quoted(AUDIENCE)}
jwks_file = {quoted(str(gate.provider.jwks_file))}
kind = {{ claim = "kind", agent = ["agent"], service = ["service"] }}
"""
    return head + "".join(_resource(gate, name, database) for name, database in gate.resources.items()) + gate.extra


def _resource(gate: Gate, name: str, database: str) -> str:
    quoted = json.dumps
    ca = f"\nroot_cert = {quoted(str(gate.ca_path))}" if gate.server.tls else ""
    return f"""
[resources.{name}]
protocol = "postgres"
address = "{gate.server.host}:{gate.server.port}"
database = {quoted(database)}
env = "test"
credential = {gate.credential or _own_credential(gate)}

[resources.{name}.tls]
mode = "{"verify-full" if gate.server.tls else "disable"}"{ca}
"""


def _own_credential(gate: Gate) -> str:
    password = json.dumps(str(gate.folder / "target.password"))
    return f'{{ from = "file", login = "{OWNER}", password = {password} }}'
