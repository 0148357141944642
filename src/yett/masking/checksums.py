"""The check digits that tell a real number from one that only looks like it."""

from collections.abc import Callable, Mapping

_VERHOEFF_D = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_VERHOEFF_P = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)
_DOUBLED = bytes(48) + bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)) + bytes(198)


def luhn(digits: str) -> bool:
    """Say whether the digits pass Luhn's check (ISO/IEC 7812-1)."""
    signs = digits.encode()
    doubled = signs[-2::-2].translate(_DOUBLED)
    return (sum(signs[-1::-2]) - 48 * ((len(signs) + 1) // 2) + sum(doubled)) % 10 == 0


def mod97(text: str) -> bool:
    """Say whether letters and digits pass ISO 7064 MOD 97-10 with the first four at the end, as in an IBAN."""
    turned = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def mod11_10(digits: str) -> bool:
    """Say whether the digits pass ISO 7064 MOD 11,10 (German tax numbers, Croatian OIB)."""
    check = 10
    for digit in digits[:-1]:
        check = ((check + int(digit)) % 10 or 10) * 2 % 11
    return (11 - check) % 10 == int(digits[-1])


def verhoeff(digits: str) -> bool:
    """Say whether the digits pass Verhoeff's check (Aadhaar)."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[place % 8][int(digit)])])
    return check == 0


def ean(digits: str) -> bool:
    """Say whether the digits pass the check of EAN-13 and GTIN: weights one and three from the right."""
    return (sum(map(int, digits[-1::-2])) + 3 * sum(map(int, digits[-2::-2]))) % 10 == 0


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """Return the sum of each digit times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _of_digits(check: Callable[[str], bool]) -> Callable[[str], bool]:
    def checked(text: str) -> bool:
        digits = "".join(sign for sign in text if "0" <= sign <= "9")
        return len(digits) > 1 and check(digits)

    return checked


def _mod97_of_text(text: str) -> bool:
    plain = "".join(sign for sign in text.upper() if "0" <= sign <= "9" or "A" <= sign <= "Z")
    return len(plain) > 4 and mod97(plain)


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    "luhn": _of_digits(luhn),
    "mod97": _mod97_of_text,
    "mod11_10": _of_digits(mod11_10),
    "verhoeff": _of_digits(verhoeff),
    "ean": _of_digits(ean),
}
"""The checks that `[detectors.<name>] validator` may name; signs between digits do not count."""
