"""What is told of labelled columns by what stands beside them: keys, checks, partitions, policies, counters."""

import pytest

from protocols.postgres.catalog.catalog_bench import Bench, understood
from protocols.postgres.catalog.labelling import EmailLabels, labelled
from yett.protocols.postgres.catalog.labels import Sensitivity


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


def test_who_locked_a_row_shows_what_is_a_key_to_it(staff: Bench) -> None:
    assert labelled(staff, "SELECT xmax, code FROM wards")[1] == [
        ("public.stays.handle",),
        ("whole",),
    ]
    assert labelled(staff, "SELECT s.id FROM stays s JOIN wards w ON w.xmax = s.xmin")[0] == {
        "filter public.stays.handle"
    }
    assert labelled(staff, "SELECT xmin, xmax FROM crew")[1] == [(), ()]
    assert labelled(staff, "INSERT INTO crew (id) VALUES (1) RETURNING xmax = 0")[1] == [()]
    assert labelled(staff, "UPDATE wards SET floor = 1 RETURNING xmax")[1] == [("public.stays.handle",)]


@pytest.fixture
def made(bench17: Bench) -> Bench:
    """Return a bench with generated columns, rules of partitions, whole rows and triggers over labelled columns."""
    bench17.other.execute(
        """
        CREATE TABLE meters (
            id int PRIMARY KEY, email text, code int, bound text, free text, shout text,
            quotient int GENERATED ALWAYS AS (1 / (length(email) - code)) STORED,
            below bool GENERATED ALWAYS AS (email <= bound) STORED CHECK (below),
            loud text GENERATED ALWAYS AS (upper(coalesce(email, shout))) STORED
        );
        CREATE TABLE heads (
            id int PRIMARY KEY, email text, head text GENERATED ALWAYS AS (left(email, 1)) STORED UNIQUE
        );
        CREATE TABLE zones (id int, region text, email text) PARTITION BY RANGE (region, email);
        CREATE TABLE levels (id int, region text, email text) PARTITION BY LIST (region);
        CREATE TABLE levels_a PARTITION OF levels DEFAULT PARTITION BY LIST (email);
        CREATE TABLE splits (id int, email text) PARTITION BY RANGE (id);
        CREATE TABLE splits_a PARTITION OF splits DEFAULT;
        CREATE UNIQUE INDEX ON splits_a (email);
        CREATE TABLE deeds (id int PRIMARY KEY, email text, bound text, CHECK ((to_jsonb(deeds) ->> 'email') <= bound));
        CREATE TABLE stills (id int PRIMARY KEY, email text, note text);
        CREATE TRIGGER kept BEFORE UPDATE ON stills
            FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
        CREATE TABLE rooms (code text PRIMARY KEY, floor int);
        CREATE TABLE guests (
            id int PRIMARY KEY, room text REFERENCES rooms ON UPDATE CASCADE, email text, CHECK (room <> email)
        );
        CREATE TABLE mails (email text REFERENCES rooms);
        """
    )
    return bench17


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("UPDATE meters SET code = 5", {"filter public.meters.email"}),
        ("UPDATE meters SET bound = 'm'", {"filter public.meters.email"}),
        ("UPDATE meters SET free = 'm'", set()),
        ("UPDATE meters SET shout = 'm'", set()),
        ("UPDATE meters SET email = 'm'", set()),
        ("INSERT INTO meters (id, email, code) VALUES (1, 'a', 2)", set()),
        ("INSERT INTO heads (id, email) VALUES (1, 'a')", {"filter public.heads.email"}),
        ("UPDATE zones SET region = 'm'", {"filter public.zones.email"}),
        ("UPDATE zones SET id = 1", set()),
        ("UPDATE levels SET region = 'm'", {"filter public.levels.email"}),
        ("INSERT INTO splits VALUES (1, 'a')", {"match public.splits.email"}),
        ("UPDATE deeds SET bound = 'm'", {"filter public.deeds.email"}),
        ("UPDATE stills SET email = 'm'", {"match public.stills.email"}),
        ("UPDATE stills SET note = 'm'", set()),
        ("UPDATE rooms SET code = 'm'", {"filter public.guests.email", "filter public.mails.email"}),
        ("UPDATE rooms SET floor = 1", set()),
        ("SELECT code FROM rooms FOR UPDATE SKIP LOCKED", {"filter public.mails.email"}),
        ("SELECT code FROM (SELECT code FROM rooms FOR UPDATE NOWAIT) r", {"filter public.mails.email"}),
        ("SELECT code FROM rooms FOR NO KEY UPDATE", set()),
        ("SELECT id FROM guests FOR UPDATE", set()),
    ],
)
def test_what_the_server_makes_and_checks_by_itself_is_told(made: Bench, text: str, asked: set[str]) -> None:
    assert labelled(made, text)[0] == asked
