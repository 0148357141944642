"""The answer to what a statement touches on this server, ready for policy."""

import msgspec

from yett.core.masks import Shown
from yett.core.operations import Refusal
from yett.core.targets import Access
from yett.protocols.postgres.catalog.assertion import Assertion
from yett.protocols.postgres.catalog.labels import Copy


class Resolution(msgspec.Struct, frozen=True):
    """Every access that policy must permit, what must still hold when the statement runs, and why it cannot be judged.

    `assertion` is None where nothing looked up can change the meaning. With a `refusal` the accesses hold
    Effect.UNKNOWN on the resource: nobody but a principal without restrictions gets past it, and for that one the relay
    may let the server answer by itself (`sqlstate` and `missing` say how: 42P01, 42883, 42704).
    `notes` are for the record and the reviewer: views that run as their owner, policies in force.
    `shows` says where each column of the answer comes from, `labelled` that labelled columns are within reach, so that
    the target's own words are not for the client, `copies` what labelled data it puts into temporary tables,
    `by_text` that other literals might be accounted for in another way, `seen_through` that all code which the text
    calls is queries that were read: after it, names mean what they meant.
    """

    accesses: tuple[Access, ...]
    assertion: Assertion | None = None
    refusal: Refusal | None = None
    notes: tuple[str, ...] = ()
    sqlstate: str = ""
    missing: str = ""
    shows: tuple[Shown, ...] = ()
    labelled: bool = False
    copies: tuple[Copy, ...] = ()
    by_text: bool = False
    seen_through: bool = False
