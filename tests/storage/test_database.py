"""The control database: private, durable, migrated, and seen by every process at once."""

import sqlite3
import subprocess
import sys
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from yett.core.principals import PrincipalKind
from yett.identity.store import LocalPrincipal, Revocation, RevocationKind
from yett.storage.database import DATABASE, StoreFailed, open_database
from yett.storage.identity_store import SqlIdentityStore
from yett.storage.migrate import HEAD, MIGRATIONS, SchemaTooNew
from yett.storage.tables import metadata


def test_the_files_belong_to_the_gate_alone(tmp_path):
    data = tmp_path / "data"
    with open_database(data) as database:
        SqlIdentityStore(database).put_revocation(Revocation(RevocationKind.TOKEN, "x", 1.0))
        modes = {one.name: one.stat().st_mode & 0o777 for one in data.iterdir()}
    assert data.stat().st_mode & 0o777 == 0o700
    assert modes == {DATABASE: 0o600, f"{DATABASE}-wal": 0o600, f"{DATABASE}-shm": 0o600}


def test_each_connection_is_durable_and_forgets_what_it_deletes(tmp_path):
    with open_database(tmp_path) as database, database.reading() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}


def test_a_second_opening_finds_what_the_first_wrote(tmp_path):
    with open_database(tmp_path) as database:
        SqlIdentityStore(database).add_principal(LocalPrincipal("ada", PrincipalKind.USER))
    with open_database(tmp_path) as database:
        assert [one.name for one in SqlIdentityStore(database).changes_since(0).principals] == ["ada"]


def test_the_migrations_make_exactly_the_tables(tmp_path):
    with open_database(tmp_path) as database, database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_newest_migration_is_the_one_that_is_looked_for():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_newer_schema_is_refused(tmp_path):
    open_database(tmp_path).close()
    with sqlite3.connect(tmp_path / DATABASE) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(SchemaTooNew, match="9999"):
        open_database(tmp_path)


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path):
    (tmp_path / DATABASE).write_bytes(b"this is not a database, and long enough to be taken for one" * 100)
    with pytest.raises(StoreFailed, match="not a database"):
        open_database(tmp_path)


def test_a_folder_that_cannot_be_written_is_refused_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed) as failure:
        open_database(tmp_path / "file" / "data")
    assert "gate.data" in failure.value.hint


def test_several_processes_may_open_a_new_store_at_the_same_time(tmp_path):
    opening = f"open_database(Path({str(tmp_path)!r})).close()"
    program = f"from pathlib import Path\nfrom yett.storage.database import open_database\n{opening}"
    started = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(4)]
    assert [(one.wait(30), one.stderr.read()) for one in started] == [(0, b"")] * 4
    for one in started:
        one.stderr.close()


def test_another_connection_sees_a_write_at_its_next_poll(tmp_path):
    with open_database(tmp_path) as gate, open_database(tmp_path) as tool:
        gate.poll()
        assert not gate.poll()
        SqlIdentityStore(tool).put_revocation(Revocation(RevocationKind.SUBJECT, "corp/123", 1.0))
        assert gate.poll()
        assert not gate.poll()


def test_writers_wait_for_each_other_and_revisions_never_repeat(tmp_path):
    with open_database(tmp_path) as database:
        store = SqlIdentityStore(database)

        def write(name):
            for number in range(20):
                store.put_revocation(Revocation(RevocationKind.TOKEN, f"{name}-{number}", 1.0))

        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        changes = store.changes_since(0)
    assert (changes.revision, len(changes.revocations)) == (80, 80)


def test_a_failed_write_leaves_nothing(tmp_path):
    with open_database(tmp_path) as database:
        store = SqlIdentityStore(database)
        with pytest.raises(ZeroDivisionError), database.writing() as (connection, _):
            connection.exec_driver_sql("INSERT INTO revocations VALUES ('token', 'x', 1, '', '', 0, 1)")
            _ = 1 / 0
        assert not store.changes_since(0)
        assert store.changes_since(0).revision == 0


def test_an_error_names_no_payload(tmp_path):
    database = open_database(tmp_path)
    with database, pytest.raises(StoreFailed) as failure, database.writing() as (connection, _):
        connection.exec_driver_sql("INSERT INTO gate VALUES (1, 'ada@example.com', 1)")
    assert "ada" not in str(failure.value)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_was_taken_away_is_noticed(tmp_path, replaced):
    with open_database(tmp_path) as database:
        database.poll()
        (tmp_path / DATABASE).unlink()
        if replaced:
            (tmp_path / DATABASE).write_bytes(b"")
        with pytest.raises(StoreFailed):
            database.poll()
