"""What detectors find leaves no answer, in any type that can carry text, and the value stays valid."""

import json
import random
import struct

import pytest

from protocols.postgres.masking.wire import (
    BPCHAR,
    BYTEA,
    CARD,
    INT8,
    JSON,
    JSONB,
    MARKER,
    NUMERIC,
    TEXT,
    VARCHAR,
    XML,
    array,
    planned,
    read_rows,
    record,
    row,
    through,
)
from yett.core.masks import OPEN, Cover

SCAN = Cover(scan=True)
M, C = MARKER, CARD
RAW_M = MARKER.encode()
NUMERIC_CARD = struct.pack("!HhHH4H", 4, 3, 0, 0, 4111, 1111, 1111, 1111)
INET = b"\x02\x20\x00\x04" + bytes((10, 0, 0, 1))


@pytest.mark.parametrize(
    ("column", "value", "left"),
    [
        ((TEXT, 0), f"to {M} and {C}.", b"to [email] and [card]."),
        ((TEXT, 1), M, b"[email]"),
        ((TEXT, 0), "nothing", b"nothing"),
        ((TEXT, 0), "", b""),
        ((TEXT, 0), None, None),
        ((VARCHAR, 0, 30), f"{C} {C}"[:21], b"[card] 4111"),
        ((VARCHAR, 0, 8), "a@bb.co", b"****"),
        ((BPCHAR, 0, 30), f"{M}    ", b"[email]"),
        ((JSON, 0), f'{{"a": "{M}", "n": {C}, "b": [1, "x"]}}', b'{"a": "[email]", "n": "[card]", "b": [1, "x"]}'),
        ((JSON, 0), f'{{"{M}": null}}', b'{"[email]": null}'),
        ((JSON, 1), f'["{M}"]', b'["[email]"]'),
        ((JSON, 0), '["planted\\u0040secret.example\\n", "\\""]', b'["[email]\\n", "\\""]'),
        ((JSON, 0), f'["\\t{M}", {C}]', b'["\\t[email]", "[card]"]'),
        ((JSONB, 0), f'"{M}"', b'"[email]"'),
        ((JSONB, 1), f'\x01{{"a": "{M}"}}', b'\x01{"a": "[email]"}'),
        ((JSONB, 1), f'\x01{{"a": "\\"{M}"}}', b'\x01{"a": "\\"[email]"}'),
        ((XML, 0), f"<a b='{M}'>{C}</a>", b"<a b='[email]'>[card]</a>"),
        ((XML, 0), "<a>planted&#64;secret.example</a>", None),
        ((XML, 0), f"<a>&lt; {M}</a>", b"<a>&lt; [email]</a>"),
        ((BYTEA, 0), "\\x" + b"\0 ".hex() + RAW_M.hex(), b"\\x" + (b"\0 [email]").hex().encode()),
        ((BYTEA, 0), f"\\000 {M}\\\\", b"\\x" + (b"\0 [email]\\").hex().encode()),
        ((BYTEA, 1), b"\0" + RAW_M + b"\0", b"\0[email]\0"),
        ((INT8, 0), C, None),
        ((INT8, 0), "42", b"42"),
        ((INT8, 1), struct.pack("!q", int(C)), None),
        ((INT8, 1), struct.pack("!q", 42), struct.pack("!q", 42)),
        ((NUMERIC, 0), C, None),
        ((NUMERIC, 1), NUMERIC_CARD, None),
        ((NUMERIC, 1), struct.pack("!HhHHH", 1, 0, 0, 2, 12), struct.pack("!HhHHH", 1, 0, 0, 2, 12)),
        ((869, 1), INET, INET),
        ((1009, 0), f'{{a,{M},"x y",NULL}}', b'{a,[email],"x y",NULL}'),
        ((1009, 0), f'{{"say \\"hi\\" to {M}"}}', b'{"say \\"hi\\" to [email]"}'),
        ((3807, 0), f'{{"{{\\"a\\": \\"{M}\\"}}"}}', None),
        ((199, 0), '{"\\"planted\\\\u0040secret.example\\""}', None),
        ((1009, 1), array(TEXT, b"a", RAW_M, None), array(TEXT, b"a", b"[email]", None)),
        ((1016, 1), array(INT8, struct.pack("!q", int(C)), bytes(8)), array(INT8, None, bytes(8))),
        ((3807, 1), array(JSONB, b'\x01"%s"' % RAW_M), array(JSONB, b'\x01"[email]"')),
        ((2249, 0), f'(1,"a b",{M})', b'(1,"a b",[email])'),
        ((2249, 0), f'(1,"say ""{M}""")', b'(1,"say ""[email]""")'),
        ((2249, 1), record((23, bytes(4)), (TEXT, RAW_M)), record((23, bytes(4)), (TEXT, b"[email]"))),
        ((2249, 1), record((1009, array(TEXT, RAW_M))), record((1009, array(TEXT, b"[email]")))),
        ((2287, 1), array(2249, record((TEXT, RAW_M))), array(2249, record((TEXT, b"[email]")))),
        ((16500, 0), M, b"[email]"),
        ((16500, 0), f'"k"=>"{M}"', b'"k"=>"[email]"'),
        ((16500, 1), RAW_M, None),
        ((1001, 0), '{"\\\\x' + RAW_M.hex() + '"}', None),
        ((2249, 0), '(1,"\\\\x' + RAW_M.hex() + '")', None),
        ((0, 0), "\\x" + RAW_M.hex(), None),
        ((0, 0), f"is {M}", b"is [email]"),
        ((0, 1), array(TEXT, b"x" * 0x30, RAW_M), None),
        ((16500, 1), b"happy", b"happy"),
        ((16500, 1), record((TEXT, b"4"), (TEXT, RAW_M)), None),
        ((16501, 1), array(16500, b"x" * 0x30, RAW_M), None),
        ((3614, 0), f"'{M}':1", b"'[email]':1"),
        ((3614, 1), RAW_M + b"\0", None),
        ((23, 0), C, C.encode()),
    ],
)
def test_finds_leave_and_the_rest_stays(column, value, left) -> None:
    assert through([column], [SCAN], value) == (left,)


