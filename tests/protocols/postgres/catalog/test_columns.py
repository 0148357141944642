"""Statements are judged by column; what is labelled is followed through views, families and copies."""

import pytest

from protocols.postgres.catalog.catalog_bench import Bench, understood
from yett.protocols.postgres.catalog.labels import Copies, Copy, Sensitivity


class EmailLabels:
    """Labels every column called `email` or `handle`, and what a comment says."""

    has_labels = True

    def label_of(self, schema: str, table: str, column: str, type_name: str, comment: str) -> str:
        """Return the label."""
        del schema, table, type_name
        return "email" if column in ("email", "handle") or comment == "yett:email" else ""


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


def labelled(bench: Bench, text: str, copies: Copies | None = None) -> tuple[set[str], list[tuple[str, ...]]]:
    """Return what policy must permit beyond reading and writing, and the labels of what each output shows."""
    found = bench.resolve(understood(text), sensitivity=Sensitivity(EmailLabels()), copies=copies or Copies())
    assert found.refusal is None, found.refusal
    asked = {
        f"{one.effect} {'.'.join(one.target.path)}"
        for one in found.accesses
        if one.effect in ("filter", "match", "unmask")
    }
    shown = [
        (*(".".join(source.path) or "everything" for source in column.sources), *(["whole"] if column.verbatim else []))
        for column in found.shows
    ]
    return asked, shown


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


@pytest.fixture
def staff(bench17: Bench) -> Bench:
    """Return a bench with tables whose keys, checks, indexes and partitions look at labelled columns."""
    bench17.other.execute(
        """
        CREATE TABLE wards (id int PRIMARY KEY, code text UNIQUE, floor int);
        CREATE TABLE beds (id int PRIMARY KEY, ward int REFERENCES wards ON DELETE CASCADE, sign text UNIQUE);
        CREATE TABLE stays (id int PRIMARY KEY, handle text REFERENCES wards (code), email text REFERENCES beds (sign));
        CREATE TABLE crew (
            id int PRIMARY KEY, email text, bonus int, grade int, shift int, floor int, CHECK (bonus < length(email))
        );
        CREATE UNIQUE INDEX ON crew (grade, lower(email));
        CREATE INDEX ON crew ((shift || email));
        CREATE TABLE seniors (CHECK (floor < length(email))) INHERITS (crew);
        CREATE VIEW pay AS SELECT id, bonus, floor FROM crew;
        CREATE VIEW halls AS SELECT id, code FROM wards;
        CREATE TABLE folders (id int, email text, word text) PARTITION BY LIST (email);
        CREATE TABLE folders_a PARTITION OF folders FOR VALUES IN ('a') PARTITION BY HASH (id);
        CREATE TABLE folders_a_1 PARTITION OF folders_a FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        """
    )
    return bench17


