"""However values are nested and escaped, what detectors find in them never leaves; garbage never passes for rows."""

import json
import re
import struct
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.postgres.masking.wire import CARD, MARKER, array, planned, read_rows, record, row
from yett.core.errors import ProtocolError
from yett.core.masks import Cover
from yett.protocols.postgres.masking.json_reading import json_view

SCAN = Cover(scan=True)
PLANTED = [MARKER, CARD]
LEFT = re.compile(rb"planted|41{15}")

fillers = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
texts = st.builds("{} {} {}".format, fillers, st.sampled_from([*PLANTED, "plain"]), fillers)
documents = st.recursive(
    st.one_of(texts, st.integers(), st.just(int(CARD)), st.none(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=10,
)
in_binary = st.recursive(
    texts.map(lambda text: (25, text.encode())),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: (2249, record(*parts))),
        st.lists(texts, max_size=4).map(lambda parts: (1009, array(25, *(one.encode() for one in parts)))),
        st.lists(inner, max_size=3).map(lambda parts: (2287, array(2249, *(record(one) for one in parts)))),
        documents.map(lambda one: (3802, b"\x01" + json.dumps(one).encode())),
    ),
    max_leaves=8,
)


def through(oid: int, wire: int, value: bytes) -> bytes | None:
    data = row(b"x", value, b"y")
    plan = planned([(25, 0), (oid, wire), (25, 0)], SCAN, SCAN, SCAN)
    ((first, left, last),) = read_rows(plan.rows(data, 0, len(data)))
    assert (first, last) == (b"x", b"y")
    return left


@settings(max_examples=150, deadline=None)
@given(documents, st.booleans())
def test_json_stays_json_and_loses_only_what_was_found(document, ascii_only) -> None:
    value = json.dumps(document, ensure_ascii=ascii_only).encode()
    left = through(114, 0, value)
    assert left is not None
    again = json.loads(left)
    assert not LEFT.search(json.dumps(again, ensure_ascii=False).encode())
    if not LEFT.search(json_view(value)):
        assert again == document


@settings(max_examples=150, deadline=None)
@given(in_binary)
def test_nothing_planted_leaves_a_nested_binary_value(typed) -> None:
    oid, value = typed
    left = through(oid, 1, value)
    assert left is None or not LEFT.search(left)


@settings(max_examples=150, deadline=None)
@given(in_binary)
def test_nothing_planted_leaves_a_binary_value_of_an_unknown_type(typed) -> None:
    left = through(16999, 1, typed[1])
    assert left is None or not LEFT.search(left)
    assert left is None or left == typed[1]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(texts, st.none()), max_size=4), st.sampled_from([1009, 2249, 16999]))
def test_nothing_planted_leaves_an_array_or_record_in_text(elements, oid) -> None:
    quoted = ["NULL" if one is None else '"' + re.sub(r'(["\\])', r"\\\1", one) + '"' for one in elements]
    value = ("{%s}" if oid == 1009 else "(%s)") % ",".join(quoted)
    left = through(oid, 0, value.encode())
    assert left is None or not LEFT.search(left)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([17, 20, 25, 114, 142, 650, 869, 1009, 1016, 1700, 2249, 2287, 3614, 3802, 3807, 16999]),
    st.integers(0, 1),
    st.one_of(st.binary(max_size=60), st.binary(max_size=20).map(lambda one: struct.pack("!iii", 1, 0, 25) + one)),
)
def test_garbage_is_passed_whole_or_ends_the_session(oid, wire, value) -> None:
    with suppress(ProtocolError):
        assert through(oid, wire, value) == value
