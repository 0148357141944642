"""Opens what the gate remembers, for the gate itself and for commands that write beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

from yett.config import Config
from yett.identity.store import IdentityStore
from yett.storage.database import open_database
from yett.storage.identity_store import SqlIdentityStore


@contextmanager
def identity_store(config: Config) -> Iterator[IdentityStore]:
    """Open the store of local principals, credentials and revocations; a running gate sees each write within 100 ms.

    Raises StoreFailed. The data folder is made, for this user alone, where it is missing.
    """
    with open_database(config.data) as database:
        yield SqlIdentityStore(database)