_BEDS_GONE = {"filter public.stays.handle", "filter public.stays.email"}
_HOME = {"filter public.crew.email"}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("DELETE FROM wards WHERE code = 'x'", _BEDS_GONE),
        ("DELETE FROM halls WHERE code = 'x'", _BEDS_GONE),
        ("DELETE FROM beds WHERE id = 1", {"filter public.stays.email"}),
        (
            "MERGE INTO beds b USING wards w ON b.ward = w.id WHEN MATCHED THEN DELETE",
            {"filter public.stays.email"},
        ),
        ("WITH w AS (DELETE FROM beds RETURNING id) SELECT id FROM w", {"filter public.stays.email"}),
        ("UPDATE wards SET code = 'x' WHERE id = 1", _BEDS_GONE),
        ("UPDATE wards SET floor = 2 WHERE id = 1", set()),
        ("INSERT INTO wards VALUES (1, 'x', 1)", set()),
        ("INSERT INTO wards VALUES (1, 'x', 1) ON CONFLICT (id) DO UPDATE SET code = 'y'", _BEDS_GONE),
        ("DELETE FROM stays WHERE id = 1", set()),
    ],
)
def test_keys_tell_what_hangs_on_rows_that_go_or_change(staff: Bench, text: str, asked: set[str]) -> None:
    assert labelled(staff, text)[0] == asked


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("UPDATE crew SET bonus = 5 WHERE id = 1", _HOME),
        ("UPDATE crew SET grade = 5 WHERE id = 1", _HOME),
        ("UPDATE crew SET shift = 5 WHERE id = 1", _HOME),
        ("UPDATE crew SET floor = 5 WHERE id = 1", _HOME),
        ("UPDATE ONLY crew SET id = 5 WHERE id = 1", set()),
        ("UPDATE pay SET bonus = 5 WHERE id = 1", _HOME),
        ("UPDATE crew SET bonus = 5, email = 'x' WHERE id = 1", {"match public.crew.email"}),
        ("INSERT INTO crew (id, bonus, grade) VALUES (1, 2, 3)", set()),
        ("INSERT INTO crew (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET bonus = 5", _HOME),
        ("MERGE INTO crew s USING wards w ON s.id = w.id WHEN MATCHED THEN UPDATE SET bonus = 5", _HOME),
        ("MERGE INTO crew s USING wards w ON s.id = w.id WHEN NOT MATCHED THEN INSERT (bonus) VALUES (5)", set()),
        ("DELETE FROM crew WHERE id = 1", set()),
    ],
)
def test_what_a_check_or_index_looks_at_beside_a_written_column_is_told(
    staff: Bench, text: str, asked: set[str]
) -> None:
    assert labelled(staff, text)[0] == asked


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("SELECT word FROM folders", set()),
        ("SELECT word FROM folders_a", {"filter public.folders_a.email"}),
        ("SELECT count(*) FROM folders_a_1", {"filter public.folders_a_1.email"}),
        ("COPY folders_a_1 (word) TO STDOUT", {"filter public.folders_a_1.email"}),
        ("UPDATE folders_a SET word = 'x'", {"filter public.folders_a.email"}),
        ("DELETE FROM folders_a", {"filter public.folders_a.email"}),
        ("INSERT INTO folders_a (email, word) VALUES ('a', 'b')", set()),
        ("SELECT 1 FROM folders WHERE tableoid = 1", {"filter public.folders.email"}),
        ("SELECT 1 FROM logs_1", {"filter public.logs_1.who"}),
    ],
)
def test_a_partition_tells_by_what_its_rows_were_chosen(staff: Bench, text: str, asked: set[str]) -> None:
    staff.other.execute("CREATE TABLE logs (who text, email int) PARTITION BY LIST (who)")
    staff.other.execute("CREATE TABLE logs_1 PARTITION OF logs FOR VALUES IN ('a')")
    staff.other.execute("COMMENT ON COLUMN logs.who IS 'yett:email'")
    assert labelled(staff, text)[0] == asked


def test_where_a_row_is_shows_by_what_it_was_put_there(staff: Bench) -> None:
    assert labelled(staff, "SELECT tableoid, word FROM folders")[1] == [("public.folders.email",), ("whole",)]
    assert labelled(staff, "SELECT f.tableoid::regclass FROM folders f")[1] == [("public.folders.email",)]
    assert labelled(staff, "UPDATE folders SET word = 'x' RETURNING tableoid")[1] == [("public.folders.email",)]
    assert labelled(staff, "SELECT tableoid FROM crew")[1] == [()]


def test_a_child_made_after_its_parents_column_was_renamed_has_the_label(people: Bench) -> None:
    sensitivity = Sensitivity(EmailLabels())
    people.resolve(understood("SELECT email FROM people"), sensitivity=sensitivity)
    people.other.execute("ALTER TABLE people RENAME email TO harmless")
    people.other.execute("CREATE TABLE friends () INHERITS (people)")
    people.cache.forget()
    found = people.resolve(understood("SELECT harmless FROM friends"), sensitivity=sensitivity)
    assert [source.label for source in found.shows[0].sources] == ["email"]


