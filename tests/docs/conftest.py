"""One sample server for all pages that show transcripts."""

from collections.abc import Iterator

import pytest

from yett.demo.target import Target, start_target


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Return the quick start's PostgreSQL, with the sample in it."""
    folder = tmp_path_factory.mktemp("sample")
    folder.chmod(0o755)
    found = start_target(folder)
    try:
        yield found
    finally:
        found.server.stop()
