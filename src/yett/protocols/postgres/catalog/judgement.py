"""One statement's names, once their meanings are known: the accesses they amount to, and what to assert."""

from collections.abc import Generator, Mapping
from typing import Final

from yett.core.targets import Access, Effect
from yett.protocols.postgres.catalog.accounting import Account, permitted_by, shown_by, traces
from yett.protocols.postgres.catalog.assertion import (
    EXACT_MAX,
    Assertion,
    full_assertion,
    plain_assertion,
    whole_assertion,
    written,
)
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.closure import FIRST_USER_OID, Closure, Use, follow, surroundings_of_types
from yett.protocols.postgres.catalog.columns import shapes_of
from yett.protocols.postgres.catalog.defining import defines_code, told_by_defining
from yett.protocols.postgres.catalog.labels import Copies, Sensitivity
from yett.protocols.postgres.catalog.marks import Marks
from yett.protocols.postgres.catalog.names import CASTS, EVENT_TRIGGERS, Names, name_key
from yett.protocols.postgres.catalog.queries import CatalogQuery, Rows
from yett.protocols.postgres.catalog.reach import present_types, reachable
from yett.protocols.postgres.catalog.records import ANY_TYPE, Meaning, Relation, TypeRow
from yett.protocols.postgres.catalog.resolution import Resolution
from yett.protocols.postgres.catalog.seeing import Sight
from yett.protocols.postgres.catalog.settings_allowed import Ruling, may_read_freely, rule_on
from yett.protocols.postgres.catalog.target_kinds import PLACED, UNPLACED
from yett.protocols.postgres.catalog.view import PG_CATALOG, SessionView
from yett.protocols.postgres.sql.facts import StatementFacts
from yett.protocols.postgres.sql.grammar import parse
from yett.protocols.postgres.sql.lineage.statements import trace
from yett.protocols.postgres.sql.refs import Ref, RefKind, Touch

_USES: Final = {
    Effect.READ: Use.READ,
    Effect.WRITE: Use.WRITE,
    Effect.DEFINE: Use.DEFINE,
    Effect.ADMINISTER: Use.DEFINE,
}
_NOTHING: Final = Meaning()


class Unresolved(Exception):
    """A name that stands for nothing on this server; `sqlstate` is how the server itself would answer."""

    def __init__(self, word: str, ref: Ref, sqlstate: str) -> None:
        self.name = ref.name if ref.schema is None else f"{ref.schema}.{ref.name}"
        self.sqlstate = sqlstate
        self.reason = f'{word} "{self.name}" does not exist'
        super().__init__(self.reason)


class SettingRefused(Exception):
    """A setting may not have this value through the gate: texts would mean something else than it reads."""

    def __init__(self, name: str) -> None:
        super().__init__(f'setting "{name}" to this value is not possible through the gate')


