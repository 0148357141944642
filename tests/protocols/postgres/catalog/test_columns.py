"""Statements are judged by column; what is labelled is followed through views, families and copies."""

import pytest

from protocols.postgres.catalog.catalog_bench import Bench, understood
from protocols.postgres.catalog.labelling import EmailLabels, labelled
from yett.protocols.postgres.catalog.labels import Copies, Copy, Sensitivity


@pytest.fixture
def people(bench17: Bench) -> Bench:
    """Return a bench with people whose addresses are labelled, a view on them, and partitions."""
    bench17.other.execute(
        """
        CREATE TABLE people (id int, email text, nick text, low text GENERATED ALWAYS AS (lower(email)) STORED);
        CREATE VIEW nicks AS SELECT id, nick, email AS address FROM people;
        CREATE VIEW handles AS SELECT id, nick AS handle FROM people;
        CREATE TABLE logs (day int, who text) PARTITION BY RANGE (day);
        CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (10);
        COMMENT ON COLUMN logs_1.who IS 'yett:email';
        CREATE TABLE plain (id int, word text);
        """
    )
    return bench17


@pytest.mark.parametrize(
    ("text", "touched"),
    [
        ("SELECT id, nick FROM people", {"read Column public.people.id", "read Column public.people.nick"}),
        ("SELECT count(*) FROM people", {"read Table public.people"}),
        ("SELECT nick FROM people WHERE id = 1", {"read Column public.people.id", "read Column public.people.nick"}),
        ("UPDATE plain SET word = 'x'", {"write Column public.plain.word"}),
        ("INSERT INTO plain (id) VALUES (1)", {"write Column public.plain.id"}),
        ("DELETE FROM plain", {"write Table public.plain"}),
        ("COPY plain (word) TO STDOUT", {"read Column public.plain.word"}),
        (
            "WITH d AS (DELETE FROM plain) INSERT INTO plain (id) VALUES (1)",
            {"write Table public.plain", "write Column public.plain.id"},
        ),
    ],
)
def test_targets_are_columns(people: Bench, text: str, touched: set[str]) -> None:
    assert people.columns(text) == touched


def test_a_view_is_read_and_so_is_what_it_shows(people: Bench) -> None:
    assert people.columns("SELECT address FROM nicks") >= {"read Column public.people.email"}
    assert labelled(people, "SELECT address, nick FROM nicks") == (
        set(),
        [("public.people.email", "whole"), ("whole",)],
    )


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("SELECT id FROM people WHERE email = 'a'", {"match public.people.email"}),
        ("SELECT id FROM people WHERE email LIKE 'a%'", {"filter public.people.email"}),
        ("SELECT id FROM nicks ORDER BY address", {"filter public.people.email"}),
        ("SELECT id FROM people WHERE low = 'a' OR true", {"filter public.people.email"}),
        ("INSERT INTO plain SELECT id, email FROM people", {"unmask public.people.email"}),
        ("CREATE TABLE copy AS SELECT email FROM people", {"unmask public.people.email"}),
        ("CREATE VIEW seen AS SELECT email FROM people", set()),
        ("CREATE TEMP TABLE mine AS SELECT email FROM people", set()),
        ("UPDATE people SET email = email", set()),
        ("SELECT who FROM logs", set()),
        ("SELECT day FROM logs WHERE who > 'a'", {"filter public.logs.who"}),
    ],
)
def test_what_shapes_rows_or_is_copied_is_asked_about(people: Bench, text: str, asked: set[str]) -> None:
    assert labelled(people, text)[0] == asked


def test_a_view_may_have_labels_of_its_own(people: Bench) -> None:
    assert labelled(people, "SELECT id, handle FROM handles") == (
        set(),
        [("whole",), ("public.handles.handle", "whole")],
    )
    assert labelled(people, "SELECT id FROM handles WHERE handle > 'a'")[0] == {"filter public.handles.handle"}
    assert labelled(people, "SELECT nick FROM people")[1] == [("whole",)]


def test_a_generated_column_is_what_it_is_made_of(people: Bench) -> None:
    assert labelled(people, "SELECT low FROM people")[1] == [("public.people.email",)]


def test_a_family_shares_its_labels(people: Bench) -> None:
    assert labelled(people, "SELECT who FROM logs")[1] == [("public.logs.who", "whole")]
    assert labelled(people, "SELECT who FROM logs_1")[1] == [("public.logs_1.who", "whole")]


def test_a_column_keeps_its_label_under_another_name(people: Bench) -> None:
    sensitivity = Sensitivity(EmailLabels())
    people.resolve(understood("SELECT email FROM people"), sensitivity=sensitivity)
    people.other.execute("ALTER TABLE people RENAME email TO harmless")
    people.cache.forget()
    found = people.resolve(understood("SELECT harmless FROM people"), sensitivity=sensitivity)
    assert [source.label for source in found.shows[0].sources] == ["email"]


