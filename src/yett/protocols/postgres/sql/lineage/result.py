"""What the analyser finds out about one statement: outputs, what shapes its rows, what it writes."""

import msgspec

from yett.protocols.postgres.sql.lineage.known import Base

NO_COLUMNS: frozenset[Base] = frozenset()


class Output(msgspec.Struct, frozen=True, gc=False):
    """One column of the answer.

    `sources` are the base columns that the value was made from. `verbatim`: each value is one whole, unmodified value
    of that base column (or NULL); `sources` may then still name more, where a join made two columns equal. `risky` are
    those that pass through, or decide over, something that may raise, take long or have effects: where one of them is
    labelled it is `filter`. `opaque`: something that cannot be seen through went in, so everything labelled in the
    resource; `opaque_risky`: and that went through something that may raise.
    """

    name: str
    sources: frozenset[Base] = NO_COLUMNS
    verbatim: Base | None = None
    risky: frozenset[Base] = NO_COLUMNS
    opaque: bool = False
    opaque_risky: bool = False


class Written(msgspec.Struct, frozen=True, gc=False):
    """One column that the statement writes.

    `column` is None where the statement makes the relation (`relation` is 0, `made_column` the new column's name, empty
    where the columns of what is made are not known). Whatever the column's constraints and triggers then do with the
    value is not said here. `kept`: it is a row that was there before, and all that is not written stays as it was.
    """

    relation: int
    column: int | None
    made_column: str = ""
    sources: frozenset[Base] = NO_COLUMNS
    verbatim: Base | None = None
    opaque: bool = False
    kept: bool = False


class Lineage(msgspec.Struct, frozen=True, gc=False):
    """Where everything in one statement comes from and goes to.

    `outputs` are the columns of the answer in order, none where no rows are returned. Where their number is not known
    `outputs` is empty and `every` stands for each column that the server then answers with. `shaping` (`filter`) shapes
    rows or flows anywhere but into an output or a written value; `matched` is only compared with one constant, and is
    never in `shaping`; `ordering` is what of `shaping` only the order of rows that ORDER BY leaves equal would tell.
    `read` is every base column read in any way, `tables` the relations that are read though no column of theirs is.
    `opaque_shaping`: something that cannot be seen through shapes rows, or a name means nothing: `missing` is the first
    name that no column has. `deletes` are the relations from which rows are deleted.
    `computed` is every column of which anything is computed, used or not: what is said of the statement then depends
    on its constants (patterns, positions, formats), and holds for its exact text only.
    """

    outputs: tuple[Output, ...] = ()
    shaping: frozenset[Base] = NO_COLUMNS
    matched: frozenset[Base] = NO_COLUMNS
    read: frozenset[Base] = NO_COLUMNS
    tables: frozenset[int] = frozenset()
    writes: tuple[Written, ...] = ()
    opaque_shaping: bool = False
    every: Output | None = None
    missing: str = ""
    computed: frozenset[Base] = NO_COLUMNS
    deletes: frozenset[int] = frozenset()
    ordering: frozenset[Base] = NO_COLUMNS


OPAQUE_LINEAGE = Lineage(
    opaque_shaping=True,
    every=Output("", opaque=True, opaque_risky=True),
    writes=(Written(0, None, opaque=True),),
)
"""Of a statement that is not understood at all."""
