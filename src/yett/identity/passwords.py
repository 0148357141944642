"""Checks the passwords that people choose, slowly on purpose."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from yett.core.errors import YettError
from yett.core.secret import Secret

LENGTH_MIN = 12
LENGTH_MAX = 256


class PasswordUnfit(YettError):
    """A new password can't be used."""

    code = "password_unfit"


def hash_password(password: Secret) -> str:
    """Return the argon2id hash of a new password. Slow (some 100 ms, 64 MiB): call it in a thread.

    Raises PasswordUnfit where it is too short or too long; nothing else is asked of it (NIST SP 800-63B §5.1.1.2).
    """
    text = _normal(password)
    if not LENGTH_MIN <= len(text) <= LENGTH_MAX:
        message = f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters"
        raise PasswordUnfit(message, hint="a few random words do well")
    return PasswordHasher().hash(text)


def password_fits(password: Secret, stored: str) -> bool:
    """Tell whether the password is the one that was hashed. Slow: call it in a thread.

    It takes as long when nothing is stored, so that the time doesn't tell which names exist.
    """
    text = _normal(password)[:LENGTH_MAX]
    try:
        PasswordHasher().verify(stored or _nobody(), text)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


@cache
def _nobody() -> str:
    return PasswordHasher().hash("the hash of nobody's password")


def _normal(password: Secret) -> str:
    return unicodedata.normalize("NFKC", password.reveal())
