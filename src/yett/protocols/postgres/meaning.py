"""What a text means once its names are resolved, and what it means where it was prepared under other names."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest

from yett.core.masks import Shown
from yett.core.operations import Operation
from yett.core.targets import Access, Effect
from yett.protocols.postgres.catalog.assertion import with_code
from yett.protocols.postgres.catalog.labels import Copy
from yett.protocols.postgres.catalog.resolution import Resolution
from yett.protocols.postgres.proving import Proof, proof_of
from yett.protocols.postgres.sql.facts import StatementFacts
from yett.protocols.postgres.texts import PROTOCOL, Text


@dataclass(frozen=True, slots=True)
class Meant:
    """A text with its names resolved in one view.

    `copies` is the labelled data it puts into temporary tables, `opaque` says that it runs code which could put any
    data anywhere, `by_text` that it holds for these literals only, `seen_through` that the code it runs was read, and
    leaves names as they are. `apart` are proofs that held in a round trip of their own.
    """

    operation: Operation
    proofs: tuple[Proof, ...] = ()
    apart: tuple[Proof, ...] = ()
    copies: tuple[Copy, ...] = ()
    opaque: bool = False
    by_text: bool = False
    seen_through: bool = False


def meant_by(known: Text, found: Iterable[Resolution]) -> Meant:
    """Return what a text means, given the resolution of each of its statements."""
    resolutions = tuple(found)
    template = known.operation
    operation = Operation(
        PROTOCOL,
        template.kind,
        template.text,
        _accesses(resolutions),
        template.facts,
        shows=_shows(known, resolutions),
        labelled=any(one.labelled for one in resolutions),
    )
    return Meant(
        operation,
        proofs=tuple(proof_of(one.assertion) for one in resolutions if one.assertion is not None),
        copies=tuple(copy for one in resolutions for copy in one.copies),
        opaque=any(one.changes.opaque for one in known.statements),
        by_text=any(one.by_text for one in resolutions),
        seen_through=len(resolutions) == 1 and resolutions[0].seen_through,
    )


def _accesses(resolutions: tuple[Resolution, ...]) -> tuple[Access, ...]:
    """Return each access once; those of one resolution are so already."""
    if len(resolutions) == 1:
        return resolutions[0].accesses
    return tuple(dict.fromkeys(access for one in resolutions for access in one.accesses))


def pinned(meant: Meant, code: str, all_code: str, *, by_itself: bool) -> Meant:
    """Return a meaning whose last proof says, too, that no code has changed (see `assertion.with_code`).

    Of what runs `by_itself` no proof can be run along with it: what was looked up is the proof.
    """
    last = meant.proofs[-1].assertion if meant.proofs else None
    everything = any(one.effect is Effect.EXECUTE for one in meant.operation.accesses)
    proof = proof_of(with_code(last, all_code if everything else code, everything=everything))
    proofs = (*meant.proofs[:-1], proof)
    return replace(meant, proofs=(), apart=proofs) if by_itself else replace(meant, proofs=proofs)


def _shows(known: Text, found: tuple[Resolution, ...]) -> tuple[tuple[Shown, ...], ...]:
    """Return for each answer of a text where its columns come from; of an EXECUTE or FETCH, what it runs answers."""
    answers = [one.shows if _answers(facts) else () for facts, one in zip(known.statements, found, strict=True)]
    shows = tuple(answers[-1:] if known.combined else answers)
    return shows if any(shows) else ()


def _answers(facts: StatementFacts) -> bool:
    """Say whether a statement shows rows, or makes something by name that will."""
    changes = facts.changes
    return facts.returns_rows or facts.copy == "out" or changes.prepares is not None or changes.declares is not None


def together(operation: Operation, earlier: Operation) -> Operation:
    """Return an operation that touches and shows what both do; itself where that is no more."""
    accesses = tuple(dict.fromkeys((*operation.accesses, *earlier.accesses)))
    shows = operation.shows if operation.shows == earlier.shows else _mixed(operation.shows, earlier.shows)
    labelled = operation.labelled or earlier.labelled
    if len(accesses) == len(operation.accesses) and shows is operation.shows and labelled == operation.labelled:
        return operation
    return replace(operation, accesses=accesses, shows=shows, labelled=labelled)


def _mixed(now: tuple[tuple[Shown, ...], ...], then: tuple[tuple[Shown, ...], ...]) -> tuple[tuple[Shown, ...], ...]:
    """Return columns that may come from what they mean now or from what they meant: of each, all that is labelled."""
    if not now or not then:
        return now or then
    return tuple(
        tuple(
            one if one == other else Shown(tuple(dict.fromkeys((*one.sources, *other.sources))))
            for one, other in zip_longest(ones, others, fillvalue=Shown())
        )
        for ones, others in zip_longest(now, then, fillvalue=())
    )
