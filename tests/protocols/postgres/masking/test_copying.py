"""COPY data leaves with the same covers as rows, and can be read again."""

import struct

import pytest

from protocols.postgres.masking.wire import CARD, INT4, MARKER, TEXT, SomeMasks, row
from yett.core.errors import LimitExceeded, ProtocolError
from yett.core.masks import OPEN, Cover
from yett.protocols.postgres.codec import message
from yett.protocols.postgres.masking import copying
from yett.protocols.postgres.masking.copy_lines import CopyOptions
from yett.protocols.postgres.masking.copying import CopyPlan, copy_plan
from yett.protocols.postgres.masking.description import CoverMismatch

EMAIL, SCAN, DERIVED = Cover(label="email"), Cover(scan=True), Cover(label="x", derived=True)
CSV = CopyOptions(csv=True)
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)


def response(count: int, wire: int = 0) -> bytes:
    return message(b"H", struct.pack(f"!BH{count}H", wire, count, *[wire] * count))


def plan(*covers: Cover, options: CopyOptions = CopyOptions(), wire: int = 0) -> CopyPlan:  # noqa: B008 - immutable
    types = (INT4,) + (TEXT,) * (len(covers) - 1)
    return copy_plan(response(len(covers), wire), types, covers, SomeMasks(), options=options)


@pytest.mark.parametrize(
    ("options", "covers", "line", "left"),
    [
        (CopyOptions(), (OPEN, EMAIL, OPEN), b"1\talice@example.com\tx\\ty\n", b"1\ta***@example.com\tx\\ty\n"),
        (CopyOptions(), (OPEN, EMAIL, OPEN), b"1\t\\N\t\\N\n", b"1\t\\N\t\\N\n"),
        (CopyOptions(), (OPEN, DERIVED, OPEN), b"1\t\\N\t\\N\n", b"1\t[redacted]\t\\N\n"),
        (CopyOptions(), (OPEN, Cover(label="gone"), OPEN), b"1\ta\\\\\t\\N\n", b"1\t\\N\t\\N\n"),
        (CopyOptions(), (OPEN, OPEN, SCAN), f"1\ta\t\\t{MARKER}\\n\n".encode(), b"1\ta\t\\t[email]\\n\n"),
        (CopyOptions(), (OPEN, SCAN, SCAN), f"1\t{CARD}\t\\\\{MARKER}\n".encode(), b"1\t[card]\t\\\\[email]\n"),
        (CopyOptions(delimiter=b"|"), (OPEN, SCAN, OPEN), f"1|a\\|{MARKER}|b\n".encode(), b"1|a\\|[email]|b\n"),
        (CopyOptions(null=b"-"), (OPEN, DERIVED, EMAIL), b"1\t-\t-\n", b"1\t[redacted]\t***\n"),
        (CSV, (OPEN, EMAIL, OPEN), b'1,alice@example.com,"a,b"\n', b'1,a***@example.com,"a,b"\n'),
        (CSV, (OPEN, SCAN, OPEN), f'1,"say ""hi"",\n {MARKER}",\n'.encode(), b'1,"say ""hi"",\n [email]",\n'),
        (CSV, (OPEN, DERIVED, EMAIL), b'1,"",\n', b"1,[redacted],\n"),
        (CSV, (OPEN, SCAN, EMAIL), b'1,"",""\n', b'1,"",***\n'),
        (
            CopyOptions(csv=True, quote=b"'", escape=b"\\", delimiter=b";", null=b"nil"),
            (OPEN, SCAN, EMAIL),
            f"1;'it\\'s \\\\ {MARKER}';nil\n".encode(),
            b"1;'it\\'s \\\\ [email]';nil\n",
        ),
    ],
)
def test_covered_fields_are_replaced_and_written_as_the_format_wants(options, covers, line, left) -> None:
    assert plan(*covers, options=options).data(line) == left
    split = plan(*covers, options=options)
    pieces = [split.data(line[at : at + 1]) for at in range(len(line))]
    split.finish()
    assert b"".join(pieces) == left


def test_a_word_for_null_that_the_client_chose_does_not_tell_which_values_are_that_word() -> None:
    guess = b"alice@example.com"
    for covers in (EMAIL, DERIVED):
        left = {
            plan(OPEN, covers, options=CopyOptions(null=word)).data(b"1\t" + guess + b"\n") for word in (guess, b"x")
        }
        assert all(guess not in one for one in left)
    quoted = plan(OPEN, EMAIL, options=CopyOptions(csv=True, null=guess)).data(b'1,"' + guess + b'"\n')
    assert quoted == b"1,a***@example.com\n"


