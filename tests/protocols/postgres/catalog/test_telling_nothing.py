"""What tells nothing of labelled columns needs no permit: keys, NULL where masks show it, how sessions encrypt."""

import pytest

from protocols.postgres.catalog.catalog_bench import Bench, understood
from protocols.postgres.catalog.labelling import labelled

FILTER = {"filter public.people.email"}


@pytest.fixture
def people(bench: Bench) -> Bench:
    """Return a bench with people, on every version."""
    bench.other.execute(
        """
        CREATE TABLE people (
            id int PRIMARY KEY, email text, nick text, low text GENERATED ALWAYS AS (lower(email)) STORED
        );
        CREATE TABLE strict (id int PRIMARY KEY, email text NOT NULL UNIQUE);
        CREATE TABLE late (id int PRIMARY KEY DEFERRABLE, email text);
        CREATE TABLE parents (id int PRIMARY KEY, email text);
        CREATE TABLE children () INHERITS (parents);
        CREATE TABLE born (id int, handle date, email int, nick text[]);
        CREATE VIEW seen AS SELECT id, email AS mail FROM people;
        """
    )
    return bench


def version(bench: Bench) -> int:
    return int(bench.other.execute("SHOW server_version_num").fetchone()[0]) // 10_000


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id FROM people WHERE email IS NULL",
        "SELECT id, mail IS NOT NULL FROM seen ORDER BY 2",
        "SELECT count(email) FROM people HAVING count(email) > 3",
        "SELECT p.id, p.email, count(*) FROM people p GROUP BY p.id, p.email",
        "SELECT DISTINCT p.id, p.email FROM people p, born ORDER BY p.id",
        "SELECT s.id, s.email, count(*) FROM strict s GROUP BY s.id, s.email ORDER BY 1",
    ],
)
def test_what_tells_nothing_needs_no_filter(people: Bench, text: str) -> None:
    assert labelled(people, text)[0] == set()


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("SELECT id FROM people WHERE low IS NULL", "filter public.people.email"),
        ("SELECT id FROM people WHERE nullif(email, 'x') IS NULL", "filter public.people.email"),
        ("SELECT id FROM born WHERE handle IS NULL", "filter public.born.handle"),
        ("SELECT id FROM born WHERE email IS NULL", "filter public.born.email"),
        ("SELECT l.id, l.email FROM late l GROUP BY l.id, l.email", "filter public.late.email"),
        ("SELECT l.id, l.email FROM parents l GROUP BY l.id, l.email", "filter public.parents.email"),
        ("SELECT s.id, s.mail FROM seen s GROUP BY s.id, s.mail", "filter public.people.email"),
        ("SELECT DISTINCT p.id, p.email FROM people p", "filter public.people.email"),
    ],
)
def test_what_may_tell_something_still_does(people: Bench, text: str, asked: str) -> None:
    assert labelled(people, text)[0] == {asked}


def test_version_18_may_group_by_another_unique_key(people: Bench) -> None:
    asked = labelled(people, "SELECT s.id, s.email, count(*) FROM strict s GROUP BY s.id, s.email")[0]
    assert asked == ({"filter public.strict.email"} if version(people) >= 18 else set())


@pytest.mark.parametrize("text", ["SELECT low, email FROM lazy", "TABLE lazy", "SELECT id FROM lazy FOR UPDATE"])
def test_what_is_generated_as_it_is_read_is_covered_like_what_is_stored(people: Bench, text: str) -> None:
    if version(people) < 18:
        pytest.skip("no virtual columns")
    people.other.execute(
        "CREATE TABLE lazy (id int, email text, low text GENERATED ALWAYS AS (lower(email)) VIRTUAL,"
        " tagged text GENERATED ALWAYS AS ('<' || email || '>') VIRTUAL)"
    )
    asked, shown = labelled(people, text)
    assert asked == set()
    assert all(one[:1] == ("public.lazy.email",) for one in shown if "whole" not in one)


def test_what_may_fail_as_it_is_generated_is_filter_when_it_is_read_and_only_then(people: Bench) -> None:
    if version(people) < 18:
        pytest.skip("no virtual columns")
    people.other.execute(
        "CREATE TABLE lazy (id int, email text, n int GENERATED ALWAYS AS (email::int) VIRTUAL,"
        " low text GENERATED ALWAYS AS (lower(email)) VIRTUAL)"
    )
    assert labelled(people, "SELECT n FROM lazy")[0] == {"filter public.lazy.email"}
    assert labelled(people, "TABLE lazy")[0] == {"filter public.lazy.email"}
    assert labelled(people, "SELECT id, low FROM lazy WHERE id = 1 FOR UPDATE")[0] == set()
    assert labelled(people, "UPDATE lazy SET id = 1 RETURNING id, low")[0] == set()


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("SELECT gss_authenticated, encrypted FROM pg_stat_gssapi WHERE pid = pg_backend_pid()", "read"),
        ("SELECT s.ssl, s.version FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_backend_pid()", "read"),
        ("SELECT principal FROM pg_stat_gssapi", "administer"),
        ("SELECT pid FROM pg_stat_gssapi WHERE principal > 'a'", "administer"),
        ("SELECT pid FROM pg_stat_ssl ORDER BY client_dn", "administer"),
        ("SELECT count(*) FROM pg_stat_ssl", "administer"),
        ("SELECT s FROM pg_stat_ssl s", "administer"),
        ("TABLE pg_stat_ssl", "administer"),
        ("COPY pg_stat_ssl TO STDOUT", "administer"),
        ("SELECT pid FROM pg_stat_activity", "administer"),
    ],
)
def test_how_sessions_are_encrypted_may_be_read_and_not_whose_they_are(people: Bench, text: str, effect: str) -> None:
    found = people.resolve(understood(text))
    asked = {str(one.effect) for one in found.accesses if one.target.path[-1:] and "pg_stat" in one.target.path[-1]}
    assert asked == {effect}


def test_what_conflicts_is_written_again_with_the_constants_that_were_to_be_inserted(people: Bench) -> None:
    text = "INSERT INTO people (id, email) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email"
    people.other.execute("CREATE INDEX ON people (lower(email))")
    assert labelled(people, text)[0] == set()
    assert labelled(people, f"{text} WHERE people.email < EXCLUDED.email")[0] == FILTER
