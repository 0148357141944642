"""A vault in a temporary folder, sessions to record, and the public key that proves them."""

import time
from pathlib import Path

import pytest

from yett.core.decisions import Allow, Decision
from yett.core.ids import PolicyVersion, SessionId, sortable_id
from yett.core.principals import Principal, PrincipalKind
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Resource
from yett.recording.keys import PublicKeys, load_public_keys
from yett.recording.settings import RecordingSettings
from yett.recording.vault import Vault

SMALL = RecordingSettings(reserve_bytes=65_536, free_bytes_min=0, probe_every=5.0)
ALLOWED = Decision(Allow(), ("orders-read",), PolicyVersion("v1"), "authorize")
MARKER = b"PLANTED-MARKER-7f3a"


class Evidence:
    """One data folder: opens vaults on it, makes sessions, finds files."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.folder = data / "recordings"
        self._vaults: list[Vault] = []

    def vault(self, settings: RecordingSettings = SMALL) -> Vault:
        vault = Vault(self.data, settings, gate_version="test", environ={})
        self._vaults.append(vault)
        return vault

    @staticmethod
    def session(name: str = "bot", resource: str = "orders") -> Session:
        owner = Principal(PrincipalKind.USER, "corp", "ada", "Ada", frozenset({"corp/dba"}))
        agent = Principal(PrincipalKind.AGENT, "corp", name, name.title(), frozenset({"corp/bots"}), on_behalf_of=owner)
        client = ClientFacts("10.0.0.7", 5123, tls=True, program="psql")
        return Session(SessionId(sortable_id()), agent, Resource(resource, "postgres", "prod"), client, time.time())

    def public(self) -> PublicKeys:
        return load_public_keys(self.data / "keys" / "signing.pub.pem")

    def path(self, file: str) -> Path:
        return next(self.folder.rglob(f"{file}.yrec"))

    def record(self, vault: Vault, operations: int = 3, **kwargs: str) -> str:
        """Record a whole session and return its id."""
        session = self.session(**kwargs)
        recorder = vault.open_session(session, {"via": "test"}, policy_version="v1")
        for number in range(1, operations + 1):
            recorder.intend(number, "SELECT", b"SELECT " + MARKER + str(number).encode(), (), ALLOWED)
            recorder.rows(number, b"D" + MARKER)
            recorder.outcome(number, "done", f"SELECT {number}", rows=number)
        recorder.close("client_left")
        return session.id

    def close(self) -> None:
        for vault in self._vaults:
            vault.close()


@pytest.fixture
def evidence(tmp_path: Path):
    found = Evidence(tmp_path)
    yield found
    found.close()