def test_renaming_columns_disproves_what_was_judged_where_labels_hang_on_them(people: Bench) -> None:
    found = people.resolve(understood("SELECT nick FROM people"), sensitivity=Sensitivity(EmailLabels()))
    assert people.holds(found.assertion)
    people.other.execute(
        "ALTER TABLE people RENAME nick TO x; ALTER TABLE people RENAME email TO nick;"
        "ALTER TABLE people RENAME x TO email"
    )
    assert not people.holds(found.assertion)


def test_labels_follow_into_temporary_tables(people: Bench) -> None:
    made = people.resolve(
        understood("CREATE TEMP TABLE mine AS SELECT id, email AS e, upper(email) AS u FROM people"),
        sensitivity=Sensitivity(EmailLabels()),
    )
    copies = Copies()
    for copy in made.copies:
        assert isinstance(copy, Copy)
        copies.add(copy)
    people.client.execute("CREATE TEMP TABLE mine AS SELECT id, email AS e, upper(email) AS u FROM people")
    view = people.view(dirty=True)
    found = people.resolve(
        understood("SELECT id, e, u FROM mine"), view, sensitivity=Sensitivity(EmailLabels()), copies=copies
    )
    assert [[source.label for source in one.sources] for one in found.shows] == [[], ["email"], ["email"]]
    assert [one.verbatim for one in found.shows] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("ALTER TABLE people ADD COLUMN more text DEFAULT 'x'", set()),
        ("ALTER TABLE people RENAME nick TO handle_of", set()),
        ("CREATE INDEX ON people (nick)", set()),
        ("DROP TABLE people CASCADE", set()),
        ("CREATE UNIQUE INDEX ON people (email)", {"filter public.people.email"}),
        ("CREATE INDEX ON people ((email::int))", {"filter public.people.email"}),
        ("CREATE INDEX ON people (id) WHERE email < 'm'", {"filter public.people.email"}),
        ("ALTER TABLE people ADD CHECK (email < 'm')", {"filter public.people.email"}),
        ("ALTER TABLE people ALTER email TYPE int USING email::int", {"filter public.people.email"}),
        (
            "ALTER TABLE people ADD COLUMN u text GENERATED ALWAYS AS (upper(email)) STORED",
            {"filter public.people.email"},
        ),
        ("CREATE TABLE guesses (e text REFERENCES people (email))", {"filter public.people.email"}),
        (
            "CREATE RULE r AS ON UPDATE TO people DO ALSO INSERT INTO plain VALUES (1, old.email)",
            {"unmask public.people.email", "unmask "},
        ),
    ],
)
def test_defining_over_labelled_data_is_asked_about(people: Bench, text: str, asked: set[str]) -> None:
    assert labelled(people, text)[0] == asked


def copied(bench: Bench, *made: str) -> tuple[Copies, Sensitivity]:
    """Run statements in the client's session, and note what labelled data they put into its temporary tables."""
    copies, sensitivity = Copies(), Sensitivity(EmailLabels())
    for text in made:
        found = bench.resolve(understood(text), bench.view(dirty=True), sensitivity=sensitivity, copies=copies)
        assert found.refusal is None, found.refusal
        for copy in found.copies:
            copies.add(copy)
        bench.client.execute(text)
    return copies, sensitivity


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (
            (
                "CREATE TEMP TABLE k (e text)",
                "CREATE TEMP TABLE l () INHERITS (k)",
                "INSERT INTO l SELECT email FROM people",
            ),
            "SELECT e FROM k",
        ),
        (
            (
                "CREATE TEMP TABLE k (e text)",
                "CREATE TEMP TABLE l () INHERITS (k)",
                "INSERT INTO k SELECT email FROM people",
            ),
            "SELECT e FROM l",
        ),
        (
            (
                "CREATE TEMP TABLE k (e text, m int GENERATED ALWAYS AS (length(e)) STORED)",
                "INSERT INTO k (e) SELECT email FROM people",
            ),
            "SELECT m FROM k",
        ),
    ],
)
def test_copies_are_followed_through_families_and_generated_columns(
    people: Bench, made: tuple[str, ...], text: str
) -> None:
    copies, sensitivity = copied(people, *made)
    found = people.resolve(understood(text), people.view(dirty=True), sensitivity=sensitivity, copies=copies)
    assert [source.label for source in found.shows[0].sources] == ["email"]


@pytest.mark.parametrize(
    ("made", "effect"),
    [
        ("CREATE TEMP TABLE k (e text UNIQUE)", "filter"),
        ("CREATE TEMP TABLE k (e text CHECK (e < 'm'))", "filter"),
        ("CREATE TEMP TABLE k (e text PRIMARY KEY)", "filter"),
        ("CREATE TEMP TABLE k (e text) PARTITION BY RANGE (e)", "filter"),
        ("CREATE TEMP TABLE k (e text); CREATE RULE r AS ON INSERT TO k DO ALSO NOTIFY x", "unmask"),
    ],
)
def test_a_temporary_table_that_tells_or_hands_on_takes_no_copy(people: Bench, made: str, effect: str) -> None:
    people.client.execute(made)
    found = people.resolve(
        understood("INSERT INTO k SELECT email FROM people"),
        people.view(dirty=True),
        sensitivity=Sensitivity(EmailLabels()),
        copies=Copies(),
    )
    assert effect in {one.effect.value for one in found.accesses if one.target.label == "email"}


