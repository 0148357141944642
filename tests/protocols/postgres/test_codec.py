"""The readers of messages: what was built is read back, and garbage is refused with ProtocolError alone."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.core.errors import ProtocolError
from yett.protocols.postgres import codec

NAMES = st.binary(max_size=20).map(lambda raw: raw.replace(b"\0", b""))
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


def body(message):
    assert struct.unpack_from("!I", message, 1)[0] == len(message) - 1
    return message[5:]


@given(NAMES, NAMES, st.lists(st.integers(0, 2**32 - 1), max_size=5))
def test_a_parse_message_is_read_back(name, text, types):
    found = codec.read_parse(body(codec.parse(name, text, types)))
    assert (found.name, found.text, found.types) == (name, text, tuple(types))


@given(NAMES, NAMES, st.lists(st.none() | TEXTS, max_size=5))
def test_a_bind_message_is_read_back(portal, statement, values):
    raw = body(codec.bind_text(portal, statement, values))
    found = codec.read_bind(raw)
    assert (found.portal, found.statement) == (portal, statement)
    assert found.parameters == tuple((0, 0, None if value is None else value.encode()) for value in values)


@given(NAMES)
def test_names_are_read_back(name):
    assert codec.read_named(body(codec.describe_portal(name))) == (b"P", name)
    assert codec.read_named(body(codec.close_statement(name))) == (b"S", name)
    assert codec.read_execute(body(codec.execute(name, 7))) == (name, 7)


@given(TEXTS, TEXTS)
def test_the_fields_of_an_error_are_read_back(text, hint):
    found = codec.read_fields(body(codec.error("42501", text, hint=hint)))
    assert found["C"] == "42501"
    assert (found.get("M", ""), found.get("H", "")) == (text, hint)


@given(st.binary(max_size=300))
def test_a_zero_inside_a_field_cannot_begin_another(raw):
    found = codec.read_fields(body(codec.error("42501", "a\0C00000" + raw.decode("latin-1"))))
    assert found["C"] == "42501"


READERS = (codec.read_parse, codec.read_bind, codec.read_named, codec.read_execute)


@given(st.binary(max_size=120))
def test_garbage_is_read_or_refused(raw):
    for reader in READERS:
        try:
            reader(raw)
        except ProtocolError:
            continue


@given(st.binary(max_size=60), st.lists(st.none() | st.binary(max_size=8), max_size=4), st.data())
def test_a_bind_message_that_is_cut_or_grown_is_refused(extra, values, data):
    texts = [None if value is None else value.decode("latin-1") for value in values]
    raw = body(codec.bind_text(b"p", b"s", texts))
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(ProtocolError):
        codec.read_bind(raw[:cut])
    if extra:
        with pytest.raises(ProtocolError):
            codec.read_bind(raw + extra)


def test_parameters_have_the_formats_of_their_bind_and_the_types_of_their_parse():
    raw = b"\0\0" + b"\0\2\0\1\0\0" + b"\0\2" + b"\0\0\0\1x" + b"\xff\xff\xff\xff" + b"\0\0"
    found = codec.read_bind(raw).parameters
    assert found == ((1, 0, b"x"), (0, 0, None))
    assert codec.typed(found, (23,)) == ((1, 23, b"x"), (0, 0, None))
    one_for_all = b"\0\0" + b"\0\1\0\1" + b"\0\2" + b"\0\0\0\1x" + b"\0\0\0\0" + b"\0\1\0\1"
    assert codec.read_bind(one_for_all).parameters == ((1, 0, b"x"), (1, 0, b""))


def test_a_bind_message_cannot_have_a_length_that_wraps_around():
    for size in (-2, -(2**31), 2**31 - 1):
        with pytest.raises(ProtocolError):
            codec.read_bind(b"\0\0\0\0\0\1" + struct.pack("!i", size) + b"\0\0")


@given(st.binary(max_size=80))
def test_the_fields_of_garbage_are_texts(raw):
    assert all(isinstance(value, str) for value in codec.read_fields(raw).values())
