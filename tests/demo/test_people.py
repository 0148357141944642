"""The sample's numbers are valid, so that detectors with checksums have something real to find."""

from random import Random

import pytest

from yett.demo.people import card_number, iban, luhn_digit, national_id, person


def _luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value // 10 + value % 10
    return total % 10 == 0


def test_card_numbers_pass_luhn() -> None:
    random = Random(7)
    assert all(_luhn(card_number(random)) for _ in range(500))


@pytest.mark.parametrize("number", ["4111111111111111", "378282246310005", "5555555555554444"])
def test_the_luhn_digit_is_that_of_known_test_cards(number: str) -> None:
    assert luhn_digit(number[:-1]) == number[-1]


def test_account_numbers_pass_the_iban_check() -> None:
    random = Random(7)
    for _ in range(200):
        number = iban(random)
        moved = number[4:] + "1314" + number[2:4]
        assert int(moved) % 97 == 1


CHECKS = {
    "ES": lambda n: "TRWAGMYFPDXBNJZSQVHLCKE"[int(n[:8]) % 23] == n[8],
    "FR": lambda n: (int(n[:13]) + int(n[13:])) % 97 == 0 and len(n) == 15,
    "NL": lambda n: (sum(int(n[i]) * (9 - i) for i in range(8)) - int(n[8])) % 11 == 0,
    "PL": lambda n: sum(int(d) * w for d, w in zip(n, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), strict=True)) % 10 == 0,
    "SE": lambda n: _luhn(n.replace("-", "")),
    "BE": lambda n: 97 - int(_bare(n)[:9]) % 97 == int(n[-2:]) or 97 - int("2" + _bare(n)[:9]) % 97 == int(n[-2:]),
    "US": lambda n: n[:3] not in {"000", "666"} and n[4:6] != "00" and n[7:] != "0000",
}


def _bare(number: str) -> str:
    return number.replace(".", "").replace("-", "")


@pytest.mark.parametrize("country", sorted(CHECKS))
def test_national_ids_pass_their_countrys_check(country: str) -> None:
    random = Random(7)
    people = [person(random, number) for number in range(100)]
    assert all(CHECKS[country](national_id(random, country, one.born)) for one in people)


def test_mail_addresses_are_plain_and_at_hosts_reserved_for_examples() -> None:
    random = Random(7)
    for number in range(500):
        address = person(random, number).email
        assert address.isascii()
        assert address.rpartition(".")[2] in {"com", "net", "org", "example"}
        assert address == address.lower()
