"""What in a session decides the meaning of a name: its path, its role, its temporary objects."""

from dataclasses import dataclass, field

PG_CATALOG = "pg_catalog"


@dataclass(frozen=True, slots=True)
class SessionView:
    """The session state that names are resolved under, as last read back from the backend.

    `search_path` is what `current_schemas(true)` answers: the schemas in force, implicit ones included, in the order
    of the search (only those that exist and that the role may use). A path without `pg_catalog` is completed as the
    server does, in front. `creation_schema` is `current_schema()`: where an unqualified CREATE lands, None where
    nothing can be created. `temp_schema` is the session's own `pg_temp_N`, once it has temporary objects.
    `dirty` means that uncommitted definitions or temporary objects exist, so that only the client's session can say
    what a name means. `database` is the one connected to: a three-part name must name it.
    """

    resource: str
    role: str
    search_path: tuple[str, ...]
    creation_schema: str | None = "public"
    temp_schema: str | None = None
    database: str = ""
    server_version: int = 0
    dirty: bool = False
    effective_path: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The schemas in the order of the search; temporary ones and pg_catalog are first unless listed."""

    def __post_init__(self) -> None:
        # Every name that is looked up asks for it.
        object.__setattr__(self, "effective_path", _completed(self.search_path, self.temp_schema))

    def is_temporary(self, schema: str) -> bool:
        """Tell whether `schema` is the session's own temporary one."""
        return schema == "pg_temp" or (self.temp_schema is not None and schema == self.temp_schema)


def _completed(path: tuple[str, ...], temp_schema: str | None) -> tuple[str, ...]:
    if PG_CATALOG not in path:
        front = 1 if path and path[0] == temp_schema else 0
        path = (*path[:front], PG_CATALOG, *path[front:])
    if temp_schema and temp_schema not in path:
        path = (temp_schema, *path)
    return path
