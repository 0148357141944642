"""The works that masking is measured by: large answers with covers, and statements that were never seen before."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bench import programs, sensitive
from bench.report import Bar, Judged, Row
from bench.rounds import NotMeasured, Series, series
from e2e.routes import Route
from leaks.everyday.corpus import cases
from leaks.everyday.place import asked
from leaks.generator.answers import Answer, Client

if TYPE_CHECKING:
    from bench.works import Course

COVERED = Bar(1.5, 1.1, "")
# Only reported: what another gate's open relay needs for the masking of 20,000 rows, by its own account.
TOKENS = Bar(5, 1.5, "")
SEARCHED = Bar(1.5, 1.1, "")
FOUND = Bar(2.5, 1.5, "")
UNSEEN = Bar(1, 0.5, "ms", Judged.OURS)
STATEMENTS = 500

# The same everyday statement in different sentences: by itself, in a sub-query, in a WITH query.
_STRANGE = ("{text}", "SELECT * FROM ({text}) AS another_{n} LIMIT 100", "SELECT count(*) FROM ({text}) AS counted_{n}")
_KNOWN = (
    "SELECT * FROM ({text}) AS again_{n} LIMIT 99",
    "WITH named_{n} AS ({text}) SELECT * FROM named_{n}",
    "SELECT 1 AS one_{n} FROM ({text}) AS each_{n}",
)
_ANSWERS = (
    (sensitive.MASKED, "2 labelled and masked (partial)", COVERED, True),
    (sensitive.TOKENS, "2 labelled, keyed tokens", TOKENS, False),
    (sensitive.SCANNED, "detectors on all text, nothing to find", SEARCHED, True),
    (sensitive.FOUND, "detectors on all text, 5 % of rows with finds", FOUND, True),
)


def answers(course: "Course") -> Iterator[Row]:
    """Measure large answers of eight columns, each against the same table directly."""
    world, rows = course.world, course.pace.rows
    sensitive.fill_rows(world.server, world.routes["direct"].database, rows)
    for resource, what, bar, official in _ANSWERS:
        select = f"SELECT * FROM {sensitive.TABLES[resource]}"
        routes = {"direct": world.routes["direct"], "yett": replace(world.routes["yett"], database=resource)}

        def measure(peer: str, routes: dict[str, Route] = routes, select: str = select) -> float:
            return programs.select_seconds(routes[peer], select)

        title = f"{rows:,} rows x {sensitive.COLUMNS} columns, {what}"
        found = course.turns(f"{title}: seconds", tuple(routes), course.pace.bulk_rounds, measure)
        yield Row(title, bar, "s", found["yett"], found["direct"], "direct", official=official)


def unseen(course: "Course") -> Iterator[Row]:
    """Measure what a statement costs the gate when it has never been seen.

    Each of the distinct statements runs twice through the gate and twice directly; what the first run takes longer than
    the second, less what it takes longer directly, is parsing, resolving, lineage and decision. The row is of a gate
    that knows the names in them, as it does for 60 seconds after anybody used them; beside it, one just started.
    """
    world = course.world
    sensitive.fill_sample(world.server)
    direct = replace(world.routes["direct"], database=sensitive.SAMPLE)
    gate = replace(world.routes["yett"], database=sensitive.SAMPLE)
    strange, known = _statements(direct, gate)
    rounds = []
    for _ in range(course.pace.unseen_rounds):
        world.fresh_gate()
        rounds.append([_first_ms(direct, gate, texts) for texts in (strange, known)])
    for place, what in enumerate(("of a gate just started", "names known")):
        title = f"a statement never seen, {STATEMENTS} distinct ones, {what}: ms"
        course.note(title, {"median": series(one[place].median for one in rounds)})
        course.note(f"{title}, slowest twentieth", {"begins at": series(_slow(one[place]) for one in rounds)})
    medians = series(one[1].median for one in rounds)
    yield Row(f"a statement never seen, {STATEMENTS} distinct ones", UNSEEN, "ms", medians, official=True)


def _first_ms(direct: Route, gate: Route, texts: Sequence[str]) -> Series:
    """Return for each statement how many ms its first run through the gate takes longer than its second."""
    clients = {"direct": Client(direct.dsn()), "gate": Client(gate.dsn())}
    more = []
    for text in texts:
        took = {name: [_timed(client, text) for _ in range(2)] for name, client in clients.items()}
        first, directly = (took[name][0] - took[name][1] for name in ("gate", "direct"))
        more.append((first - directly) * 1000)
    for client in clients.values():
        client.close()
    return series(more)


def _slow(found: Series) -> float:
    return sorted(found.values)[len(found.values) * 19 // 20]


def _timed(client: Client, text: str) -> float:
    started = time.perf_counter()
    client.simple(text)
    return time.perf_counter() - started


def _statements(direct: Route, gate: Route) -> tuple[list[str], list[str]]:
    """Return twice so many everyday statements, all different, the second ones with no name that the first lack."""
    with direct.connect() as connection:
        whole = [case for case in cases() if case.single and not case.given and not case.refused]
        wanted = sorted({one for case in whole for one in case.asked})
        found = {one: asked(connection, one) for one in wanted}
        plain = [case.filled(found).steps[0].rstrip(";") for case in whole]
    reading = [text for text in plain if text.upper().startswith(("SELECT", "WITH")) and "--" not in text]
    strange, known = (
        _able([shape.format(text=text, n=n) for shape in shapes for n, text in enumerate(reading)], direct, gate)
        for shapes in (_STRANGE, _KNOWN)
    )
    return strange, known


def _able(texts: Sequence[str], direct: Route, gate: Route) -> list[str]:
    """Return the first of these that work by both ways. Raises NotMeasured when they are too few."""
    clients = Client(direct.dsn()), Client(gate.dsn())
    able = [text for text in texts if not any(_fails(client.simple(text)) for client in clients)]
    for client in clients:
        client.close()
    if len(able) < STATEMENTS:
        msg = f"only {len(able)} of {STATEMENTS} everyday statements work by both ways"
        raise NotMeasured(msg)
    return able[:STATEMENTS]


def _fails(found: Sequence[Answer]) -> bool:
    return bool(found[-1].error)
