"""One search over many values: what is found, where, and what it costs."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.demo.sample import Sizes, tables
from yett.masking.scanner import scanner_of

SCANNER = scanner_of(())


def found(*values: str) -> list[tuple[str, str]]:
    """Return what is found in some values, with its label."""
    joined = b"\0".join(value.encode() for value in values)
    return [(joined[start:end].decode(), label) for start, end, label in SCANNER.find(joined)]


def test_a_find_never_crosses_from_one_value_into_the_next() -> None:
    assert found("4111 1111", "1111 1111") == []
    assert found("a.b", "@c.example") == []
    assert found("bsn", "111222333") == []


def test_a_word_makes_a_weak_number_count_on_either_side_within_its_value() -> None:
    assert found("BSN: 111222333") == [("111222333", "national_id")]
    assert found("111222333 is my bsn") == [("111222333", "national_id")]
    assert found("order 111222333") == []


def test_finds_come_in_order_and_do_not_overlap() -> None:
    text = "call 06 12 34 56 78, mail a.b@shop.example, card 4111111111111111, iban DE89370400440532013000"
    spans = SCANNER.find(text.encode())
    assert [label for _, _, label in spans] == ["phone", "email", "card", "iban"]
    assert all(one[1] <= two[0] for one, two in pairwise(spans))


@pytest.mark.parametrize(
    "lead", ["", " ", "(", "-", ".", ":", "x.", "x-", "'", "@", "+", "#/", "bob@shop.example ", "é", "call-", "bsn:"]
)
def test_a_number_is_found_behind_whatever_may_stand_before_it(lead: str) -> None:
    assert ("4111111111111111", "card") in found(lead + "4111111111111111")
    assert ("123-45-6789", "national_id") in found("order 7", lead + "123-45-6789")


def test_what_stands_within_another_number_is_none() -> None:
    assert found("12.4111111111111111", "0.33333333333333331483", "7-4111111111111111", "1/123-45-6789") == []


@pytest.mark.parametrize("text", ["1.415.555.2671", "1-415-555-2671", "+1 415 555 2671", "415.555.2671"])
def test_an_american_number_is_found_with_its_country_code_and_without(text: str) -> None:
    assert found(f"was {text} before") == [(text, "phone")]


def test_a_telephones_extension_belongs_to_it() -> None:
    assert found("it is +1-415-555-2671x12") == [("+1-415-555-2671x12", "phone")]


def test_a_token_cut_off_in_a_log_is_masked_to_where_it_ends() -> None:
    text = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA"
    assert found(text) == [(text, "secret")]


PIECES = (
    *(b"\0", b" ", b"'", b"\xff\xfe", b"tel ", b"bsn ", b"national id", b"password=", b"postgres://u:p@h/x"),
    *(b"a.b@shop.example", b"4111111111111111", b"+49 170 1234567", b"111222333", b"12345678Z", b"123-45-6789"),
    *(b"-----BEGIN PRIVATE KEY-----", b"eyJhbGciOiJub25lIn0.e30.", b"DE89370400440532013000", b"ghp_" + b"a" * 36),
    *(b"10.20.30.40", b"2001:db8::1"),
)


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=14))
def test_what_is_found_in_many_values_is_what_is_found_in_each(pieces: list[bytes]) -> None:
    joined = b"".join(pieces)
    apart, start = [], 0
    for value in joined.split(b"\0"):
        apart += [(start + one, start + two, label) for one, two, label in SCANNER.find(value)]
        start += len(value) + 1
    finds = list(SCANNER.find(joined))
    assert finds == apart
    assert all(one[0] < one[1] <= two[0] for one, two in pairwise(finds))


@pytest.mark.parametrize(
    "piece",
    [
        b"tel ",
        b"a@b",
        b"-----BEGIN PRIVATE KEY-----",
        b"eyJhbGciOi",
        b"4111111111111111.",
        b"+49 1 ",
        b"1.",
        b"a::",
        b"://:@a",
    ],
)
def test_text_made_to_be_slow_takes_time_in_proportion(piece: bytes) -> None:
    def seconds(count: int) -> float:
        text = piece * (count // len(piece))
        start = time.process_time()
        SCANNER.find(text)
        return time.process_time() - start

    seconds(10_000)
    # Four times as much text may take ten times as long on a busy machine, not sixteen.
    assert seconds(160_000) < 12 * max(seconds(40_000), 0.01)


def test_the_sample_that_a_first_time_user_sees_is_found() -> None:
    rows = dict(tables(1, Sizes(customers=200, products=5, orders=300, tickets=400, employees=10, payroll_months=1)))
    people = {row[0]: row for row in rows["customers"]}
    left = []
    for row in rows["support_tickets"]:
        body, customer = masked(str(row[3])), people[row[1]]
        left += [value for value in (customer[2], customer[3], customer[5]) if str(value) in body]
        left += [sign for sign in ("ghp_", "AKIA", "sk_live", "xoxb", "sk-proj") if sign in body]
        left += ["card"] if "My card" in body and "My card #" not in body else []
    assert left == []


def masked(text: str) -> str:
    """Return a text with # in place of what is found in it."""
    data = text.encode()
    for start, end, _ in reversed(SCANNER.find(data)):
        data = data[:start] + b"#" + data[end:]
    return data.decode()


def test_clean_text_costs_one_pass() -> None:
    rand = random.Random(1)
    words = ["the", "order", "shipped", "customers", "2024-01-01", "10:11:12", "placed", "SKU-00123", "19.99"]
    joined = b"\0".join(" ".join(rand.choices(words, k=8)).encode() for _ in range(40_000))
    best = min(_timed(joined) for _ in range(3))
    assert len(joined) / best > 50e6, "bytes a second; a quiet machine does several hundred million"


def _timed(joined: bytes) -> float:
    start = time.process_time()
    assert SCANNER.find(joined) == []
    return time.process_time() - start
