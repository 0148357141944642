"""What nobody may do through a role that several clients share, whatever policy permits."""

from yett.core.targets import Access, Effect

_REACHES = {
    "Resource": "it reaches other people's sessions or the server itself",
    "Role": "it changes roles, and so the one that everybody here shares",
    "Database": "it changes what every later session of the shared role begins with",
    "Table": "it shows other people's statements, the contents of columns, or credentials",
}
_SYSTEM_SCHEMAS = frozenset({"pg_catalog", "information_schema"})


def never_shared(access: Access) -> str:
    """Return why an access can't be had by a client that shares its role on the target, or "" when it can.

    Who may do everything on a resource is not asked: for them the wire is transparent.
    """
    if access.effect is not Effect.ADMINISTER:
        return ""
    target = access.target
    if target.kind == "Table" and not _shows_others(target.path):
        return ""
    return _REACHES.get(target.kind, "")


def _shows_others(path: tuple[str, ...]) -> bool:
    """Say whether administering this table is how reading a sensitive view of the system is named."""
    if not path:
        return False
    return (len(path) > 1 and path[0] in _SYSTEM_SCHEMAS) or path[-1].startswith("pg_stat_statements")
