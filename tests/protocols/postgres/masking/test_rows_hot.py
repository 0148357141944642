"""The compiled walk over rows and the plain one give the same, whatever comes, and nothing covered stays."""

import struct
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.postgres.masking.wire import read_rows, row
from yett.masking.partial import OTHERS, PARTIALS
from yett.protocols.postgres.masking import rows_hot

SOURCE = Path(__file__).parents[4] / "src/yett/protocols/postgres/masking/rows_hot.py"
ACTIONS = range(9)
CONSTANTS = [b"[constant]"] * 9
WHOLES = [lambda value: None if len(value) % 5 == 4 else b"<" + b"*" * len(value) + b">"] * 9
VIEWS = [lambda value: value[::-1]] * 9


def _plain() -> ModuleType:
    spec = spec_from_file_location("rows_plain", SOURCE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PLAIN = _plain()
FORMS = [rows_hot, PLAIN]
STYLES = [
    (rows_hot.LAST_FOUR, "card"),
    (rows_hot.ENDING, "phone"),
    (rows_hot.EMAIL, "email"),
    (rows_hot.FIRST, "name"),
]

values = st.one_of(
    st.none(),
    st.binary(max_size=90),
    st.sampled_from([b"alice@example.com", b"al@x.org", b"a.b+c@x-y.example.com", b"alice@example", b"a\\b@x.org"]),
    st.integers(10**6, 10**17).map(lambda number: str(number).encode()),
    st.sampled_from([b"4111-1111-1111-1234", b"4111 1111 1111 1234", b"DE00_1234#5678 9012(34)"]),
    st.text(max_size=12).map(str.encode),
)


@st.composite
def runs(draw) -> tuple[int, list[tuple[bytes | None, ...]]]:
    """Draw rows of one width."""
    width = draw(st.integers(0, 5))
    return width, draw(st.lists(st.tuples(*[values] * width), max_size=6))


def outcome(call, *arguments):
    """Return what a call gives, or the kind of what it raises."""
    try:
        return call(*arguments)
    except (ValueError, IndexError, OverflowError) as fault:
        return type(fault)


@settings(max_examples=100, deadline=None)
@given(runs(), st.data())
def test_plain_and_compiled_cover_alike_and_a_covered_value_is_gone(run, data) -> None:
    width, rows = run
    actions = bytes(data.draw(st.lists(st.sampled_from(ACTIONS), min_size=width, max_size=width)))
    buf = b"before" + b"".join(row(*one) for one in rows)
    found = [form.cover_rows(buf, 6, len(buf), actions, CONSTANTS, WHOLES) for form in FORMS]
    assert found[0] == found[1]
    for before, after in zip(rows, read_rows(found[0]), strict=True):
        for action, old, new in zip(actions, before, after, strict=True):
            _check(action, old, new)


def _check(action: int, old: bytes | None, new: bytes | None) -> None:
    if action == rows_hot.PASS:
        assert new == old
    elif action == rows_hot.TO_NULL:
        assert new is None
    elif action == rows_hot.ALWAYS:
        assert new == b"[constant]"
    elif action == rows_hot.CONSTANT:
        assert new == (None if old is None else b"[constant]")
    elif old is None:
        assert new is None
    elif new not in {None, WHOLES[0](old)}:
        _check_partial(action, old, new)


def _check_partial(action: int, old: bytes, new: bytes) -> None:
    if action == rows_hot.EMAIL:
        name, _, domain = old.partition(b"@")
        assert new == name[:1] + b"***@" + domain
        assert len(new) <= len(old)
        return
    if action == rows_hot.FIRST:
        assert new == old[:1] + b"***"
        assert len(new) <= len(old)
        return
    assert action in {rows_hot.LAST_FOUR, rows_hot.ENDING}
    assert len(new) == len(old)
    shown = [byte for byte in new if chr(byte).isalnum()]
    signs = [byte for byte in old if chr(byte).isalnum()]
    assert shown == signs[-4:] or (len(shown) == 3 and shown == signs[-3:])
    assert 3 * len(shown) <= len(signs)


@settings(max_examples=250, deadline=None)
@given(
    st.one_of(
        values.filter(lambda value: value is not None),
        st.from_regex(rb"\A[0-9A-F]{2,5}[ _./+()#-]([0-9]{3,6}[ _./+()#-]){1,3}[0-9]{1,4}[#)]?\Z"),
        st.from_regex(rb"\A[a-z0-9._@+]{1,5}@([a-z-]{0,4}\.?){1,4}\Z"),
    )
)
def test_compiled_code_leaves_of_a_value_what_the_gates_own_partial_style_does(value) -> None:
    for action, label in STYLES:
        partial, _ = PARTIALS.get(label, OTHERS)
        buf = row(value)
        for form in FORMS:
            left = form.cover_rows(
                buf, 0, len(buf), bytes([action]), [b""], [lambda one, it=partial: it(one) or b"[x]"]
            )
            assert read_rows(left) == [(partial(value) or b"[x]",)]


@settings(max_examples=100, deadline=None)
@given(runs(), st.data())
def test_plain_and_compiled_show_detectors_the_same_and_every_value_at_its_place(run, data) -> None:
    width, rows = run
    looks = bytes(data.draw(st.lists(st.sampled_from(range(4)), min_size=width, max_size=width)))
    buf = b"".join(row(*one) for one in rows)
    seen = []
    for form in FORMS:
        apart: list[tuple[int, int]] = []
        seen.append((form.view_rows(buf, 0, len(buf), looks, VIEWS, apart), apart))
    assert seen[0] == seen[1]
    view, apart = seen[0]
    places, at = {field: start for start, field in apart}, 0
    for one in rows:
        at += 7
        for look, value in zip(looks, one, strict=True):
            raw = value or b""
            if look == 3 or (look == 2 and b"\\" in raw):
                assert view[at : at + 4 + len(raw)] == bytes(4 + len(raw))
                if raw:
                    start = places[at]
                    assert view[start - 1 : start + len(raw)] == b"\0" + raw[::-1]
            else:
                assert view[at : at + 4 + len(raw)] == bytes(4) + (raw if look else bytes(len(raw)))
            at += 4 + len(raw)


@settings(max_examples=100, deadline=None)
@given(runs(), st.data())
def test_plain_and_compiled_find_and_change_the_same_fields(run, data) -> None:
    width, rows = run
    buf = b"??" + b"".join(row(*one) for one in rows)
    offsets, at = [], 0
    for one in rows:
        at += 7
        for value in one:
            offsets.append(at)
            at += 4 + len(value or b"")
    chosen = sorted(data.draw(st.sets(st.sampled_from(range(len(offsets))), max_size=6)) if offsets else [])
    fields = [offsets[number] for number in chosen]
    replaced = [data.draw(st.one_of(st.none(), st.binary(max_size=90))) for _ in chosen]
    where = [form.find_fields(buf, 2, len(buf), width, fields) for form in FORMS]
    assert where[0] == where[1] == [(number % width, offsets[number]) for number in chosen]
    changed = [form.put_values(buf, 2, len(buf), width, fields, replaced) for form in FORMS]
    assert changed[0] == changed[1]
    flat = [value for one in rows for value in one]
    for number, value in zip(chosen, replaced, strict=True):
        flat[number] = value
    assert [value for one in read_rows(changed[0]) for value in one] == flat
    for form in FORMS:
        assert form.values_of_rows(changed[0], 0, len(changed[0]), width) == flat


@settings(max_examples=150, deadline=None)
@given(runs(), st.data())
def test_plain_and_compiled_refuse_the_same_damage_and_never_pass_it(run, data) -> None:
    width, rows = run
    buf = bytearray(b"".join(row(*one) for one in rows) or b"D")
    for _ in range(data.draw(st.integers(1, 3))):
        buf[data.draw(st.integers(0, len(buf) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(buf[: data.draw(st.integers(0, len(buf)))])
    actions = bytes([rows_hot.CONSTANT] * width)
    covered = [outcome(form.cover_rows, damaged, 0, len(damaged), actions, CONSTANTS, WHOLES) for form in FORMS]
    assert covered[0] == covered[1]
    views = [outcome(form.view_rows, damaged, 0, len(damaged), bytes([1] * width), VIEWS, []) for form in FORMS]
    assert views[0] == views[1]
    if isinstance(covered[0], bytes):
        # Whatever was not refused is whole rows, in which nothing but constants and NULL is left.
        at = 0
        while at < len(covered[0]):
            size = struct.unpack_from("!I", covered[0], at + 1)[0]
            (found,) = read_rows(b"D" + covered[0][at + 1 : at + 1 + size])
            assert set(found) <= {b"[constant]", None}
            at += 1 + size


@pytest.mark.parametrize("form", FORMS, ids=["compiled", "plain"])
def test_offsets_that_lie_in_no_field_are_refused(form) -> None:
    buf = row(b"ab")
    for offset in (0, 6, len(buf), 1000):
        with pytest.raises(ValueError, match="find"):
            form.find_fields(buf, 0, len(buf), 1, [offset])
    with pytest.raises(ValueError, match="field"):
        form.put_values(buf, 0, len(buf), 1, [3], [b"x"])
    with pytest.raises(ValueError, match="field"):
        form.put_values(buf, 0, len(buf), 1, [7, 7], [b"x", b"y"])
