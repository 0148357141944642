"""What one process writes, a running gate knows a moment later, and keeps knowing after a crash."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from yett.core.clock import SystemClock
from yett.core.principals import PrincipalKind
from yett.identity.identity import Identity
from yett.identity.local import LocalIdentity
from yett.identity.settings import IdentitySettings
from yett.identity.store import RevocationKind
from yett.storage.database import open_database
from yett.storage.identity_store import SqlIdentityStore

REVOKE = """
import os, signal, sys
from pathlib import Path
from yett.core.clock import SystemClock
from yett.identity.local import LocalIdentity
from yett.identity.settings import LocalSettings
from yett.identity.store import RevocationKind
from yett.storage.database import open_database
from yett.storage.identity_store import SqlIdentityStore
database = open_database(Path(sys.argv[1]))
LocalIdentity(SqlIdentityStore(database), LocalSettings(), SystemClock()).revoke(RevocationKind.SUBJECT, "local/ada")
print("revoked", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def opened(tmp_path):
    with open_database(tmp_path) as database:
        store, settings = SqlIdentityStore(database), IdentitySettings()
        local = LocalIdentity(store, settings.local, SystemClock())
        local.add("ada", PrincipalKind.USER)
        issued = local.issue(local.directory.principal("ada"))
        identity = Identity(settings, store, SystemClock())
        identity.load()
        yield identity, local, issued


async def until(holds, seconds=3.0):
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.005)
    return time.monotonic() - began


def test_a_revocation_by_another_connection_reaches_open_sessions_at_once(opened, tmp_path):
    identity, _, issued = opened
    principal = identity.verify(issued.text, time.time())

    async def run():
        following = asyncio.create_task(identity.follow())
        try:
            with open_database(tmp_path) as other:
                tool = LocalIdentity(SqlIdentityStore(other), IdentitySettings().local, SystemClock())
                await asyncio.to_thread(tool.revoke, RevocationKind.TOKEN, issued.id)
            return await until(lambda: identity.revoked(principal) == "revoked_token")
        finally:
            following.cancel()

    assert asyncio.run(run()) < 1.0


def test_a_revocation_survives_the_death_of_whoever_wrote_it(opened, tmp_path):
    identity, _, issued = opened
    principal = identity.verify(issued.text, time.time())
    ran = subprocess.run(
        [sys.executable, "-c", REVOKE, str(tmp_path)], capture_output=True, check=False, env=os.environ
    )
    assert (ran.returncode, ran.stdout) == (-signal.SIGKILL, b"revoked\n")
    asyncio.run(identity.refresh())
    assert identity.revoked(principal) == "revoked_subject"


def test_a_credential_issued_elsewhere_is_known_a_moment_later(opened, tmp_path):
    identity, _, _ = opened

    async def run():
        following = asyncio.create_task(identity.follow())
        try:
            with open_database(tmp_path) as other:
                tool = LocalIdentity(SqlIdentityStore(other), IdentitySettings().local, SystemClock())
                tool.load()
                new = await asyncio.to_thread(tool.issue, tool.directory.principal("ada"))
            await until(lambda: identity.scram(new.id) is not None)
            return identity.verify(new.text, time.time())
        finally:
            following.cancel()

    assert asyncio.run(run()).key == "local/ada"


def test_looking_for_changes_costs_microseconds(opened):
    identity, _, _ = opened
    identity._store.poll()
    began = time.perf_counter()
    for _ in range(1000):
        identity._store.poll()
    assert (time.perf_counter() - began) / 1000 < 1e-3