def test_a_key_that_refers_to_labelled_data_is_a_match(people: Bench) -> None:
    people.other.execute(
        "CREATE TABLE boxes (email text PRIMARY KEY); CREATE TABLE slips (id int, box text REFERENCES boxes)"
    )
    assert labelled(people, "INSERT INTO slips VALUES (1, 'guess')")[0] == {"match public.boxes.email"}
    assert labelled(people, "INSERT INTO boxes VALUES ('guess')")[0] == {"match public.boxes.email"}
    assert labelled(people, "INSERT INTO people (email) VALUES ('one more')")[0] == set()


def test_a_sql_function_is_judged_by_what_it_reads(people: Bench) -> None:
    people.other.execute(
        """
        CREATE FUNCTION named(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT nick FROM people WHERE id = $1';
        CREATE FUNCTION mail_of(who int) RETURNS text LANGUAGE sql STABLE AS 'SELECT email FROM people WHERE id = who';
        CREATE FUNCTION loud(what text) RETURNS text RETURN upper(what) || '!';
        CREATE FUNCTION has(what text) RETURNS bigint LANGUAGE sql
          AS 'SELECT count(*) FROM people WHERE email LIKE what';
        CREATE FUNCTION owned(int) RETURNS text LANGUAGE sql SECURITY DEFINER
          AS 'SELECT nick FROM people WHERE id = $1';
        """
    )
    people.cache.forget()
    assert labelled(people, "SELECT named(id) FROM people") == (set(), [()])
    assert labelled(people, "SELECT mail_of(id) FROM people") == (set(), [("public.people.email",)])
    assert labelled(people, "SELECT loud(email), loud(nick) FROM people") == (set(), [("public.people.email",), ()])
    assert labelled(people, "SELECT has('a%')")[0] == {"filter public.people.email"}
    assert labelled(people, "SELECT id FROM people WHERE loud(email) = 'A'")[0] == {"filter public.people.email"}
    assert labelled(people, "SELECT owned(id) FROM people")[1] == [("everything",)]
    assert "execute Function public.named" in people.columns("SELECT named(1)")
    assert "read Column public.people.nick" in people.columns("SELECT named(1)")


def test_a_child_made_after_its_parents_column_was_renamed_has_the_label(people: Bench) -> None:
    sensitivity = Sensitivity(EmailLabels())
    people.resolve(understood("SELECT email FROM people"), sensitivity=sensitivity)
    people.other.execute("ALTER TABLE people RENAME email TO harmless")
    people.other.execute("CREATE TABLE friends () INHERITS (people)")
    people.cache.forget()
    found = people.resolve(understood("SELECT harmless FROM friends"), sensitivity=sensitivity)
    assert [source.label for source in found.shows[0].sources] == ["email"]


def test_only_functions_that_are_one_harmless_query_are_seen_through(people: Bench) -> None:
    people.other.execute(
        """
        CREATE FUNCTION named(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT nick FROM people WHERE id = $1';
        CREATE FUNCTION twice(int) RETURNS text LANGUAGE sql AS 'SELECT named($1)';
        CREATE FUNCTION elsewhere() RETURNS text LANGUAGE sql AS $$SELECT set_config('search_path', 'other', false)$$;
        CREATE FUNCTION coded(int) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
        CREATE FUNCTION owned(int) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT nick FROM people';
        """
    )
    people.cache.forget()

    def seen_through(text: str) -> bool:
        found = people.resolve(understood(text))
        assert found.refusal is None, found.refusal
        return found.seen_through

    assert seen_through("SELECT named(id) FROM people WHERE named(1) = 'x'")
    assert not seen_through("SELECT id FROM people")
    assert not seen_through("SELECT twice(1)")
    assert not seen_through("SELECT elsewhere()")
    assert not seen_through("SELECT coded(1)")
    assert not seen_through("SELECT owned(1)")
    assert not seen_through("SELECT named(1), coded(1)")
    assert not seen_through("SELECT named(1), set_config('role', 'none', false)")
    assert not seen_through("SELECT named(1), query_to_xml('SELECT 1', true, true, '')")
    assert not seen_through("INSERT INTO people (nick) VALUES (named(1))")
    people.other.execute("CREATE FUNCTION named(text) RETURNS text LANGUAGE sql AS 'SELECT $1'")
    people.cache.forget()
    assert not seen_through("SELECT named(id) FROM people")
