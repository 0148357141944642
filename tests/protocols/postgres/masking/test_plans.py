"""Every covered column leaves as a mask that is valid for its type and format, or as NULL."""

import pytest

from protocols.postgres.masking.wire import (
    BPCHAR,
    BYTEA,
    CARD,
    CHAR,
    INT4,
    INT8,
    JSON,
    JSONB,
    MARKER,
    NAME,
    NUMERIC,
    TEXT,
    VARCHAR,
    XML,
    SomeMasks,
    description,
    no_origin,
    planned,
    read_rows,
    row,
    through,
)
from yett.core.errors import ProtocolError
from yett.core.masks import OPEN, Cover
from yett.protocols.postgres.masking.description import CoverMismatch
from yett.protocols.postgres.masking.plans import row_plan

EMAIL, CARDS, REDACTED, GONE, TOKEN = (Cover(label=one) for one in ("email", "card", "name", "gone", "token"))
DERIVED = Cover(label="email", derived=True)


@pytest.mark.parametrize(
    ("column", "cover", "value", "left"),
    [
        ((TEXT, 0), EMAIL, "alice@example.com", b"a***@example.com"),
        ((TEXT, 1), EMAIL, "alice@example.com", b"a***@example.com"),
        ((TEXT, 0), EMAIL, "no address at all", b"***"),
        ((TEXT, 0), EMAIL, "ali@example.com", b"***"),
        ((TEXT, 0), EMAIL, "", b"***"),
        ((TEXT, 0), CARDS, "4111-1111-1111-1234", b"****-****-****-1234"),
        ((TEXT, 0), CARDS, "1234", b"****"),
        ((TEXT, 0), CARDS, "Zoë Example-Person", b"*** *******-**rson"),
        ((BPCHAR, 0, 28), EMAIL, "alice@example.com", b"a***@example.com        "),
        ((BPCHAR, 0, 28), EMAIL, "alice@example.com       ", b"a***@example.com        "),
        ((TEXT, 0), REDACTED, "Alice", b"[redacted]"),
        ((TEXT, 0), GONE, "Alice", None),
        ((TEXT, 0), TOKEN, "ab", b"tok_6261"),
        ((TEXT, 0), Cover(label="token", planted=True), "ab", b"[token]"),
        ((TEXT, 0), Cover(label="token", planted=True), None, None),
        ((TEXT, 0), Cover(label="email", planted=True), "alice@example.com", b"a***@example.com"),
        ((TEXT, 0), EMAIL, None, None),
        ((TEXT, 0), DERIVED, "x", b"[email]"),
        ((TEXT, 0), DERIVED, None, b"[email]"),
        ((VARCHAR, 0, 8), REDACTED, "Alic", b"****"),
        ((VARCHAR, 1, 8), DERIVED, None, b"****"),
        ((VARCHAR, 0, 14), TOKEN, "Alice", b"*" * 10),
        ((BPCHAR, 0, 16), REDACTED, "Alice       ", b"[redacted]  "),
        ((CHAR, 0), REDACTED, "A", b"*"),
        ((NAME, 1), REDACTED, "Alice", b"[redacted]"),
        ((JSON, 0), EMAIL, '"alice@example.com"', b'"[email]"'),
        ((JSONB, 0), REDACTED, '{"a": 1}', b'"[redacted]"'),
        ((JSONB, 1), REDACTED, b'\x01{"a": 1}', b'\x01"[redacted]"'),
        ((JSONB, 1), TOKEN, b"\x01ab", b'\x01"tok_6261"'),
        ((JSONB, 1), DERIVED, None, b'\x01"[email]"'),
        ((XML, 0), REDACTED, "<a/>", b"[redacted]"),
        ((BYTEA, 0), REDACTED, "\\x6162", b"\\x" + b"[redacted]".hex().encode()),
        ((BYTEA, 1), REDACTED, b"ab", b"[redacted]"),
        ((BYTEA, 0), TOKEN, "\\x6162", b"\\x" + b"tok_6261".hex().encode()),
        ((INT4, 0), CARDS, "41", None),
        ((INT8, 1), CARDS, bytes(8), None),
        ((NUMERIC, 0), TOKEN, "41", None),
        ((NUMERIC, 0), DERIVED, "41", None),
        ((2950, 0), REDACTED, "00000000-0000-0000-0000-000000000000", None),
        ((1009, 0), REDACTED, "{a}", None),
        ((16500, 0), REDACTED, "sad", None),
    ],
)
def test_a_mask_is_valid_for_its_type_and_format_or_null(column, cover, value, left) -> None:
    assert through([column], [cover], value) == (left,)


def test_other_columns_stay_as_they_are_and_null_stays_null() -> None:
    columns = [(INT4, 0), (TEXT, 0), (TEXT, 0), (TEXT, 0)]
    found = through(columns, [OPEN, EMAIL, OPEN, CARDS], "7", "alice@example.com", None, None)
    assert found == (b"7", b"a***@example.com", None, None)


