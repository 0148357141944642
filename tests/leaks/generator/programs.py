"""Writes whole programs: a statement, and the way by which it is run and its values leave."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from leaks.generator.changes import change, changing_cte
from leaks.generator.choices import Choices
from leaks.generator.oddities import oddity
from leaks.generator.pen import Column, Pen, Place, Query
from leaks.generator.scenes import scene
from leaks.generator.selects import query

_CHANGES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE) ")


class How(StrEnum):
    """How the client sends a step."""

    SIMPLE = "simple"
    TEXT = "extended, text"
    BINARY = "extended, binary"
    TWICE = "prepared, run twice"


@dataclass(frozen=True, slots=True)
class Program:
    """The steps of one case, how each is sent, and what the generator knows of the output of the last."""

    steps: tuple[str, ...]
    how: How
    columns: tuple[Column, ...]
    shaped: bool
    core: str
    """The statement that matters, to be traced without a gate."""
    changes: bool = False
    """Whether rows are changed, if only until they are rolled back."""
    given: tuple[str, ...] = ()
    """The values of its parameters, in text form."""
    alone: bool = False
    """Whether it needs a session of its own, in which nothing has been before."""
    limit: bool = False
    """Whether docs/masking.md says that what it does is not guaranteed."""

    @property
    def text(self) -> str:
        """Return the program as one reads it."""
        return ";\n".join(self.steps) + f";   -- {self.how}" + f", {self.given}" * bool(self.given)


def program(choices: Choices) -> Program:
    """Write one program."""
    pen = Pen(choices, query, given=[] if choices.chance(20) else None)
    if choices.chance(12):
        steps, limit = scene(pen)
        how = choices.pick((How.SIMPLE, How.TEXT, How.BINARY))
        return Program(steps, how, (), shaped=False, core="", changes=True, alone=True, limit=limit)
    kind = choices.weighted(((70, query), (14, oddity), (11, change), (5, changing_cte)))
    core: Query = kind(pen, Place(()))
    how = choices.weighted(((45, How.SIMPLE), (25, How.TEXT), (18, How.BINARY), (12, How.TWICE)))
    if pen.given:
        how, given = how if how is not How.SIMPLE else How.TEXT, tuple(pen.given)
        changes = bool(_CHANGES.search(core.sql))
        return Program((core.sql,), how, core.columns, core.shaped, core.sql, changes=changes, given=given)
    if kind is change or kind is changing_cte or _CHANGES.search(core.sql):
        return Program((core.sql,), how, core.columns, core.shaped, core.sql, changes=True)
    if core.sql.startswith("COPY"):
        return Program((core.sql,), How.SIMPLE, _known(_copied, core), core.shaped, core.sql)
    wrap = choices.weighted(
        (
            (74, _plain),
            (6, _cursor),
            (5, _copied),
            (4, _prepared),
            (4, _kept),
            (2, _explained),
            (2, _viewed),
            (3, _star),
        )
    )
    steps = wrap(choices, core)
    sent = How.SIMPLE if wrap is _copied else how
    known = _known(wrap, core)
    return Program(steps, sent, known, core.shaped, core.sql)


def _known(wrap: Callable[[Choices, Query], tuple[str, ...]], core: Query) -> tuple[Column, ...]:
    if wrap is _explained:
        return ()
    if wrap is _copied:
        return (Column("copied", "text", any(one.tainted for one in core.columns)),)
    return core.columns


def _plain(choices: Choices, core: Query) -> tuple[str, ...]:
    return (core.sql,)


def _cursor(choices: Choices, core: Query) -> tuple[str, ...]:
    scroll = choices.pick(("", "SCROLL ", "BINARY "))
    return f"DECLARE held {scroll}CURSOR FOR {core.sql}", "FETCH 2 FROM held", "FETCH ALL FROM held"


def _copied(choices: Choices, core: Query) -> tuple[str, ...]:
    return (f"COPY ({core.sql}) TO STDOUT{choices.pick(('', ' (FORMAT csv, HEADER)', ' (FORMAT binary)'))}",)


def _prepared(choices: Choices, core: Query) -> tuple[str, ...]:
    name = f"said_{choices.below(1_000_000_000)}"  # what is prepared outlives its transaction
    return f"PREPARE {name} AS {core.sql}", f"EXECUTE {name}", f"DEALLOCATE {name}"


def _kept(choices: Choices, core: Query) -> tuple[str, ...]:
    return f"CREATE TEMP TABLE kept ON COMMIT DROP AS {core.sql}", "SELECT * FROM kept"


def _viewed(choices: Choices, core: Query) -> tuple[str, ...]:
    return f"CREATE TEMP VIEW seen AS {core.sql}", "SELECT * FROM seen"


def _explained(choices: Choices, core: Query) -> tuple[str, ...]:
    options = choices.pick(("(COSTS off)", "(ANALYZE, COSTS off, TIMING off, SUMMARY off, BUFFERS off)", "(VERBOSE)"))
    return (f"EXPLAIN {options} {core.sql}",)


def _star(choices: Choices, core: Query) -> tuple[str, ...]:
    return (f"SELECT * FROM ({core.sql}) AS starred",)
