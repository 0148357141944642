"""The quick start's target is made once, filled once, and comes back as it was."""

import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from yett.demo import sample, target
from yett.demo.sample import Sizes
from yett.demo.target import Target, start_target

SMALL = Sizes(customers=20, products=20, orders=30, tickets=10, employees=2, payroll_months=2)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(target, "sample_script", lambda: sample.sample_script(1, SMALL))
    # Not tmp_path: the server's account must be able to come through, as it can to a checkout.
    path = Path(tempfile.mkdtemp(prefix="yett-demo-"))
    path.chmod(0o755)
    yield path / "demo"
    shutil.rmtree(path)


def _connect(running: Target) -> psycopg.Connection:
    server, password = running.server, running.password.reveal()
    return psycopg.connect(
        host=server.host, port=server.port, dbname=running.database, user=running.user, password=password
    )


def test_what_was_changed_is_still_there_after_the_next_start(folder: Path) -> None:
    running = start_target(folder)
    try:
        with _connect(running) as connection:
            connection.execute("DELETE FROM support_tickets")
    finally:
        running.server.stop()
    running = start_target(folder)
    try:
        with _connect(running) as connection:
            assert connection.execute("SELECT count(*) FROM support_tickets").fetchone() == (0,)
            assert connection.execute("SELECT count(*) FROM customers").fetchone() == (20,)
    finally:
        running.server.stop()


def test_a_first_start_that_was_cut_short_is_begun_anew(folder: Path) -> None:
    running = start_target(folder)
    running.server.kill9()
    (folder / "sample.loaded").unlink()
    running = start_target(folder)
    try:
        with _connect(running) as connection:
            assert connection.execute("SELECT count(*) FROM customers").fetchone() == (20,)
    finally:
        running.server.stop()


def test_the_password_is_private_and_needed(folder: Path) -> None:
    running = start_target(folder)
    try:
        assert running.password_file.stat().st_mode & 0o077 == 0
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(
                host=running.server.host, port=running.server.port, dbname="orders", user=running.user, password="no"
            )
    finally:
        running.server.stop()