class Judgement:
    """The accesses of one statement as they are found. Used once."""

    def __init__(
        self,
        facts: StatementFacts,
        view: SessionView,
        parameter_types: tuple[int, ...],
        sensitivity: Sensitivity,
        copies: Copies,
    ) -> None:
        self._facts = facts
        self._sensitivity = sensitivity
        self._copies = copies
        self._view = view
        self._parameter_types = parameter_types
        self._closure = Closure(view)
        self._steps: list[tuple[Relation, Use]] = []
        self._types: list[TypeRow] = []
        self._named: dict[str, Relation | None] = {}
        self._names: Names = {}
        self._present: frozenset[int] = frozenset()
        self._seen_through = False

    def judge(
        self, names: Names, cache: NameCache | None, generation: int
    ) -> Generator[CatalogQuery, Rows, Resolution]:
        """Return the resolution, asking for what hangs on the relations where something may."""
        self._names = names
        self._present = present_types(names.values(), self._parameter_types)
        self._closure.add(Effect.CONNECT)
        for touch in self._facts.touches:
            self._touch(touch)
        for ref in self._facts.assumed:
            self._assume(ref)
        self._run_by_itself()
        yield from self._follow_types(cache, generation)
        yield from follow(self._closure, self._steps, self._view, cache, generation)
        marks, accounts = yield from self._look_closer(cache, generation)
        if not accounts and marks.has_labels and self._facts.changes.opaque:
            # A DO block or a CALL: nothing of what it reads, and then tells by failing or not, can be followed.
            self._closure.add(Effect.FILTER)
        if marks.has_labels and defines_code(self._facts):
            # What code does when it runs is seen by nobody: whoever writes it may see everything.
            self._closure.add(Effect.UNMASK)
        if not accounts and marks.any_seen and self._facts.source:
            effect = told_by_defining(self._facts, marks.names(), temporary=marks.temporary)
            for target in marks.of(marks.seen()) if effect is not None else ():
                self._closure.accesses[Access(effect or Effect.FILTER, target)] = None
        found = tuple(self._closure.accesses)
        return Resolution(
            accesses=permitted_by(accounts, found),
            assertion=self._assertion(marks.versions()),
            notes=tuple(self._closure.notes),
            shows=shown_by(accounts),
            labelled=marks.any_seen or (marks.has_labels and any(account.opaque for account in accounts)),
            by_text=any(account.by_text for account in accounts),
            copies=tuple(copy for account in accounts for copy in account.copies()),
            seen_through=self._seen_through,
        )

    def _look_closer(
        self, cache: NameCache | None, generation: int
    ) -> Generator[CatalogQuery, Rows, tuple[Marks, list[Account]]]:
        """Look into the relations, and where rows are read or written by column, work out which go where.

        A view of which columns are labelled themselves is accounted for twice: for what it is made of, and as it is.
        """
        facts = self._facts
        marks = Marks(self._view, self._sensitivity, self._copies)
        if not traces(facts) and not marks.has_labels:
            return marks, []
        sight = Sight(self._view, self._names, self._parameter_types)
        yield from sight.look(cache, generation)
        marks.see(sight.relations, sight.shapes)
        sight.null_shown = marks.shows_null
        yield from self._look_around(marks, cache, generation)
        if not traces(facts):
            return marks, []
        self._seen_through = facts.changes.opaque and sight.sees_through(facts)
        statement = facts.tree or parse(facts.source).stmts[0]["stmt"]
        views = {oid for oid, shape in sight.shapes.items() if shape.definition and marks.marked(oid)}
        sights = [sight, sight.without_looking_into(views)] if views else [sight]
        lineages = [trace(statement, one) for one in sights]
        if lineages[0].missing and marks.has_labels:
            raise Unresolved("column", Ref(RefKind.ATTRIBUTE, None, lineages[0].missing), "42703")
        return marks, [
            Account(facts, self._view, one.relations, marks, lineage)
            for one, lineage in zip(sights, lineages, strict=True)
        ]

    def _look_around(
        self, marks: Marks, cache: NameCache | None, generation: int
    ) -> Generator[CatalogQuery, Rows, None]:
        """Look at what the server uses by itself as well: an error of a cascade shows whole rows of other tables."""
        around = {
            oid: one
            for oid, one in self._closure.relations.items()
            if oid >= FIRST_USER_OID and not marks.has_seen(oid)
        }
        if around and marks.has_labels:
            marks.see(around, (yield from shapes_of(around, self._view, cache, generation)))

    def _touch(self, touch: Touch) -> None:
        ref = touch.ref
        if ref.kind is RefKind.RESOURCE:
            self._closure.add(touch.effect)
        elif ref.kind is RefKind.SETTING:
            self._touch_setting(touch.effect, ref.name)
        elif ref.kind in UNPLACED:
            self._closure.add(touch.effect, UNPLACED[ref.kind], ref.name)
        elif ref.new:
            self._closure.add(touch.effect, PLACED[ref.kind], self._creation_schema(ref), ref.name)
        else:
            self._touch_named(touch.effect, ref)

    def _touch_setting(self, effect: Effect, name: str) -> None:
        if effect is Effect.READ and may_read_freely(name):
            return
        if effect is not Effect.WRITE:
            self._closure.add(effect, "Setting", name)
            return
        for change in self._facts.changes.settings:
            if change.name != name:
                continue
            match rule_on(change):
                case Ruling.REFUSED:
                    raise SettingRefused(name)
                case Ruling.WRITE:
                    self._closure.add(Effect.WRITE, "Setting", name)
                case Ruling.ADMINISTER:
                    self._closure.add(Effect.ADMINISTER, "Setting", name)
                case Ruling.FREE:
                    pass

    def _touch_named(self, effect: Effect, ref: Ref) -> None:
        if ref.catalog is not None and ref.catalog != self._view.database:
            raise Unresolved("database", Ref(RefKind.DATABASE, None, ref.catalog), "0A000")
        match ref.kind:
            case RefKind.RELATION:
                self._touch_relation(effect, ref)
            case RefKind.FUNCTION | RefKind.ATTRIBUTE:
                self._touch_function(effect, ref)
            case RefKind.OPERATOR:
                self._touch_operator(effect, ref)
            case RefKind.TYPE:
                self._touch_type(effect, ref)
            case _:
                self._touch_anywhere(effect, ref)

    def _touch_relation(self, effect: Effect, ref: Ref) -> None:
        relation = self._meaning(ref).relation
        self._named[written(ref.schema, ref.name)] = relation
        if relation is not None:
            self._closure.touch(effect, relation)
            self._steps.append((relation, self._use(effect, ref)))
        elif (made := self._made_here(ref)) is not None:
            self._closure.add(effect, "Table", self._creation_schema(made), made.name)
        elif ref.optional:
            self._closure.add(effect, "Table", self._creation_schema(ref), ref.name)
        else:
            raise Unresolved("relation", ref, "42P01")

    def _made_here(self, ref: Ref) -> Ref | None:
        """Return the relation that the statement itself makes by this name: a table that references itself."""
        made = (touch.ref for touch in self._facts.touches if touch.ref.new and touch.ref.kind is RefKind.RELATION)
        return next((one for one in made if one.name == ref.name and ref.schema in (None, one.schema)), None)

    def _use(self, effect: Effect, ref: Ref) -> Use:
        if effect is Effect.WRITE and self._facts.kind.startswith("TRUNCATE"):
            return Use.EMPTY
        if effect is Effect.WRITE and (self._facts.copy == "in" or ref.what == "insert"):
            return Use.ADD
        return _USES.get(effect, Use.WRITE)

    def _touch_function(self, effect: Effect, ref: Ref) -> None:
        meaning = self._meaning(ref)
        for routine in meaning.routines:
            if effect is not Effect.EXECUTE:
                self._closure.add(effect, "Function", routine.schema, routine.name)
            elif reachable(routine, ref.arity, self._present):
                self._closure.execute(routine)
        if meaning.builtin:
            self._closure.add(effect, "Function", ref.schema or PG_CATALOG, ref.name)
        if meaning.type is not None and not (meaning.builtin or meaning.routines):
            self._use_type(meaning.type)
        if meaning == _NOTHING and not ref.optional:
            raise Unresolved("function", ref, "42883")

    def _touch_operator(self, effect: Effect, ref: Ref) -> None:
        if effect is not Effect.EXECUTE:
            self._touch_anywhere(effect, ref)
            return
        for routine in self._meaning(ref).routines:
            if reachable(routine, ref.arity, self._present):
                self._closure.execute(routine)

    def _touch_type(self, effect: Effect, ref: Ref) -> None:
        found = self._meaning(ref).type
        if found is None:
            if not ref.optional:
                raise Unresolved("type", ref, "42704")
            return
        if effect in (Effect.EXECUTE, Effect.READ):
            self._use_type(found)
        else:
            self._closure.add(effect, "Type", found.schema, found.name)

    def _touch_anywhere(self, effect: Effect, ref: Ref) -> None:
        # These kinds are not looked up: whichever schema of the path it is in must permit the effect.
        schemas = (ref.schema,) if ref.schema else tuple(s for s in self._view.effective_path if s != PG_CATALOG)
        for schema in schemas or (PG_CATALOG,):
            self._closure.add(effect, PLACED[ref.kind], schema, ref.name)

    def _assume(self, ref: Ref) -> None:
        """Add what a name that was taken for PostgreSQL's own could mean as well."""
        meaning = self._meaning(ref)
        is_attribute = ref.kind is RefKind.ATTRIBUTE
        if is_attribute:
            # `('/etc/passwd'::text).pg_read_file` is a call: so it counts as one, on whatever it is given.
            self._closure.execute_builtin(ref.name)
        for routine in meaning.routines:
            if reachable(routine, 1 if is_attribute else ref.arity, self._present):
                self._closure.execute(routine)
        if meaning.type is not None and not is_attribute:
            self._use_type(meaning.type)

    def _use_type(self, found: TypeRow) -> None:
        if found.oid < FIRST_USER_OID:
            return
        self._types.append(found)
        if found.kind == "b" and len(found.parts) == 1:
            # A base type of its own brings its own input and output code; an array type is judged by its element.
            self._closure.add(Effect.EXECUTE, "Type", found.schema, found.name)

    def _run_by_itself(self) -> None:
        opaque = any(oid >= FIRST_USER_OID for oid in self._closure.routines)
        present = self._present | {ANY_TYPE} if opaque else self._present
        for routine in self._names.get(CASTS, _NOTHING).routines:
            alien = [oid for oid in routine.operands if oid >= FIRST_USER_OID]
            if ANY_TYPE in present or all(oid in present for oid in alien):
                self._closure.execute(routine)
        for routine in self._names.get(EVENT_TRIGGERS, _NOTHING).routines:
            self._closure.execute(routine)

    def _follow_types(self, cache: NameCache | None, generation: int) -> Generator[CatalogQuery, Rows, None]:
        oids = [found.oid for found in self._types]
        if not oids:
            return
        around = yield from surroundings_of_types(oids, self._view, cache, generation)
        for oid in oids:
            for routine in around[oid].routines:
                self._closure.execute(routine)
            for _, name in around[oid].builtins:
                self._closure.execute_stored(name)

    def _assertion(self, columns: Mapping[int, str]) -> Assertion | None:
        if not self._named and not self._closure.relations and not self._closure.routines:
            return None
        pinned, routines = self._closure.relations, self._closure.routines
        exact = {name: found for name, found in self._named.items() if found is not None}
        if (
            0 < len(exact) == len(self._named) <= EXACT_MAX
            and not routines
            and pinned.keys() <= {found.oid for found in exact.values()}
        ):
            if all(self._is_plain(found) for found in exact.values()):
                return plain_assertion(self._view, exact, columns)
            if not columns:
                return whole_assertion(self._view, exact)
        names = {name: found.oid if found else 0 for name, found in self._named.items()}
        return full_assertion(self._view, names, pinned.values(), routines.values(), columns)

    def _is_plain(self, relation: Relation) -> bool:
        # What a pg_class row cannot say of a read: the text of a view, the text of policies, further children.
        if any(used is relation and use is not Use.READ for used, use in self._steps):
            return False
        if relation.oid < FIRST_USER_OID:
            return True
        return (
            relation.kind in "rpmfS"
            and relation.flags.isdisjoint(("policies",))
            and (relation.kind == "p" or "children" not in relation.flags)
        )

    def _creation_schema(self, ref: Ref) -> str:
        if ref.schema is not None:
            return "pg_temp" if self._view.is_temporary(ref.schema) else ref.schema
        return self._view.creation_schema or ""

    def _meaning(self, ref: Ref) -> Meaning:
        key = name_key(ref, self._view.effective_path)
        return self._names[key] if key is not None else _NOTHING
