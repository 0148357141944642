"""Which overloads of a name a statement could reach, by the types that can occur in it."""

from collections.abc import Iterable

from yett.protocols.postgres.catalog.closure import FIRST_USER_OID
from yett.protocols.postgres.catalog.records import ANY_TYPE, Meaning, Routine


def present_types(meanings: Iterable[Meaning], parameter_types: Iterable[int]) -> frozenset[int]:
    """Return the types that are not PostgreSQL's own and that an expression of the statement may have.

    They come from columns of the relations named, from types named, and from parameters that the client declared.
    """
    found = set(parameter_types)
    for meaning in meanings:
        if meaning.relation is not None:
            found |= meaning.relation.types
        if meaning.type is not None:
            found |= meaning.type.parts
            if meaning.type.kind in "crmd":
                found.add(ANY_TYPE)
    return frozenset(oid for oid in found if oid >= FIRST_USER_OID or oid == ANY_TYPE)


def reachable(routine: Routine, arity: int, present: frozenset[int]) -> bool:
    """Tell whether a call or operator written with `arity` arguments could mean this routine.

    An overload that anybody may have made counts whenever its number of arguments fits: an unknown literal can become
    any type. One that came with an extension (citext's `=`, hstore's `->`) counts where one of its own types can occur.
    """
    if arity >= 0 and not routine.arity_min <= arity <= routine.arity_max:
        return False
    if not routine.from_extension or ANY_TYPE in present:
        return True
    alien = [oid for oid in routine.operands if oid >= FIRST_USER_OID]
    return all(oid in present for oid in alien)