def test_many_rows_of_many_sizes_keep_their_frames() -> None:
    plan = planned([(INT4, 0), (TEXT, 0), (TEXT, 0)], OPEN, REDACTED, OPEN)
    rows = [(str(n).encode(), b"v" * (n * 37 % 300), b"w" * (n * 91 % 500)) for n in range(300)]
    data = b"xyz" + b"".join(row(*one) for one in rows) + b"tail"
    assert read_rows(plan.rows(data, 3, len(data) - 4)) == [(a, b"[redacted]", c) for a, _, c in rows]


def test_nothing_covered_is_the_same_object() -> None:
    plan = planned([(TEXT, 0)], OPEN)
    data = row("x")
    assert not plan.covered
    assert plan.rows(data, 0, len(data)) is data


def test_another_number_of_columns_than_was_judged_is_refused() -> None:
    with pytest.raises(CoverMismatch):
        planned([(TEXT, 0), (TEXT, 0)], EMAIL)


@pytest.mark.parametrize(
    "data",
    [
        row("a"),
        row("a", "b", "c"),
        row("a", "b")[:-1],
        row("a", "b") + b"D",
        row("a", "b").replace(b"\0\0\0\x01a", b"\0\0\0\x02a"),
        row("a", "b").replace(b"\0\0\0\x01a", b"\xff\xff\xff\xfea"),
        row("a", "b").replace(b"\0\0\0\x01a", b"\x7f\xff\xff\xffa"),
        b"D\0\0\0\x11" + row("a", "b")[5:],
        b"D\xff\xff\xff\xff" + row("a", "b")[5:],
        row("a", "b") + b"D\0\0\0\x03",
    ],
)
@pytest.mark.parametrize("covers", [(EMAIL, OPEN), (Cover(scan=True), OPEN)], ids=["mask", "scan"])
def test_a_row_that_does_not_add_up_ends_the_session(data, covers) -> None:
    plan = planned([(TEXT, 0), (TEXT, 0)], *covers)
    with pytest.raises(ProtocolError):
        plan.rows(data, 0, len(data))


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_description_that_does_not_add_up_ends_the_session(cut) -> None:
    whole = description((TEXT, 0), (INT4, 0))
    with pytest.raises(ProtocolError):
        row_plan(whole[:-cut], (EMAIL, OPEN), SomeMasks(), no_origin)


def test_the_servers_own_origin_is_a_second_opinion() -> None:
    known = description((TEXT, 0), origin=(16400, 3))
    for cover, left in [
        (OPEN, b"[redacted]"),
        (Cover(scan=True), b"[redacted]"),
        (EMAIL, b"***"),
        (Cover(unmasked=True), b"Alice"),
    ]:
        plan = row_plan(known, (cover,), SomeMasks(), lambda table, number: "name" * ((table, number) == (16400, 3)))
        data = row("Alice")
        assert read_rows(plan.rows(data, 0, len(data))) == [(left,)]


def test_a_prepared_statements_description_takes_the_formats_of_its_bind() -> None:
    said = description((JSONB, 0), (JSONB, 0))
    for formats, left in [
        ((), (b'"[redacted]"',) * 2),
        ((1,), (b'\x01"[redacted]"',) * 2),
        ((0, 1), (b'"[redacted]"', b'\x01"[redacted]"')),
    ]:
        plan = row_plan(said, (REDACTED, REDACTED), SomeMasks(), no_origin, formats)
        data = row("x", "y")
        assert read_rows(plan.rows(data, 0, len(data))) == [left]
    with pytest.raises(CoverMismatch):
        row_plan(said, (REDACTED, REDACTED), SomeMasks(), no_origin, (0, 0, 1))


def test_a_type_that_is_text_in_all_but_name_is_masked_as_text() -> None:
    said, data = description((16700, 1)), row("alice@example.com")
    for known, left in [(frozenset({16700}), b"a***@example.com"), (frozenset(), None)]:
        plan = row_plan(said, (EMAIL,), SomeMasks(), no_origin, text_types=known)
        assert read_rows(plan.rows(data, 0, len(data))) == [(left,)]


def test_a_planted_marker_never_survives_a_cover() -> None:
    for oid in (TEXT, VARCHAR, BPCHAR, NAME, CHAR, JSON, JSONB, XML, BYTEA, INT4, 1009, 2249, 16999, 3614, 1560):
        for wire in (0, 1):
            for cover in (REDACTED, GONE, DERIVED):
                value = (
                    f'{CARD} "{MARKER}"'.encode() if oid != BYTEA or wire else b"\\x" + MARKER.encode().hex().encode()
                )
                (left,) = through([(oid, wire)], [cover], value)
                left = left or b""
                assert not any(part in left for part in (b"planted", b"secret", b"4111")), (oid, wire, cover)
                assert MARKER.encode().hex().encode() not in left
