"""The questions asked of the catalog: immune to the session they run in, values as parameters only."""

from dataclasses import dataclass

Rows = list[tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class CatalogQuery:
    """One look-up: `params` are text-format parameters $1, $2 …; with `in_session` the client's session must run it.

    Planning costs ten times what running does, so whoever runs it should prepare `sql` once per connection as `name`
    (the same name is always the same text).
    """

    sql: str
    params: tuple[str | None, ...]
    in_session: bool
    name: str = "yett_lookup"


QUERY_CANCELED = "57014"


class CatalogFailed(Exception):
    """A look-up could not be answered: the connection failed, timed out, or the server refused it.

    `sqlstate` is the server's code where there is one. The message never carries data.
    """

    def __init__(self, message: str, sqlstate: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
