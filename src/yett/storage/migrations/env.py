"""Runs migrations on the connection that Yett has opened; Alembic calls this file by its name."""

from alembic import context

from yett.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
