"""Writes rights as the fewest GRANT and REVOKE statements that bring a role from what it has to what it needs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from yett.protocols.postgres.leasing.privileges import On, Privilege
from yett.protocols.postgres.leasing.words import name

_OBJECTS_AT_ONCE = 200


def changes(role: str, before: frozenset[Privilege], after: frozenset[Privilege]) -> Iterator[str]:
    """Yield the statements; to be run in one transaction, so that nobody sees the role between the two."""
    gone = before - after
    # REVOKE on a table takes the rights on its columns along, so all that stays there is granted anew.
    touched = {(one.on, one.path) for one in gone}
    yield from _statements("REVOKE", f"FROM {name(role)}", gone)
    new = {one for one in after if one not in before or (one.on, one.path) in touched}
    yield from _statements("GRANT", f"TO {name(role)}", new)


def _statements(verb: str, whom: str, rights: Iterable[Privilege]) -> Iterator[str]:
    # One kind of right at a time: in whose name the target grants or takes it back then depends on that right alone,
    # and what was granted in one name is not left standing because another was taken for the REVOKE.
    columns: dict[tuple[On, tuple[str, ...], str], list[str]] = defaultdict(list)
    for one in sorted(rights):
        columns[one.on, one.path, one.right] += [one.column] if one.column else []
    alike: dict[tuple[On, str], list[str]] = defaultdict(list)
    for (on, path, right), some in columns.items():
        words = f"{right} ({', '.join(map(name, some))})" if some else right
        alike[on, words].append(path[0] if on is On.ROUTINE else name(*path))
    for (on, words), objects in alike.items():
        for at in range(0, len(objects), _OBJECTS_AT_ONCE):
            yield f"{verb} {words} ON {on} {', '.join(objects[at : at + _OBJECTS_AT_ONCE])} {whom}"


# The rights of one role that were not granted in the owners' name: DROP OWNED leaves those.
LEFT_BY_DROP_OWNED = """
SELECT format('REVOKE %s ON %s FROM %I', a.privilege_type || o.columns, o.words, {role})
FROM (
  SELECT 'DATABASE ' || quote_ident(datname), '', datacl, datdba FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT 'SCHEMA ' || quote_ident(nspname), '', nspacl, nspowner FROM pg_namespace
  UNION ALL SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || oid::regclass, '', relacl, relowner
    FROM pg_class
  UNION ALL SELECT 'TABLE ' || c.oid::regclass, ' (' || quote_ident(attname) || ')', attacl, relowner
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid
  UNION ALL SELECT 'ROUTINE ' || oid::regprocedure, '', proacl, proowner FROM pg_proc
) AS o(words, columns, acl, owner)
CROSS JOIN LATERAL aclexplode(o.acl) AS a
WHERE o.acl IS NOT NULL AND a.grantee = (SELECT oid FROM pg_roles WHERE rolname = {role}) AND a.grantor <> o.owner
"""
