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
    by_object: dict[tuple[On, tuple[str, ...]], list[Privilege]] = defaultdict(list)
    for one in sorted(rights):
        by_object[one.on, one.path].append(one)
    alike: dict[tuple[On, str], list[str]] = defaultdict(list)
    for (on, path), found in by_object.items():
        alike[on, _rights(found)].append(path[0] if on is On.ROUTINE else name(*path))
    for (on, words), objects in alike.items():
        for at in range(0, len(objects), _OBJECTS_AT_ONCE):
            yield f"{verb} {words} ON {on} {', '.join(objects[at : at + _OBJECTS_AT_ONCE])} {whom}"


def _rights(found: list[Privilege]) -> str:
    columns: dict[str, list[str]] = defaultdict(list)
    for one in found:
        columns[one.right] += [one.column] if one.column else []
    return ", ".join(f"{right} ({', '.join(map(name, some))})" if some else right for right, some in columns.items())
