"""Dates of birth, as national ids have them written in."""

from datetime import date


def is_date(year: int, month: int, day: int) -> bool:
    """Say whether there is such a day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def is_short_date(year: int, month: int, day: int) -> bool:
    """Say whether there is such a day in this century or the one before, `year` having two digits."""
    return is_date(1900 + year, month, day) or is_date(2000 + year, month, day)


def yymmdd(digits: str) -> bool:
    """Say whether six digits are year, month and day."""
    return is_short_date(int(digits[:2]), int(digits[2:4]), int(digits[4:6]))


def ddmmyy(digits: str) -> bool:
    """Say whether six digits are day, month and year."""
    return is_short_date(int(digits[4:6]), int(digits[2:4]), int(digits[:2]))
