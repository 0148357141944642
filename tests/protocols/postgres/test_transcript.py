"""A replay shows what psql would have shown, whatever format the answer came in."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.protocols.postgres.transcript import PostgresTranscript, messages

QUERY = (
    "SELECT 42::int4 AS id, 2::int2 AS two, 9007199254740993::int8 AS big, true AS yes, 'caf\u00e9'::text AS name, "
    "NULL::text AS none, '\\x00ff'::bytea AS raw, 1.5::float8 AS f8, 12345678.9001::numeric AS num, "
    "-0.00042::numeric AS small, 'NaN'::numeric AS nan, date '2026-11-21' AS d, "
    "timestamp '1999-12-31 23:59:59.5' AS ts, time '12:34:56' AS t, "
    "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid AS u, '{\"a\": 1}'::jsonb AS j"
)
SHOWN = [
    *["42", "2", "9007199254740993", "t", "caf\u00e9", "", "\\x00ff", "1.5", "12345678.9001", "-0.00042", "NaN"],
    *["2026-11-21", "1999-12-31 23:59:59.500000", "12:34:56", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", '{"a": 1}'],
]


def message(type_, body):
    return type_ + struct.pack(">I", len(body) + 4) + body


def received(server, *sent):
    """Send messages after a trusted startup and return what came until the next ReadyForQuery."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect(str(server.socket_folder / f".s.PGSQL.{server.port}"))
        startup = struct.pack(">I", 196608) + f"user\0{server.superuser}\0database\0postgres\0\0".encode()
        peer.sendall(struct.pack(">I", len(startup) + 4) + startup)
        until_ready(peer)
        peer.sendall(b"".join(sent))
        return until_ready(peer)


def until_ready(peer):
    data = b""
    while not data or [kind for kind, _ in messages(data)][-1:] != [b"Z"]:
        more = peer.recv(65536)
        assert more
        data += more
    return data


def rendered(frames):
    return list(PostgresTranscript().answered(frames))


@pytest.mark.parametrize("format_", [0, 1], ids=["text", "binary"])
def test_values_of_common_types_read_as_psql_prints_them(postgres17, format_):
    bind = b"\0\0" + struct.pack(">HHHH", 0, 0, 1, format_)
    frames = received(
        postgres17,
        message(b"P", b"\0" + QUERY.encode() + b"\0\0\0"),
        message(b"B", bind),
        message(b"D", b"P\0"),
        message(b"E", b"\0\0\0\0\0"),
        message(b"S", b""),
    )
    lines = rendered(frames)
    cells = [cell.strip() for cell in lines[2].split("|")]
    expected = list(SHOWN)
    if format_ == 0:
        expected[12] = "1999-12-31 23:59:59.5"
    assert cells == expected
    assert lines[3:] == ["(1 row)", "SELECT 1"]


def test_errors_notices_and_several_results_keep_their_order(postgres17):
    text = b"DO $$BEGIN RAISE NOTICE 'careful'; END$$; SELECT 1 AS a; SELECT 'x' AS b; SELECT 1/0\0"
    lines = rendered(received(postgres17, message(b"Q", text)))
    assert lines[0].startswith("NOTICE:  00000: careful")
    assert [line for line in lines if line.startswith(("DO", "SELECT", "ERROR"))] == [
        "DO",
        "SELECT 1",
        "SELECT 1",
        "ERROR:  22012: division by zero",
    ]


def test_rows_without_a_description_are_shown_all_the_same(postgres17):
    frames = received(postgres17, message(b"Q", b"SELECT 7, NULL, 'text'\0"))
    rows = b"".join(message(kind, body) for kind, body in messages(frames) if kind == b"D")
    assert rendered(rows)[0].split() == ["column1", "|", "column2", "|", "column3"]


def test_parameters_are_shown_by_their_type():
    asked = PostgresTranscript().asked(
        "SELECT", b"SELECT $1\nFROM t", [(1, 23, b"\0\0\0\x2a"), (0, 25, b"x"), (0, 25, None), (1, 99, b"\xff")]
    )
    assert list(asked) == ["SELECT $1", "FROM t", "  $1 = 42", "  $2 = 'x'", "  $3 = NULL", "  $4 = '\\xff'"]


@given(st.binary(max_size=400))
def test_garbage_is_rendered_or_left_out(data):
    list(PostgresTranscript().answered(data))


@given(st.lists(st.tuples(st.sampled_from([b"T", b"D", b"C", b"E", b"N", b"A", b"d"]), st.binary(max_size=80))))
def test_garbage_in_well_formed_messages_is_rendered_or_left_out(parts):
    list(PostgresTranscript().answered(b"".join(message(kind, body) for kind, body in parts)))


@given(
    st.sampled_from([0, 1, 7]),
    st.sampled_from([16, 20, 23, 700, 1082, 1083, 1114, 1184, 1186, 1700, 2950, 3802]),
    st.binary(),
)
def test_garbage_parameters_are_rendered(format_, oid, value):
    list(PostgresTranscript().asked("SELECT", b"", [(format_, oid, value)]))