def test_one_message_is_one_row() -> None:
    frames = b"".join(message(b"d", b"%d\talice@example.com\n" % n) for n in range(3))
    left = plan(OPEN, EMAIL).frames(b"?" + frames, 1, len(frames) + 1)
    assert left == b"".join(message(b"d", b"%d\ta***@example.com\n" % n) for n in range(3))


def test_a_header_is_no_data() -> None:
    for options, line in [(CopyOptions(header=True), b"id\tx\n"), (CopyOptions(csv=True, header=True), b"id,x\n")]:
        running = plan(OPEN, DERIVED, options=options)
        assert running.data(line) == line
        assert b"[redacted]" in running.data(line)


def binary(*values: bytes | None) -> bytes:
    return row(*values)[5:]


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_binary_data_keeps_its_header_and_trailer(size) -> None:
    def whole(text: bytes) -> bytes:
        return HEADER + binary(bytes(4), text) + binary(None, None) + b"\xff\xff"

    data, running = whole(MARKER.encode()), plan(OPEN, SCAN, wire=1)
    left = b"".join(running.data(data[at : at + size]) for at in range(0, len(data), size))
    running.finish()
    assert left == whole(b"[email]")


def test_the_binary_header_comes_with_the_first_tuple() -> None:
    running = plan(OPEN, EMAIL, wire=1)
    first = running.frames(message(b"d", HEADER + binary(bytes(4), b"x")), 0, 5 + 19 + 15)
    assert first == message(b"d", HEADER + binary(bytes(4), b"***"))
    assert plan(OPEN, EMAIL, wire=1).data(HEADER + b"\xff\xff") == HEADER + b"\xff\xff"


@pytest.mark.parametrize(
    "payload",
    [
        b"PGCOPX\n\xff\r\n\0" + bytes(8),
        HEADER[:-8] + b"\0\1\0\0" + bytes(4),
        HEADER + binary(b"x"),
        HEADER + binary(b"x", b"y", b"z"),
        HEADER + b"\0\2\xff\xff\xff\xfe",
        HEADER + b"\xff\xff" + binary(b"x", b"y"),
    ],
)
def test_binary_data_that_does_not_add_up_ends_the_session(payload) -> None:
    running = plan(OPEN, EMAIL, wire=1)
    with pytest.raises(ProtocolError):
        running.data(payload)
        running.finish()


def test_lines_that_do_not_add_up_end_the_session() -> None:
    for options in (CopyOptions(), CSV):
        for line in (b"1\n", b"1\tx\ty\n", b"1,x,y\n", b"\n", b'"x"y,z\n', b'"x'):
            running = plan(OPEN, EMAIL, options=options)
            with pytest.raises(ProtocolError):
                running.data(line)
                running.finish()


def test_a_row_that_never_ends_is_not_kept_without_limit(monkeypatch) -> None:
    monkeypatch.setattr(copying, "ROW_BYTES_MAX", 100)
    running = plan(OPEN, EMAIL)
    with pytest.raises(LimitExceeded):
        for _ in range(200):
            running.data(b"x")


def test_other_columns_than_were_judged_are_refused() -> None:
    with pytest.raises(CoverMismatch):
        copy_plan(response(2), (TEXT,), (EMAIL,), SomeMasks())
    with pytest.raises(CoverMismatch):
        copy_plan(response(1), (TEXT, TEXT), (EMAIL,), SomeMasks())
    with pytest.raises(ProtocolError):
        copy_plan(response(1)[:-1], (TEXT,), (EMAIL,), SomeMasks())


def test_nothing_covered_is_the_same_object() -> None:
    frames = message(b"d", b"1\tx\n")
    running = plan(OPEN, OPEN)
    assert not running.covered
    assert running.frames(frames, 0, len(frames)) is frames


def test_clean_lines_pass_as_they_are_and_wrong_ones_do_not() -> None:
    frames = b"".join(message(b"d", b"%d\tplain\n" % n) for n in range(3))
    assert plan(OPEN, SCAN).frames(frames, 0, len(frames)) is frames
    assert plan(OPEN, SCAN).data(b"1\tx\n" + f"2\t{MARKER}\n".encode()) == b"1\tx\n2\t[email]\n"
    with pytest.raises(ProtocolError):
        plan(OPEN, SCAN).data(b"1\n")
