"""Differences that are meant, each with its reason: any other is a mistake of the gate's."""

import re

# What a refusal says where it is one of those that docs/postgres.md lists for everybody whom policy restricts.
_REFUSED = re.compile(r"refused by the gate \((?P<code>shared_role|statements_interdependent|setting_refused)\)")

_ENCODING = "another encoding than UTF-8, which the gate does not read"
_PASSWORD = "who somebody is comes before what they ask for: a wrong password is told before an unknown database"
_LETTERS = "the test takes some letters of the password for places to fill in, and a token has them"
_OWN = "pg_prepared_statements lists what the gate prepared for its look-ups and proofs"
_LATE = "how much a client has written when it hears of an error hangs on buffers, of which the gate has its own"

# (suite, part of the test's name) -> why it differs for everybody.
EVERYBODY: dict[tuple[str, str], str] = {
    ("pg8000", "::test_password_bytes"): _PASSWORD,
    ("pg8000", "::test_bytes_password"): _PASSWORD,
    ("pg8000", "::testBytesPassword"): _PASSWORD,
    ("pg8000", "test.legacy.test_connection::test_scram_sha_256"): "it connects to a database that is no resource",
    ("psycopg2", "CopyTests::test_copy_bytes"): _ENCODING,
    ("psycopg2", "CopyTests::test_copy_text"): _ENCODING,
    ("psycopg2", "QuotingTestCase::test_koi8"): _ENCODING,
    ("psycopg2", "QuotingTestCase::test_latin1"): _ENCODING,
    ("psycopg2", "HstoreTestCase::test_roundtrip"): _ENCODING,
    ("sqlalchemy-psycopg", "::test_client_encoding"): _ENCODING,
    ("sqlalchemy-psycopg", "::test_multiple_host_real_connect"): _LETTERS,
    ("sqlalchemy-asyncpg", "::test_multiple_host_real_connect"): _LETTERS,
}

# And for those whom policy restricts, beside refusals.
RESTRICTED: dict[tuple[str, str], str] = {
    ("asyncpg", "::test_copy_records_to_table_no_stmt_cache"): _OWN,
    ("asyncpg", "::test_executemany_server_failure_during_writes"): _LATE,
    ("pg8000", "::test_close_prepared_statement"): _OWN,
}


def reason(suite: str, test: str, words: str, *, restricted: bool) -> str:
    """Return why a test may end otherwise through the gate; empty where nothing says so."""
    known = EVERYBODY | (RESTRICTED if restricted else {})
    named = next((why for (one, part), why in known.items() if one == suite and part in test), "")
    if named or not restricted:
        return named
    refused = _REFUSED.search(words)
    return f"refused ({refused['code']})" if refused is not None else ""
