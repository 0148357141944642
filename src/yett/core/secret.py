"""A value that must never be printed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret text, shown as `***` wherever it is printed, logged or formatted."""

    _value: str

    def reveal(self) -> str:
        """Return the text itself, at the one place that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"
