"""The generator finds what leaks and nothing else, and makes what it found small."""

from collections.abc import Iterator
from random import Random

import pytest

from leaks.generator.choices import Choices, smallest
from leaks.generator.ground import SERVER, SIDES, Pair, direct_pair, make_ground
from leaks.generator.known import Catalog
from leaks.generator.programs import How, Program, program
from leaks.generator.run import course, generated
from leaks.generator.tracing import Tracer, claim_of, contradiction, plainly
from leaks.generator.verdict import Outcome, judge, revealing
from servers.authority import Authority
from servers.postgres import TestPostgres, releases, running
from yett.protocols.postgres.sql.lineage.result import Lineage, Output


@pytest.fixture(scope="module")
def ground(new_ground_server: TestPostgres) -> Iterator[Pair]:
    pair = direct_pair(new_ground_server)
    yield pair
    pair.close()


@pytest.fixture(scope="module")
def new_ground_server(authority: Authority) -> Iterator[TestPostgres]:
    with running(releases()[17], authority, SERVER) as server:
        make_ground(server, server.superuser)
        yield server


def written(text: str, *, tainted: bool = False) -> Program:
    from leaks.generator.pen import Column

    return Program((text,), How.SIMPLE, (Column("c", "text", tainted),), shaped=False, core=text)


def test_the_same_choices_write_the_same_program() -> None:
    choices = Choices(Random("any"))
    first = program(choices)
    assert program(Choices(given=choices.made)) == first
    assert program(Choices(Random("any"))) == first


def test_choices_that_are_used_up_still_write_something() -> None:
    assert program(Choices(given=())).text


@pytest.mark.parametrize("bad", [17, 3])
def test_what_is_wrong_becomes_as_small_as_it_can(bad: int) -> None:
    found = smallest([5, 1, bad, 9, 9, bad, 2], lambda made: bad in made)
    assert found == [bad]


def test_most_generated_programs_run_and_many_of_them_would_leak(ground: Pair) -> None:
    failed = told = 0
    for number in range(150):
        one, other = ground.run(program(Choices(Random(f"raw {number}"))))
        failed += bool(one[-1].error and one[-1].error == other[-1].error)
        told += one != other
    assert failed < 40
    assert told > 20


def test_nothing_but_labelled_values_tells_the_databases_apart(ground: Pair) -> None:
    for table, columns in (
        ("people", "ctid, id, team, name, city, joined, active, email IS NULL, pin IS NULL, tags IS NULL"),
        ("accounts", "ctid, id, owner, kind, opened, balance, iban IS NULL, ceiling IS NULL"),
        ("visits", "tableoid, ctid, id, person, day, what, place IS NULL, score IS NULL"),
    ):
        one, other = ground.run(written(f"SELECT {columns} FROM {table}"))
        assert one == other


def test_a_shown_value_is_a_leak_and_a_needless_refusal_is_counted(ground: Pair) -> None:
    shown = ground.run(written("SELECT email FROM people ORDER BY id", tainted=True))
    assert judge(written("", tainted=True), shown, shown).outcome is Outcome.LEAKED
    refusal = shown[0][-1].__class__(error=("ERROR", "42501", "no", *[""] * 11))
    refused = ([refusal], [refusal])
    assert judge(written("", tainted=True), refused, shown).outcome is Outcome.OVER_DENIED
    shaped = ground.run(written("SELECT id FROM people ORDER BY email"))
    assert revealing(written(""), *shaped)
    assert judge(written(""), refused, shaped).outcome is Outcome.REFUSED


def test_lineage_holds_against_the_ground_truth(new_ground_server: TestPostgres) -> None:
    with new_ground_server.connect(database=SIDES[0]) as connection:
        catalog = Catalog(connection)
    found = Tracer(direct_pair(new_ground_server), catalog, catalog.labelled())
    assert [found.wrong(plainly(Choices(Random(f"traced {number}")))) for number in range(200)] == [""] * 200


def test_a_lineage_that_knows_nothing_is_contradicted(ground: Pair) -> None:
    text = written("SELECT email FROM people ORDER BY id")
    lying = Lineage(outputs=(Output("email"),))
    assert "said to be clean" in contradiction(claim_of(lying, frozenset(), 1), *ground.run(text))


@pytest.mark.timeout(120)
def test_nothing_leaks_through_the_gate() -> None:
    with course() as found:
        report = generated(found, 150, seed=7)
    assert report.leaks == [], "\n".join(report.lines())
    assert report.counts[Outcome.SHOWN] > 50
