"""What real servers send leaves without the planted values, and is still of its type: the server reads it back."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from protocols.postgres.masking.real_rows import RealAnswers
from protocols.postgres.masking.wire import CARD, MARKER, SomeMasks, no_origin, read_rows
from yett.core.masks import OPEN, Cover
from yett.protocols.postgres.codec import message
from yett.protocols.postgres.masking.copy_lines import CopyOptions
from yett.protocols.postgres.masking.copying import copy_plan
from yett.protocols.postgres.masking.description import read_columns
from yett.protocols.postgres.masking.messages import rebuilt_error
from yett.protocols.postgres.masking.plans import row_plan

SCAN = Cover(scan=True)
PARTS = (b"planted", b"secret", b"4111", MARKER.encode().hex().encode())
# type -> an expression that has the planted values in it
HOLDERS = {
    "text": f"'to {MARKER} or {CARD}'",
    "varchar(40)": f"'{MARKER}'",
    "char(40)": f"'{MARKER}'",
    "name": f"'{MARKER}'",
    "json": f"""'{{"a": ["{MARKER}", "planted\\u0040secret.example\\n", {CARD}], "b": "\\\\{MARKER}"}}'""",
    "jsonb": f"""'{{"a": ["{MARKER}", "\\\\ {MARKER}", {CARD}]}}'""",
    "xml": f"'<a b=\"{MARKER}\">&lt; {CARD}</a>'",
    "bytea": f"'\\x00{MARKER.encode().hex()}00'",
    "bigint": CARD,
    "numeric": f"{CARD}.50",
    "text[]": f"array['x', 'y \"{MARKER}\"', null, '{MARKER}']",
    "varchar(30)[]": f"array[array['{CARD}'], array['']]",
    "jsonb[]": f"""array['["{MARKER}"]'::jsonb]""",
    "bigint[]": f"array[{CARD}, 1]",
    "mood": f"'{MARKER}'",
    "address": f"'{MARKER}'",
    "person": f"row(1, 'a, \"b\"', '{MARKER}', array['{CARD}'])::person",
    "person[]": f"array[row(1, 'x', '{MARKER}', null)::person]",
    "tsvector": f"'''{MARKER}'':1'",
    "jsonpath": f"""'$ ? (@ == "{MARKER}")'""",
}


@pytest.fixture(scope="module")
def answers(postgres17) -> Iterator[RealAnswers]:
    """Return a session in a database with a type of every sort."""
    name = postgres17.create_database("masking_answers")
    with closing(RealAnswers(postgres17, name)) as session:
        for statement in (
            f"CREATE TYPE mood AS ENUM ('sad', '{MARKER}')",
            "CREATE DOMAIN address AS text",
            "CREATE TYPE person AS (id int, name text, mail text, cards text[])",
        ):
            session.connection.execute(statement)
        yield session
    postgres17.drop_database(name)


@pytest.mark.parametrize("wire", [0, 1], ids=["text", "binary"])
@pytest.mark.parametrize("kind", HOLDERS)
def test_a_planted_value_leaves_no_type(answers, kind, wire) -> None:
    description, rows = answers.rows(f"SELECT 1, {HOLDERS[kind]}::{kind}, 'x'::text", wire)
    assert any(part in rows for part in PARTS) or kind in {"bigint", "numeric", "bigint[]"}
    for cover in (SCAN, Cover(label="x"), Cover(label="x", derived=True)):
        plan = row_plan(description, (SCAN, cover, SCAN), SomeMasks(), no_origin)
        ((_, left, last),) = read_rows(plan.rows(rows, 0, len(rows)))
        assert last == b"x"
        assert not any(part in (left or b"") for part in PARTS), left
        if left is not None and wire == 0 and kind != "mood":
            _read_by_the_server(answers, kind, left)


@pytest.mark.parametrize("wire", [0, 1], ids=["text", "binary"])
@pytest.mark.parametrize("kind", ["json", "jsonb", "text[]", "varchar(30)[]", "jsonb[]", "bigint[]", "xml", "bytea"])
def test_a_value_with_finds_is_kept_but_for_them_and_is_still_of_its_type(answers, kind, wire) -> None:
    description, rows = answers.rows(f"SELECT {HOLDERS[kind]}::{kind}", wire)
    ((left,),) = read_rows(row_plan(description, (SCAN,), SomeMasks(), no_origin).rows(rows, 0, len(rows)))
    if wire == 0 and kind in {"jsonb[]", "bigint[]"}:
        assert left is None
        return
    assert left is not None
    oid = read_columns(description)[0].type
    result = answers.connection.pgconn.exec_params(b"SELECT $1::text", [left], [oid], [wire])
    assert result.error_message == b""
    text = result.get_value(0, 0)
    assert not any(part in text for part in PARTS)


@pytest.mark.parametrize(
    "how",
    [
        "",
        "(DELIMITER '|', NULL 'nil')",
        "(FORMAT csv)",
        "(FORMAT csv, FORCE_QUOTE *, HEADER)",
        "(FORMAT csv, QUOTE '''', ESCAPE '^', DELIMITER ';', NULL 'nil')",
        "(FORMAT binary)",
    ],
)
def test_copied_data_can_be_copied_back(answers, how) -> None:
    connection = answers.connection
    connection.execute("DROP TABLE IF EXISTS source, copy")
    connection.execute("CREATE TABLE source (id int, mail text, note text, doc jsonb)")
    for number, text in enumerate(("plain", "tab\tline\nquote\"'|;,^\\ \\N", "", None, "\\.", "nil", "é")):
        note = None if text is None else f"{text} {MARKER} {text}"
        connection.execute("INSERT INTO source VALUES (%s, %s, %s, %s)", [number, text, note, f'{{"a": "{MARKER}"}}'])
    connection.execute("CREATE TABLE copy (LIKE source)")
    options = _options(how)
    response, frames = answers.copied(f"COPY source TO STDOUT {how}")
    covers = (OPEN, Cover(label="email"), SCAN, SCAN)
    plan = copy_plan(response, (23, 25, 25, 3802), covers, SomeMasks(), options=options)
    joined = b"".join(frames)
    left = plan.frames(joined, 0, len(joined))
    plan.finish()
    assert len(left) != len(joined)
    with connection.cursor().copy(f"COPY copy FROM STDIN {how.replace('FORCE_QUOTE *, ', '')}") as copy:
        for payload in _payloads(left):
            copy.write(payload)
    # Where NULL is written as a word that may be a value, it is covered like one.
    wanted = connection.execute(
        "SELECT id, CASE WHEN mail IS NOT NULL OR %s THEN '***' END, replace(note, %s, '[email]'),"
        """ '{"a": "[email]"}'::jsonb FROM source ORDER BY id""",
        ["|', NULL" in how, MARKER],
    ).fetchall()
    assert connection.execute("SELECT * FROM copy ORDER BY id").fetchall() == wanted


def test_a_real_servers_error_says_nothing_of_the_value(answers) -> None:
    connection = answers.connection
    connection.execute("CREATE TABLE IF NOT EXISTS once (mail text PRIMARY KEY)")
    connection.execute("INSERT INTO once VALUES (%s) ON CONFLICT DO NOTHING", [MARKER])
    (raised,) = [one for one in answers.messages(f"INSERT INTO once VALUES ('{MARKER}')") if one[:1] == b"E"]
    assert MARKER.encode() in raised
    left = rebuilt_error(raised)
    assert b"unique violation" in left
    assert not any(word in left for word in (b"planted", b"once", b"mail", b"nbtinsert"))


def _read_by_the_server(answers: RealAnswers, kind: str, left: bytes) -> None:
    answers.connection.execute(f"SELECT %s::text::{kind}", [left.decode()])


def _options(how: str) -> CopyOptions:
    if "QUOTE ''" in how:
        return CopyOptions(csv=True, quote=b"'", escape=b"^", delimiter=b";", null=b"nil")
    if "csv" in how:
        return CopyOptions(csv=True, header="HEADER" in how)
    return CopyOptions(delimiter=b"|", null=b"nil") if "nil" in how else CopyOptions()


def _payloads(frames: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(frames):
        behind = at + 1 + int.from_bytes(frames[at + 1 : at + 5], "big")
        assert message(b"d", frames[at + 5 : behind]) == frames[at:behind]
        yield frames[at + 5 : behind]
        at = behind