def test_labels_already_seen_to_are_not_looked_for() -> None:
    covers = (Cover(scan=True, seen=frozenset({"card"})), Cover(scan=True, seen=frozenset({"email"})), OPEN)
    found = through([(TEXT, 0)] * 3, covers, *[f"{M} {C}"] * 3)
    assert found == (f"[email] {C}".encode(), f"{M} [card]".encode(), f"{M} {C}".encode())


def test_nothing_found_is_the_same_object() -> None:
    plan = planned([(TEXT, 0), (JSON, 0)], SCAN, SCAN)
    data = row("x", '"\\n"') * 3
    assert plan.rows(data, 0, len(data)) is data


def test_a_labelled_column_beside_a_scanned_one_is_masked_by_its_label() -> None:
    found = through([(TEXT, 0), (TEXT, 0)], [Cover(label="card"), SCAN], "4111-1111-1111-1234", f"is {M}")
    assert found == (b"****-****-****-1234", b"is [email]")


def test_a_value_beside_a_length_that_looks_like_a_letter_is_found() -> None:
    for size in range(0x20, 0x7F):
        value = M + " " + "x" * (size - len(M) - 1)
        assert b"planted" not in through([(1009, 1)], [SCAN], array(TEXT, value.encode()))[0]
        assert b"planted" not in through([(TEXT, 0)], [SCAN], value)[0]


def test_what_was_found_in_any_of_many_rows_leaves_it() -> None:
    chance = random.Random(7)
    kinds = [(TEXT, 0), (JSON, 0), (1009, 1), (23, 0), (BYTEA, 0)]
    plan = planned(kinds, *[SCAN] * 5)
    for _ in range(60):
        rows, wanted = [], []
        for _ in range(chance.randrange(1, 30)):
            hit = [chance.random() < 0.2 for _ in kinds]
            texts = [("a " + M) if one else "harmless" * chance.randrange(9) for one in hit]
            clean = [text.replace(M, "[email]") for text in texts]
            rows.append(row(*_values(texts)))
            wanted.append(_values(clean))
        data = b"!" + b"".join(rows) + b"?"
        assert read_rows(plan.rows(data, 1, len(data) - 1)) == wanted


def _values(texts: list[str]) -> tuple[bytes, ...]:
    text, in_json, in_array, number, raw = texts
    return (
        text.encode(),
        json.dumps([in_json, "\n"]).encode(),
        array(TEXT, b"x", in_array.encode()),
        str(len(number.replace("[email]", M))).encode()[:1],
        b"\\x" + raw.encode().hex().encode(),
    )
