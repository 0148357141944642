"""What a request looks like without its values: as it is asked, and as a recording has it."""

from collections.abc import Sequence
from hashlib import sha256

from yett.protocols._wire.questions import Inspect, Parameter
from yett.protocols.postgres.sql.skeleton import Skeleton, skeletons
from yett.protocols.postgres.texts import Text

_NAMES_MAX = 1_000
# Types whose values name nothing: bool, numbers, dates and times, uuid, and the arrays of them.
_PLAIN_TYPES = frozenset(
    (
        *(16, 20, 21, 23, 700, 701, 790, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2950),
        *(1000, 1005, 1007, 1016, 1021, 1022, 1115, 1182, 1185, 1231, 2951),
    )
)


def structure_of(question: Inspect) -> bytes:
    """Return the structure of an operation that is asked about; b"" where it cannot be told.

    The protocol's own texts are known by structure, so most are worked out once.
    """
    known = question.meaning
    if not isinstance(known, Text):
        return b""
    if known.skeletons is None:
        known.skeletons = tuple(one for facts in known.statements for one in skeletons(facts.source) or _NO_SKELETON)
    return _structure(known.skeletons, question.parameters)


class RecordedStructures:
    """The structures of one session's operations, told from its recording in order."""

    def __init__(self) -> None:
        self._named: dict[str, Skeleton] = {}

    def of(self, text: bytes, parameters: Sequence[Parameter]) -> bytes:
        """Return the structure of a recorded operation, as `structure_of` told it when it was asked; b"" else."""
        found: list[Skeleton] = []
        for one in skeletons(text.decode("utf-8", "replace")):
            found.append(one)
            for kind, name in (("prepared", one.prepares), ("declared", one.declares)):
                if name and len(self._named) < _NAMES_MAX:
                    self._named[f"{kind} {name}"] = one
            run = f"prepared {one.executes}" if one.executes else f"declared {one.fetches}" if one.fetches else ""
            if run:
                found.append(self._named.get(run, Skeleton(b"")))
        return _structure(found, parameters)


_NO_SKELETON = (Skeleton(b""),)


def _structure(found: Sequence[Skeleton], parameters: Sequence[Parameter]) -> bytes:
    if not found or any(not one.digest for one in found):
        return b""
    digest = sha256(b"".join(one.digest for one in found))
    for number in sorted({number for one in found for number in one.naming}):
        if number > len(parameters):
            return b""
        _, type_id, value = parameters[number - 1]
        if type_id not in _PLAIN_TYPES:
            digest.update(b"-" if value is None else b"=%d:" % len(value) + value)
    return digest.digest()
