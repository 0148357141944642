"""A statement's lineage in the words of policy: which effect on which column, what is shown, where copies go."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from yett.core.masks import Shown
from yett.core.targets import Access, Effect, Target
from yett.protocols.postgres.catalog.closure import FIRST_USER_OID
from yett.protocols.postgres.catalog.labels import Copy, Mark
from yett.protocols.postgres.catalog.marks import Marks
from yett.protocols.postgres.catalog.records import Relation
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.sql.facts import StatementFacts
from yett.protocols.postgres.sql.lineage.result import Lineage, Output, Written
from yett.protocols.postgres.sql.refs import RefKind
from yett.protocols.postgres.sql.relations import harmless_columns

# A view is read through its definition for ever: what is labelled there stays so. Everything else that a statement
# makes holds a copy that nothing follows.
_STAYS_LABELLED = frozenset(("CREATE VIEW",))

# Statements whose columns are told apart; all others stay with the relations they name.
_TRACED = frozenset(
    (
        *("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "EXPLAIN", "PREPARE", "DECLARE CURSOR"),
        *("SELECT INTO", "CREATE TABLE AS", "CREATE VIEW", "CREATE MATERIALIZED VIEW"),
    )
)

_END_ORDER = "end ORDER BY with the table's key, or with all that is grouped by: equal rows show it by their order"


def traces(facts: StatementFacts) -> bool:
    """Say whether a statement reads or writes rows by column."""
    return bool(facts.source) and facts.kind in _TRACED


def shown_by(accounts: Sequence["Account"]) -> tuple[Shown, ...]:
    """Return what is shown where a statement is accounted for in several ways: of each column, all that is labelled."""
    if len(accounts) < 2:
        return accounts[0].shows() if accounts else ()
    return tuple(map(_together, zip_longest(*(account.shows() for account in accounts), fillvalue=Shown())))


def permitted_by(accounts: Sequence["Account"], found: tuple[Access, ...]) -> tuple[Access, ...]:
    """Return each access once that policy must permit, by all accounts of a statement; `found` where there is none."""
    if len(accounts) < 2:
        return (accounts[0].accesses(found) if accounts else ()) or found
    return tuple(dict.fromkeys(one for account in accounts for one in account.accesses(found))) or found


def _together(ones: tuple[Shown, ...]) -> Shown:
    labelled = [one for one in ones if one.sources]
    if len(labelled) < 2:
        return labelled[0] if labelled else ones[0]
    return Shown(tuple(dict.fromkeys(source for one in labelled for source in one.sources)))


class Account:
    """What one statement's lineage amounts to, given what is labelled."""

    def __init__(
        self,
        facts: StatementFacts,
        view: SessionView,
        relations: Mapping[int, Relation],
        marks: Marks,
        lineage: Lineage,
    ) -> None:
        self._facts = facts
        self._view = view
        self._relations = relations
        self._marks = marks
        self._lineage = lineage

    def accesses(self, found: Iterable[Access]) -> tuple[Access, ...]:
        """Return the accesses with columns in place of the tables they belong to.

        A table is named itself where none of its columns is read, and where rows are deleted.
        """
        lineage = self._lineage
        read = {base for base in lineage.read if base[0] >= FIRST_USER_OID}
        written = {(one.relation, one.column) for one in lineage.writes if one.column is not None}
        replaced = self._on_tables(Effect.READ, {oid for oid, _ in read})
        if written and not self._deletes():
            replaced |= self._on_tables(Effect.WRITE, {oid for oid, _ in written})
        harmless = {Access(Effect.ADMINISTER, self._table(oid)) for oid in self._harmless()}
        read_only = (Access(Effect.READ, one.target) if one in harmless else one for one in found)
        accesses = dict.fromkeys(access for access in read_only if access not in replaced)
        accesses |= dict.fromkeys(self._on_columns(Effect.READ, read))
        accesses |= dict.fromkeys(self._on_columns(Effect.WRITE, written))
        if self._marks.has_labels:
            accesses |= dict.fromkeys(self._on_labels())
        return tuple(accesses)

    def shows(self) -> tuple[Shown, ...]:
        """Return where the values of each column of the answer come from."""
        return tuple(self._shown(output) for output in self._lineage.outputs)

    def copies(self) -> tuple[Copy, ...]:
        """Return what labelled data goes into temporary tables."""
        found = []
        for one in self._lineage.writes:
            table = self._temporary(one)
            mark = self._written(one) if table is not None else None
            if table is not None and mark is not None:
                found.append(Copy(table, one.made_column if one.column is None else self._name(one), mark))
        return tuple(found)

    @property
    def opaque(self) -> bool:
        """Say whether code that cannot be seen through goes into what is shown, or shapes it."""
        return self._lineage.opaque_shaping or any(output.opaque for output in self._lineage.outputs)

    @property
    def by_text(self) -> bool:
        """Say whether a literal's content may matter: what labelled data is computed with, or compared to.

        `left(email, 3)` never fails, `substring(email, 1, -3)` does.
        """
        return bool(self._marks.of(self._lineage.matched | self._lineage.computed))

    def _harmless(self) -> Iterator[int]:
        """Yield the sensitive relations of PostgreSQL's own of which nothing is read but harmless columns."""
        lineage = self._lineage
        if lineage.opaque_shaping or lineage.every is not None:
            return
        for oid, relation in self._relations.items():
            allowed = harmless_columns(relation.schema, relation.name)
            columns = [self._marks.column(base) for base in lineage.read if base[0] == oid] if allowed else []
            if columns and all(column is not None and column.path[-1] in allowed for column in columns):
                yield oid

    def _deletes(self) -> bool:
        # The words stand in the text wherever a statement in it deletes; that they may stand elsewhere costs little.
        text = self._facts.source.upper()
        return "DELETE" in text or "MERGE" in text or "TRUNCATE" in text

    # What is labelled.

    def _on_labels(self) -> Iterator[Access]:
        lineage, marks = self._lineage, self._marks
        outputs = (*lineage.outputs, *((lineage.every,) if lineage.every is not None else ()))
        risky = {base for output in outputs for base in output.risky}
        ordered = marks.of(lineage.ordering - risky) if lineage.ordering else ()
        yield from (Access(Effect.FILTER, target) for target in marks.of((lineage.shaping - lineage.ordering) | risky))
        yield from (Access(Effect.FILTER, target, _END_ORDER) for target in ordered)
        for target in marks.of(lineage.matched - lineage.shaping):
            yield Access(Effect.MATCH, target)
        if lineage.opaque_shaping or any(output.opaque_risky for output in outputs):
            yield Access(Effect.FILTER, marks.everything.sources[0])
        every = lineage.every
        if every is not None and (every.opaque or marks.of(every.sources)):
            # How many columns the answer will have is not known, so none of them can be covered.
            yield Access(Effect.UNMASK, marks.everything.sources[0])
        for one in lineage.writes:
            for target in self._lost(one):
                yield Access(Effect.UNMASK, target)
            for target in self._told(one):
                yield Access(Effect.FILTER, target)
            if one.column is not None:
                effect, tried = self._marks.tried((one.relation, one.column))
                yield from (Access(effect, target) for target in tried)
        for target in self._told_by_rows():
            yield Access(Effect.FILTER, target)

    def _told_by_rows(self) -> Iterator[Target]:
        """Yield the labelled columns of which it tells something that rows are found here, changed or gone."""
        lineage, marks = self._lineage, self._marks
        for relation in lineage.tables.union(oid for oid, _ in lineage.read):
            yield from marks.chosen(relation, in_parts=self._facts.kind == "EXPLAIN")
        for relation in {one.relation for one in lineage.writes}:
            yield from marks.let_in(relation)
        for relation in lineage.deletes:
            yield from marks.gone(relation)
        kept = [one for one in lineage.writes if one.kept and one.column is not None]
        for relation in {one.relation for one in kept}:
            yield from marks.kept(relation, frozenset(one.column or 0 for one in kept if one.relation == relation))

    def _lost(self, one: Written) -> tuple[Target, ...]:
        """Return the labelled columns whose values this write puts where their label does not follow."""
        mark = self._written(one)
        if mark is None or self._facts.kind in _STAYS_LABELLED or self._temporary(one) is not None:
            return ()
        into = self._marks.mark((one.relation, one.column)) if one.column is not None else None
        labels = {source.label for source in into.sources} if into is not None and into.whole else set[str]()
        return tuple(source for source in mark.sources if not source.label or source.label not in labels)

    def _told(self, one: Written) -> tuple[Target, ...]:
        """Return the labelled columns of which the write tells something, by succeeding or not."""
        mark = self._written(one)
        if mark is None:
            return ()
        if one.verbatim is None and self._facts.kind not in _STAYS_LABELLED:
            # How large what is written becomes can be seen, and what is computed can make it say anything.
            return mark.sources
        return mark.sources if one.column is not None and self._marks.tells((one.relation, one.column)) else ()

    def _temporary(self, one: Written) -> str | None:
        """Return the name of the temporary table that is written, None where it is not temporary.

        One with rules or triggers hands what is written on to other places.
        """
        if one.column is None:
            made = (touch.ref for touch in self._facts.touches if touch.ref.new and touch.ref.kind is RefKind.RELATION)
            return next((ref.name for ref in made), None) if self._facts.changes.creates_temporary else None
        relation = self._relations.get(one.relation)
        if relation is None or not self._view.is_temporary(relation.schema):
            return None
        return relation.name if relation.flags.isdisjoint(("rules", "triggers")) else None

    def _written(self, one: Written) -> Mark | None:
        if one.opaque and self._marks.has_labels:
            return self._marks.everything
        whole = self._marks.mark(one.verbatim) if one.verbatim is not None else None
        if whole is not None:
            return whole
        sources = self._marks.of(one.sources)
        return Mark(sources, whole=False) if sources else None

    def _shown(self, output: Output) -> Shown:
        marks = self._marks
        if output.opaque and marks.has_labels:
            return Shown(tuple(dict.fromkeys((*marks.of(output.sources), *marks.everything.sources))))
        base = output.verbatim
        if base is None:
            return Shown(marks.of(output.sources))
        mark = marks.mark(base)
        sources = tuple(dict.fromkeys((*(mark.sources if mark else ()), *marks.of(output.sources))))
        whole = mark is None or (mark.whole and sources == mark.sources)
        table = self._relations.get(base[0])
        return Shown(
            sources,
            verbatim=whole and len(sources) <= 1,
            column=marks.column(base) if whole else None,
            type=marks.type(base),
            planted=table is not None and self._view.is_temporary(table.schema),
        )

    # Words.

    def _on_columns(self, effect: Effect, bases: Iterable[tuple[int, int | None]]) -> Iterator[Access]:
        for oid, number in sorted((oid, number) for oid, number in bases if number is not None):
            target = self._marks.column((oid, number))
            if target is not None:
                yield Access(effect, target)

    def _on_tables(self, effect: Effect, oids: Iterable[int]) -> set[Access]:
        return {Access(effect, self._table(oid)) for oid in oids if oid in self._relations}

    def _name(self, one: Written) -> str:
        target = self._marks.column((one.relation, one.column or 0))
        return target.path[-1] if target is not None else ""

    def _table(self, oid: int) -> Target:
        relation = self._relations[oid]
        schema = "pg_temp" if self._view.is_temporary(relation.schema) else relation.schema
        return Target(self._view.resource, "Table", (schema, relation.name))
