"""Whatever is done in whatever order on the control database: nothing passes twice, nothing unapproved passes."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

from approvals.test_properties import Interleavings
from yett.storage.approval_store import SqlApprovalStore
from yett.storage.database import open_database


class OnSqlite(Interleavings):
    """The same interleavings, on a file."""

    def open_store(self):
        self.folder = tempfile.TemporaryDirectory()
        self.database = open_database(Path(self.folder.name))
        return SqlApprovalStore(self.database, bytes(range(32)))

    def teardown(self):
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()


TestOnSqlite = OnSqlite.TestCase
TestOnSqlite.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
