"""Lines become rows and lines again without a change, the same in compiled code, plain code and the slow way."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from protocols.postgres.masking.wire import read_rows, row
from yett.protocols.postgres.codec import message
from yett.protocols.postgres.masking import lines_hot
from yett.protocols.postgres.masking.copy_lines import CopyOptions, lines_of

SOURCE = Path(__file__).parents[4] / "src/yett/protocols/postgres/masking/lines_hot.py"


def _plain():
    spec = spec_from_file_location("lines_plain", SOURCE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FORMS = [lines_hot, _plain()]
fields = st.one_of(
    st.none(),
    st.binary(max_size=30).map(lambda one: one.replace(b"\0", b"")),
    st.sampled_from([b"", b"\\N", b"\t|\n\\"]),
)


def outcome(call, *arguments):
    """Return what a call gives, or the kind of what it raises."""
    try:
        return call(*arguments)
    except (ValueError, IndexError) as fault:
        return type(fault)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from([b"\t", b"|", b",", b"X", b" "]))
def test_lines_become_rows_and_the_same_lines_again(data, delimiter) -> None:
    width = data.draw(st.integers(1, 5))
    rows = data.draw(st.lists(st.tuples(*[fields] * width), max_size=6))
    wanted = data.draw(st.lists(st.booleans(), min_size=width, max_size=width))
    slow = lines_of(CopyOptions(delimiter=delimiter))
    lines = [delimiter.join(slow.write(field) for field in row) + b"\n" for row in rows]
    text, mark, sign = b"".join(lines), bytes(wanted), ord(delimiter)
    seen = [form.rows_of_lines(text, sign, mark) for form in FORMS]
    assert seen[0] == seen[1]
    assert read_rows(seen[0]) == [tuple(field for field, one in zip(row, wanted, strict=True) if one) for row in rows]
    again = [form.lines_of_rows(text, sign, mark, seen[0], b"\\N") for form in FORMS]
    assert again[0] == again[1] == b"".join(message(b"d", line) for line in lines)
    assert [form.copy_data(again[0], 0, len(again[0])) for form in FORMS] == [text, text]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab\t\\\nNt0x", max_size=24), st.integers(1, 3))
@example("\\\\\\\n\n", 1)
def test_odd_lines_are_refused_alike_and_the_slow_way_agrees_on_the_rest(text, width) -> None:
    data, mark = text.encode(), bytes([1] * width)
    seen = [outcome(form.rows_of_lines, data, 9, mark) for form in FORMS]
    assert seen[0] == seen[1]
    if isinstance(seen[0], bytes):
        slow = lines_of(CopyOptions())
        lines, rest = slow.cut(data)
        assert rest == b""
        assert read_rows(seen[0]) == [tuple(map(slow.read, line)) for line in lines]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=20), max_size=5), st.data())
def test_damaged_messages_are_refused_alike(payloads, data) -> None:
    buf = b"".join(message(b"d", one) for one in payloads)
    cut = buf[: data.draw(st.integers(0, len(buf)))]
    seen = [outcome(form.copy_data, cut, 0, len(cut)) for form in FORMS]
    assert seen[0] == seen[1]
    assert isinstance(seen[0], type) or b"".join(payloads).startswith(seen[0])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[fields] * width), min_size=1, max_size=6)))
def test_values_become_rows_of_so_many(rows) -> None:
    flat = [value for one in rows for value in one]
    for form in FORMS:
        assert form.rows_of_values(flat, len(rows[0])) == b"".join(row(*one) for one in rows)


@pytest.mark.parametrize("form", FORMS, ids=["compiled", "plain"])
def test_a_tuple_ends_where_its_last_field_does(form) -> None:
    whole = row(b"ab", None)[5:]
    assert form.tuple_end(b"x" + whole + b"yz", 1, len(whole) + 3, 2) == 1 + len(whole)
    assert all(form.tuple_end(whole, 0, cut, 2) == -1 for cut in range(len(whole)))
    assert form.tuple_end(b"\xff\xff", 0, 2, 2) == -1
    for bad in (whole, b"\0\2\xff\xff\xff\xfe"):
        with pytest.raises(ValueError, match=r"field"):
            form.tuple_end(bad, 0, len(bad), 3 if bad is whole else 2)
