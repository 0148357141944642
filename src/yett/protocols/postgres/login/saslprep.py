"""Prepares a password for SCRAM exactly as PostgreSQL does (RFC 4013, pg_saslprep).

A password that is plain ASCII, or that the rules forbid, is used as it is: so does PostgreSQL on both sides.
"""

import stringprep
import unicodedata

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
    stringprep.in_table_a1,
)


def prepared(password: str) -> bytes:
    """Return the bytes of `password` that SCRAM hashes."""
    if password.isascii():
        return password.encode()
    mapped = "".join(_mapped(char) for char in password)
    if not mapped or any(is_in(char) for char in mapped for is_in in _PROHIBITED) or not _reads_one_way(mapped):
        return password.encode("utf-8", "surrogateescape")
    return unicodedata.normalize("NFKC", mapped).encode()


def _mapped(char: str) -> str:
    if stringprep.in_table_c12(char):
        return " "
    return "" if stringprep.in_table_b1(char) else char


def _reads_one_way(text: str) -> bool:
    """Tell whether right-to-left and left-to-right letters are not mixed (RFC 3454 §6)."""
    if not any(stringprep.in_table_d1(char) for char in text):
        return True
    mixed = any(stringprep.in_table_d2(char) for char in text)
    return not mixed and stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
