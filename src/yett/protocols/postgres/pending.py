"""What an open question waits with: how it goes on once it is answered, and what goes on beside it until then."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from yett.core.operations import Operation
from yett.core.permits import Permit
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.texts import Text


@dataclass(slots=True)
class Pending:
    """A question that is open: what to do with a permit, and how a refusal takes its place.

    `types` and `earlier` are what else its operation hangs on: the types that a Parse declared, and what it touched
    when it was prepared or declared.
    """

    known: Text
    release: Callable[[Permit, Meant | None], None]
    refuse: Callable[[bytes], None]
    types: tuple[int, ...] = ()
    earlier: Operation | None = None


class Beside(Protocol):
    """What goes on beside an open question: something is found out about it, or comes with it."""

    def go_on(self) -> bool:
        """Take the next step; say whether messages of the client may be looked at."""
        ...
