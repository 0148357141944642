"""The shape of an operation: what it is and what it touches, without its values, so that a new kind of act shows."""

from collections.abc import Iterable
from hashlib import sha256

from yett.core.targets import Access

Touched = tuple[str, str, str]
"""An access in plain words, as recordings keep it: effect, kind of target, id of target."""

_ON_LABELS = frozenset(("match", "filter", "unmask"))


def touched_by(accesses: Iterable[Access]) -> Iterable[Touched]:
    """Yield accesses in plain words."""
    return ((str(one.effect), one.target.kind, one.target.id) for one in accesses)


def shape_of(protocol: str, structure: bytes, touched: Iterable[Touched]) -> bytes:
    """Return SHA-256 over an operation's structure, as its protocol sees it, and over what it touches.

    The same act gives the same shape live and from its recording. A column counts as its table, and what is asked of
    labels is left out: which columns are used stands in the structure, and whether an access is written down by
    column hangs on what else policies and labels say. Without a structure there is no shape: b"".
    """
    if not structure:
        return b""
    places = sorted({_place(one) for one in touched if one[0] not in _ON_LABELS})
    digest = sha256()
    for part in (protocol.encode(), structure, *(place.encode("utf-8", "surrogatepass") for place in places)):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def _place(touched: Touched) -> str:
    effect, kind, target = touched
    return f"{effect} Table {_above(target)}" if kind == "Column" else f"{effect} {kind} {target}"


def _above(target: str) -> str:
    """Return a target's id without its last name, which may stand in double quotes and have dots in it."""
    quoted = False
    for at in range(len(target) - 1, -1, -1):
        if target[at] == '"':
            quoted = not quoted
        elif target[at] == "." and not quoted:
            return target[:at]
    return target
