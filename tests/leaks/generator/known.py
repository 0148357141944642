"""What the lineage analyser is told about the generated statements' database, read from its catalog at once."""

import psycopg

from leaks.generator.planted import LABELLED
from yett.protocols.postgres.sql.functions import builtin_acts, is_builtin_operator, is_builtin_type
from yett.protocols.postgres.sql.lineage.known import Base, Column, RelationColumns

_RELATIONS = """
SELECT c.oid::int, n.nspname, c.relname,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END,
       array_agg(a.attname ORDER BY a.attnum), array_agg(a.attnum::int ORDER BY a.attnum),
       array_agg(a.atttypid::int ORDER BY a.attnum), array_agg(a.attgenerated <> '' ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY c.oid, n.nspname, c.relname, c.relkind
"""
_ROUTINES = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
# Enumerations, and domains without a check, run no code of anybody's.
_TYPES = """
SELECT typname FROM pg_type t WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
AND NOT EXISTS (SELECT FROM pg_constraint WHERE contypid = t.oid)
"""
_MADE_OF_LABELLED = {"people": "mail_len", "partners": "mail_len"}


class Catalog:
    """The relations of the schema public, and what is PostgreSQL's own."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._relations = {}
        for oid, schema, name, definition, *columns in connection.execute(_RELATIONS):
            made = tuple(Column(*one) for one in zip(*columns, strict=True))
            self._relations[name] = RelationColumns(oid, schema, name, made, definition)
        self._own = {name for (name,) in connection.execute(_ROUTINES)}
        self._harmless = {name for (name,) in connection.execute(_TYPES)}

    def relation(self, schema: str | None, name: str) -> RelationColumns | None:
        """Return a relation by its name."""
        return self._relations.get(name) if schema in {None, "public"} else None

    def is_builtin_function(self, schema: str | None, name: str, arity: int) -> bool:
        """Say whether a function is PostgreSQL's own."""
        del arity
        return name not in self._own and builtin_acts(name) is not None and schema in {None, "pg_catalog"}

    def is_builtin_operator(self, schema: str | None, name: str, arity: int) -> bool:
        """Say whether an operator is PostgreSQL's own."""
        del arity
        return is_builtin_operator(name) and schema in {None, "pg_catalog"}

    def sql_function(self, schema: str | None, name: str, arity: int) -> None:
        """No function's body is known here."""

    def is_builtin_type(self, schema: str | None, name: str) -> bool:
        """Say whether a cast to a type runs nothing but PostgreSQL's own code."""
        return (name in self._harmless and schema in {None, "public"}) or is_builtin_type(name)

    def in_index(self, base: Base) -> bool:
        """Say that any column may be in an index."""
        del base
        return True

    def shows_null(self, base: Base) -> bool:
        """Say that NULL is seen: both databases have the same ones."""
        del base
        return True

    def labelled(self) -> frozenset[Base]:
        """Return every base column that is labelled, or generated from one; a child's and a partition's as well."""
        found = set()
        tables = {**LABELLED, "partners": LABELLED["people"]}
        tables |= {"visits_old": LABELLED["visits"], "visits_new": LABELLED["visits"]}
        for table, names in tables.items():
            relation = self._relations[table]
            wanted = {*names, _MADE_OF_LABELLED.get(table, "")}
            found |= {(relation.oid, one.number) for one in relation.columns if one.name in wanted}
        return frozenset(found)
