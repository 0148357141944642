"""Changes the password of the role that is signed in, and ends the sessions that signed in with the old one."""

from yett.protocols._wire.dialogue import Opening
from yett.protocols.postgres.leasing.catalog import SETTINGS
from yett.protocols.postgres.leasing.query import query
from yett.protocols.postgres.leasing.words import text

_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE usename = current_user AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def change_own_password(verifier: str) -> Opening[None]:
    """Have the target keep another verifier for the role in use. Raises Refused."""
    yield from query(SETTINGS)
    yield from query(f"ALTER ROLE CURRENT_USER PASSWORD {text(verifier)}")


def end_other_sessions() -> Opening[int]:
    """End all other sessions of the role in use; return how many there were. Raises Refused."""
    yield from query(SETTINGS)
    return len((yield from query(_OTHERS)))
