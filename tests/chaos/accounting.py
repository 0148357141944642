"""Compares what clients, reviewers, recordings, tickets and the target each say, and names what does not add up."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chaos.acts import ANY, QUORUMS, Wire, act_in, copy_named, is_copy

KINDS = (
    "acts lost",
    "acts doubled",
    "forwarded but unrecorded",
    "roles left behind",
    "approvals used twice",
    "approved but changed",
    "ran without approval",
    "denied, yet ran",
    "expired, yet ran",
    "answers lost",
    "records untrue",
    "recordings that don't verify",
    "never answered",
    "faults of the gate",
)
"""What must be 0."""

Key = tuple[str, int]
"""Name and amount of an act."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be, and what was seen of it."""

    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at an act, as its client saw it: `done`, `refused` (for sure), or `lost` with the connection."""

    act: Key
    wire: Wire
    flow: str
    ended: str
    alone: bool = True
    """Whether it is a transaction by itself, so that the target's outcome of it is final."""


@dataclass(frozen=True, slots=True)
class Intention:
    """A recorded operation with its decision and outcome; `ticket` is the approval that it used, if it used one.

    A COPY's data is told by the digest in its outcome: where there is none, its `wire` has no parameter.
    """

    session: str
    number: int
    wire: Wire
    verdict: str
    ticket: str = ""
    status: str = ""
    version: str = ""
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class TicketSeen:
    """A ticket as the store has it in the end. `yes` are the reviewers who said so."""

    id: str
    state: str
    wire: Wire
    asker: str
    flow: str
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    ended_at: float = 0.0
    expires_at: float = 0.0
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate told a reviewer: the answer was taken (`state` is the ticket's then), or it was not (`code`)."""

    ticket: str
    reviewer: str
    yes: bool
    state: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one round. `frozen` are policy versions under which nothing may be written to held."""

    attempts: tuple[Attempt, ...] = ()
    rows: Mapping[Key, int] = field(default_factory=dict)
    forwarded: Mapping[Key, int] = field(default_factory=dict)
    intentions: tuple[Intention, ...] = ()
    tickets: tuple[TicketSeen, ...] = ()
    answers: tuple[Answer, ...] = ()
    frozen: frozenset[str] = frozenset()
    uses: tuple[str, ...] = ()
    """The ticket of each use that a recording tells of."""
    roles: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def violations(seen: Evidence) -> list[Violation]:
    """Return everything that does not add up."""
    checks = (_lost, _doubled, _unrecorded, _used_twice, _changed, _unapproved, _denied, _expired, _answers, _untrue)
    found = [one for check in checks for one in check(seen)]
    plain = (
        ("roles left behind", seen.roles),
        ("recordings that don't verify", seen.unverified),
        ("never answered", seen.unanswered),
        ("faults of the gate", seen.faults),
    )
    return found + [Violation(kind, what) for kind, several in plain for what in several]


def _lost(seen: Evidence) -> Iterator[Violation]:
    """A client that was told of success finds its act in the target."""
    for act, times in Counter(one.act for one in seen.attempts if one.ended == "done").items():
        if seen.rows.get(act, 0) < times:
            yield Violation("acts lost", f"{_name(act)}: {times} times done, {seen.rows.get(act, 0)} rows")


def _doubled(seen: Evidence) -> Iterator[Violation]:
    """There are never more rows than attempts that may have run."""
    may = Counter(one.act for one in seen.attempts if one.ended != "refused")
    for act, times in seen.rows.items():
        if times > may[act] and may[act]:
            yield Violation("acts doubled", f"{_name(act)}: {times} rows of {may[act]} attempts")


def _unrecorded(seen: Evidence) -> Iterator[Violation]:
    """Whatever the target was sent, or holds, has its own recorded intention, exactly as the client sent it."""
    sent = {one.wire: one.act for one in seen.attempts}
    allowed = Counter(sent[wire] for one in seen.intentions if one.verdict == "allow" for wire in _ways(one, sent))
    allowed += _copies(one for one in seen.intentions if one.verdict == "allow")
    for what, counted in (("sent to the target", seen.forwarded), ("in the target", seen.rows)):
        for act, times in counted.items():
            if times > allowed[act]:
                detail = f"{_name(act)}: {times} times {what}, {allowed[act]} intentions"
                yield Violation("forwarded but unrecorded", detail)


def _used_twice(seen: Evidence) -> Iterator[Violation]:
    ran = Counter(one.ticket for one in seen.intentions if one.ticket and one.verdict == "allow")
    for ticket, times in (Counter(seen.uses) | ran).items():
        if times > 1:
            yield Violation("approvals used twice", f"ticket {ticket}: {times} times")
    states = {one.id: one.state for one in seen.tickets}
    for ticket in set(seen.uses):
        if states.get(ticket, "used") != "used":
            yield Violation(
                "approvals used twice", f"ticket {ticket} ran, and is {states[ticket]}: it can be used again"
            )
    used: dict[Wire, int] = Counter(one.wire for one in seen.tickets if one.state == "used")
    for wire, times in _rows_by_wire(seen).items():
        if times > used.get(wire, 0):
            detail = f"{_words(wire)}: {times} rows, {used.get(wire, 0)} approvals used"
            yield Violation("approvals used twice", detail)


def _rows_by_wire(seen: Evidence) -> dict[Wire, int]:
    """Return how often each held statement ran, where only one way of writing it was ever sent."""
    ways: dict[Key, set[Wire]] = defaultdict(set)
    for one in seen.attempts:
        if one.flow:
            ways[one.act].add(one.wire)
    return {next(iter(wires)): seen.rows.get(act, 0) for act, wires in ways.items() if len(wires) == 1}


def _changed(seen: Evidence) -> Iterator[Violation]:
    """What ran under a ticket is what the ticket shows, and nothing runs that no client sent."""
    shown = {one.id: one.wire for one in seen.tickets}
    sent = {one.wire for one in seen.attempts}
    for one in seen.intentions:
        if one.ticket in shown and one.verdict == "allow" and not _is(one, shown[one.ticket]):
            yield Violation(
                "approved but changed",
                f"ticket {one.ticket}: {_words(shown[one.ticket])} approved, {_words(one.wire)} ran",
            )
        if one.verdict == "allow" and act_in(one.wire) and one.wire not in sent:
            yield Violation("approved but changed", f"nobody sent {_words(one.wire)}")
    used = {one.wire for one in seen.tickets if one.state == "used"}
    for wire, times in _rows_by_wire(seen).items():
        if times and is_copy(wire[0]) and wire not in used:
            yield Violation("approved but changed", f"nobody approved the data of {_words(wire)}")


def _unapproved(seen: Evidence) -> Iterator[Violation]:
    """What policy holds runs under a ticket that enough other people said yes to."""
    asks = {one.wire for one in seen.attempts if one.flow}
    tickets = {one.id: one for one in seen.tickets}
    for one in seen.intentions:
        if not any(_ways(one, asks)) or one.verdict != "allow":
            continue
        ticket = tickets.get(one.ticket)
        if ticket is None:
            yield Violation("ran without approval", f"{_words(one.wire)} in {one.session}")
        elif len(ticket.yes - {ticket.asker}) < QUORUMS[ticket.flow]:
            yield Violation("ran without approval", f"ticket {ticket.id}: {len(ticket.yes)} said yes")


def _denied(seen: Evidence) -> Iterator[Violation]:
    tickets = {one.id: one for one in seen.tickets}
    for one in seen.intentions:
        ticket = tickets.get(one.ticket)
        if one.verdict == "allow" and ticket is not None and ticket.no:
            yield Violation("denied, yet ran", f"ticket {ticket.id}: {_words(one.wire)}")
        if one.verdict == "allow" and one.version in seen.frozen and " held " in one.wire[0]:
            yield Violation("denied, yet ran", f"{_words(one.wire)} ran while policy forbade it")
    ended: dict[Key, set[str]] = defaultdict(set)
    for attempt in seen.attempts:
        ended[attempt.act].add(attempt.ended)
    for act, how in ended.items():
        if how == {"refused"} and seen.rows.get(act, 0):
            yield Violation("denied, yet ran", f"{_name(act)}: its client was refused")


def _expired(seen: Evidence) -> Iterator[Violation]:
    ran = {one.ticket for one in seen.intentions if one.ticket and one.verdict == "allow"} | set(seen.uses)
    for one in seen.tickets:
        if one.state in {"expired", "withdrawn"} and one.id in ran:
            yield Violation("expired, yet ran", f"ticket {one.id} is {one.state}")
        if one.state == "used" and one.ended_at >= one.expires_at:
            yield Violation("expired, yet ran", f"ticket {one.id} was used {one.ended_at - one.expires_at:.3f} s late")


def _answers(seen: Evidence) -> Iterator[Violation]:
    """What a reviewer was told that the gate took, it still knows."""
    tickets = {one.id: one for one in seen.tickets}
    for one in seen.answers:
        ticket = tickets.get(one.ticket)
        if not one.state:
            continue
        if ticket is None or one.reviewer not in (ticket.yes if one.yes else ticket.no):
            yield Violation("answers lost", f"ticket {one.ticket}: {one.reviewer} was told {one.state}")
        elif not one.yes and ticket.state != "denied":
            yield Violation("answers lost", f"ticket {one.ticket}: {one.reviewer} said no, and it is {ticket.state}")


def _untrue(seen: Evidence) -> Iterator[Violation]:
    """An outcome that is recorded as final is what the target says."""
    alone = {one.wire: one.act for one in seen.attempts if one.alone}
    done = Counter(alone[one.wire] for one in seen.intentions if one.wire in alone and one.status == "done")
    may = Counter(
        alone[wire]
        for one in seen.intentions
        if one.status in {"done", "outcome_unknown", ""}
        for wire in _ways(one, alone)
    )
    for act in set(alone.values()):
        rows = seen.rows.get(act, 0)
        if not done[act] <= rows <= max(may[act], done[act]):
            detail = f"{_name(act)}: {rows} rows, {done[act]} recorded as done, {may[act]} as perhaps done"
            yield Violation("records untrue", detail)
    for ticket in seen.tickets:
        if ticket.state == "used" and not ticket.outcome:
            yield Violation("records untrue", f"ticket {ticket.id} was used, and nothing says what became of it")
        act = alone.get(ticket.wire)
        if ticket.outcome == "done" and act is not None and not seen.rows.get(act, 0):
            yield Violation("records untrue", f"ticket {ticket.id} is settled as done, and {_name(act)} is not there")


def _is(one: Intention, wire: Wire) -> bool:
    """Say whether an intention is, or where nobody knows the data may be, of this statement."""
    return one.wire == wire or (_lacks_data(one) and one.wire[0] == wire[0])


def _ways(one: Intention, known: Collection[Wire]) -> Iterator[Wire]:
    """Yield what an intention is of, or may be of, among what is known."""
    if one.wire in known:
        yield one.wire
    elif _lacks_data(one):
        yield from (wire for wire in known if wire[0] == one.wire[0])


def _lacks_data(one: Intention) -> bool:
    text, parameters = one.wire
    return is_copy(text) and not parameters


def _copies(intentions: Iterable[Intention]) -> Counter[Key]:
    """Count COPYs by name alone, as the target's log tells of them."""
    return Counter((name, ANY) for one in intentions if (name := copy_named(one.wire[0])))


def _name(act: Key) -> str:
    return f"{act[0]}={act[1]}"


def _words(wire: Wire) -> str:
    text, parameters = wire
    return f"{text} ({', '.join(parameters)})" if parameters else text
