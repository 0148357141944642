"""What masking is measured on: a million rows of eight columns under different labels, and the quick start's sample."""

import subprocess

from bench.rounds import NotMeasured
from e2e.routes import OWNER
from leaks.everyday.place import LABELS, POLICIES, SIZES
from servers.postgres import TestPostgres
from yett.demo.sample import sample_script

MASKED, TOKENS, SCANNED, FOUND, SAMPLE = "masked", "tokens", "scanned", "found", "orders"
"""Names of resources: two columns partly shown, two as keyed tokens, detectors without and with finds, the sample."""

COLUMNS = 8
_PRINCIPAL = 'principal == Agent::"local/restricted"'

# Five of the columns are text; nothing in `quiet8` looks like anything, every twentieth row of `loud8` has an address.
_ROWS = """
SELECT n AS id, 'Customer number ' || n AS name, 'c' || n || '@shop.example' AS email,
       '+3247' || lpad((n % 10000000)::text, 7, '0') AS phone, 'Gent' AS city,
       'left the parcel with the neighbours at the corner' AS note, (n % 9999)::numeric / 100 AS amount,
       timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute' AS made
FROM generate_series(1, {rows}) AS n
"""
_QUIET = """
SELECT id, name, 'some words about number ' || id AS email, 'counter ' || (id % 997) AS phone, city, note, amount, made
FROM people8
"""
_LOUD = """
SELECT id, name, email, phone, city,
       CASE WHEN id % 20 = 0 THEN 'write to c' || id || '@shop.example please' ELSE note END AS note, amount, made
FROM quiet8
"""
TABLES = {MASKED: "people8", TOKENS: "people8", SCANNED: "quiet8", FOUND: "loud8"}


def resources(bench: str) -> dict[str, str]:
    """Return the resources and the database that each is, `bench` being the one with pgbench's tables."""
    return {MASKED: bench, TOKENS: bench, SCANNED: bench, FOUND: bench, SAMPLE: SAMPLE}


def settings() -> str:
    """Return the part of yett.toml that labels the columns of each resource."""
    sample = "\n".join(f'"{column}" = "{label}"' for column, label in LABELS.items())
    return f"""
[data.{MASKED}]
"public.people8.email" = "email"
"public.people8.phone" = "phone"
unlabelled = "open"

[data.{TOKENS}]
"public.people8.email" = "mail_token"
"public.people8.phone" = "phone_token"
unlabelled = "open"

[data.{SCANNED}]
unlabelled = "scanned"

[data.{FOUND}]
unlabelled = "scanned"

[data.{SAMPLE}]
{sample}

[masks.email]
style = "partial"

[masks.phone]
style = "partial"

[masks.mail_token]
style = "token"

[masks.phone_token]
style = "token"
"""


def policies() -> dict[str, str]:
    """Return what lets the benchmark's restricted agent read these resources, and nothing labelled in the clear."""
    permits = "".join(
        f"""
permit ({_PRINCIPAL}, action == Action::"connect", resource == Resource::"{name}");
permit ({_PRINCIPAL}, action == Action::"read", resource in Schema::"{name}/public");
"""
        for name in TABLES
    )
    sample = POLICIES["analyst"].replace('principal in Group::"corp/analysts"', _PRINCIPAL)
    return {"sensitive": permits, "sample": sample}


def fill_rows(server: TestPostgres, database: str, rows: int) -> None:
    """Make the three tables of so many rows each, unless they are there."""
    with server.connect(database=database) as connection:
        if connection.execute("SELECT to_regclass('people8')").fetchone() != (None,):
            return
        connection.execute(f"SET ROLE {OWNER}")
        connection.execute(f"CREATE TABLE people8 AS {_ROWS.format(rows=rows)}")
        connection.execute(f"CREATE TABLE quiet8 AS {_QUIET}")
        connection.execute(f"CREATE TABLE loud8 AS {_LOUD}")
        connection.execute("RESET ROLE")
        connection.execute("VACUUM (FREEZE, ANALYZE) people8, quiet8, loud8")


def fill_sample(server: TestPostgres) -> None:
    """Make the sample's database."""
    server.create_database(SAMPLE, OWNER)
    command = [str(server.tool("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", server.dsn(OWNER, SAMPLE)]
    script = "".join(sample_script(1, SIZES))
    done = subprocess.run(command, input=script, text=True, capture_output=True, check=False)
    if done.returncode:
        msg = f"the sample could not be made: {done.stderr.strip()[:300]}"
        raise NotMeasured(msg)
