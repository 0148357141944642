"""A database that is opened twice by one process keeps what it writes, whoever else comes and goes."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from yett.storage.database import open_database

_VISITOR = """
import sys
from pathlib import Path
from yett.storage.database import open_database
with open_database(Path(sys.argv[1])) as database, database.reading() as connection:
    pass
"""


def test_a_visitor_takes_nothing_with_it(tmp_path: Path) -> None:
    with open_database(tmp_path) as first, open_database(tmp_path):
        first.poll()
        subprocess.run([sys.executable, "-c", _VISITOR, str(tmp_path)], check=True)
        with first.writing() as (connection, _):
            connection.execute(text("UPDATE gate SET created_at = 42"))
        said = subprocess.run(
            [sys.executable, "-c", _VISITOR + "\n" + _READ, str(tmp_path)], check=True, capture_output=True, text=True
        )
        assert said.stdout.strip() == str(revision_of(first))


_READ = """
from sqlalchemy import text
with open_database(Path(sys.argv[1])) as database, database.reading() as connection:
    print(connection.execute(text("SELECT value FROM revision")).scalar_one())
"""


def revision_of(database: object) -> int:
    """Return the revision that the writer itself sees."""
    with database.reading() as connection:  # type: ignore[attr-defined]  # a store's own database
        return int(connection.execute(text("SELECT value FROM revision")).scalar_one())
