"""Brings the control database's schema up to date."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text

from yett.core.errors import YettError

HEAD = "0003"
"""The newest revision of the schema: a test holds it against the folder of migrations."""

MIGRATIONS = Path(__file__).with_name("migrations")


class SchemaTooNew(YettError):
    """The control database was written by a newer Yett."""

    code = "store_too_new"


def migrate(engine: Engine) -> None:
    """Run the migrations that the database lacks. Raises SchemaTooNew for a database of a newer Yett.

    Alembic is imported only where there is something to do: every command opens the database.
    """
    with engine.connect() as connection, connection.begin():
        found = schema_revision(connection)
    if found == HEAD:
        return
    _upgrade(engine, found)


def schema_revision(connection: Connection) -> str | None:
    """Return the revision that the database's schema has, or None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(select(text("version_num")).select_from(text("alembic_version"))).scalar_one_or_none()


def _upgrade(engine: Engine, found: str | None) -> None:
    from alembic import command  # noqa: PLC0415  slow to import, and seldom needed
    from alembic.config import Config  # noqa: PLC0415  as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415  as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        message = f"the control database has schema {found}, which this version of Yett does not know"
        raise SchemaTooNew(message, hint="run the newer version of Yett that wrote it")
    with engine.connect().execution_options(yett_writes=True) as connection, connection.begin():
        if schema_revision(connection) == HEAD:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