@pytest.fixture
def guarded_rows(staff: Bench) -> Bench:
    """Return a bench with row policies, exclusions and keys that ranges and enums stand in."""
    staff.other.execute(
        """
        CREATE TYPE rank AS ENUM ('low', 'high');
        CREATE TABLE slots (id int, email int4range, EXCLUDE USING gist (email WITH &&));
        CREATE TABLE ranks (id int, email rank, UNIQUE (id, email));
        CREATE TABLE days (email date PRIMARY KEY);
        CREATE TABLE leaves (id int, day date REFERENCES days);
        CREATE TABLE owned (id int, email text, word text);
        ALTER TABLE owned ENABLE ROW LEVEL SECURITY;
        CREATE POLICY p ON owned USING (email = current_setting('app.me', true));
        CREATE TABLE lent (id int, word text);
        ALTER TABLE lent ENABLE ROW LEVEL SECURITY;
        CREATE POLICY p ON lent USING (EXISTS (SELECT FROM crew c WHERE c.id = lent.id AND c.email > 'm'));
        CREATE VIEW lent_words AS SELECT word FROM lent;
        CREATE TABLE halls_of (id int PRIMARY KEY);
        CREATE TABLE people_in (hall int NOT NULL REFERENCES halls_of ON DELETE SET NULL, email text);
        """
    )
    return staff


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("INSERT INTO slots VALUES (1, '[1,2)')", {"filter public.slots.email"}),
        ("INSERT INTO ranks VALUES (1, 'low')", {"filter public.ranks.email"}),
        ("INSERT INTO leaves VALUES (1, '2026-01-01')", {"filter public.days.email"}),
        ("INSERT INTO crew (id, email) VALUES (1, 'a')", {"match public.crew.email"}),
    ],
)
def test_a_try_that_is_no_whole_value_of_many_is_filter(guarded_rows: Bench, text: str, asked: set[str]) -> None:
    assert labelled(guarded_rows, text)[0] == asked


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("SELECT word FROM owned", {"filter public.owned.email"}),
        ("SELECT count(*) FROM lent", {"filter public.crew.email"}),
        ("SELECT word FROM lent_words", {"filter public.crew.email"}),
        ("UPDATE owned SET word = 'x'", {"filter public.owned.email"}),
        ("INSERT INTO owned (id) VALUES (1)", set()),
    ],
)
def test_row_policies_that_look_at_labelled_columns_need_filter(
    guarded_rows: Bench, text: str, asked: set[str]
) -> None:
    assert labelled(guarded_rows, text)[0] == asked


def test_what_goes_on_into_a_labelled_table_is_labelled(guarded_rows: Bench) -> None:
    sensitivity = Sensitivity(EmailLabels())
    assert guarded_rows.resolve(understood("DELETE FROM halls_of WHERE id = 1"), sensitivity=sensitivity).labelled
    assert not guarded_rows.resolve(understood("INSERT INTO halls_of VALUES (1)"), sensitivity=sensitivity).labelled


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("EXPLAIN SELECT word FROM folders", {"filter public.folders.email"}),
        ("EXPLAIN (ANALYZE, WAL) UPDATE people SET email = 'x' WHERE id = 1", {"filter public.people.email"}),
        ("EXPLAIN UPDATE people SET email = 'x' WHERE id = 1", set()),
        ("SELECT 1 WHERE pg_current_wal_lsn() > '0/1'", {"filter "}),
        ("SELECT 1 FROM pg_stat_xact_user_tables WHERE n_tup_upd > 1", {"filter "}),
        ("SELECT 1 FROM pg_stat_user_tables WHERE n_tup_hot_upd > 1", {"filter "}),
        ("SELECT 1 FROM pg_stat_user_tables WHERE n_live_tup > 1", set()),
    ],
)
def test_plans_and_counters_of_changes_tell(staff: Bench, text: str, asked: set[str]) -> None:
    staff.other.execute("CREATE TABLE people (id int, email text)")
    assert labelled(staff, text)[0] == asked
