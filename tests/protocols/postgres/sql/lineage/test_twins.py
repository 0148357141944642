"""What the analyser says is compared with a real server, on two schemas that differ in labelled values only."""

from collections.abc import Iterator
from random import Random

import psycopg
import pytest

from protocols.postgres.sql.lineage.generated import Writer
from protocols.postgres.sql.lineage.twins import Twin, ask, make_twins, misplaced, told
from servers.postgres import TestPostgres

SEEDS = range(900)


@pytest.fixture(scope="module")
def twins(postgres18: TestPostgres) -> Iterator[tuple[psycopg.Connection, Twin]]:
    """Return a connection to a database with both schemas, and what is known of the first."""
    name = postgres18.create_database("lineage_twins")
    with postgres18.connect(database=name) as connection:
        make_twins(connection)
        yield connection, Twin(connection, "twin_0")
    postgres18.drop_database(name)


def test_no_generated_statement_tells_a_labelled_value_unless_the_lineage_says_so(
    twins: tuple[psycopg.Connection, Twin],
) -> None:
    connection, twin = twins
    tables = frozenset(one.oid for one in twin.relations.values() if not one.definition)
    answered = 0
    for seed in SEEDS:
        text = Writer(Random(seed)).statement()
        lineage = twin.trace(text)
        answers = [ask(connection, schema, text) for schema in ("twin_0", "twin_1")]
        answered += not answers[0].error
        assert told(lineage, twin.labelled, answers) == "", text
        assert misplaced(lineage, answers[0].origins, tables) == "", text
    assert answered > len(SEEDS) / 3
