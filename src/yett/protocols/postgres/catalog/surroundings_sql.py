"""The look-up of what the server does by itself when a relation is read or written: views, rules, triggers, checks."""

# ruff: noqa: S608 - the pieces put together are constants of this room; values are parameters

from yett.protocols.postgres.catalog.fragments import ALIEN, NAMESPACE, OURS, RELATION, ROUTINE, qualified

# Stored expression trees name what they use by id: relations of range table entries, functions of calls and operators.
# Text inside a tree cannot imitate that (spaces are escaped in it), and could only add a name, never hide one. What is
# used by operator or type id alone is found through pg_depend, which records everything that is not PostgreSQL's own.
_USES = "':(relid|funcid|opfuncid|hashfuncid|negfuncid|aggfnoid|winfnoid) ([0-9]+)'"


def _class(catalog: str) -> str:
    return f"'pg_catalog.{catalog}'::!regclass::!oid"


def _carrier(via: str, catalog: str, owner: str, tree: str, where: str = "true", *, key: str = "oid") -> str:  # noqa: PLR0913 - what a carrier is
    # A dependency of an index is recorded under its relation, of anything else under its own catalog.
    listed = _class("pg_class" if key == "indexrelid" else catalog)
    return (
        f"SELECT x.{owner}, '{via}', {listed}, x.{key}, {tree}"
        f" FROM @{catalog} x JOIN asked a ON a.oid =@ x.{owner} WHERE {where}"
    )


_RULES = "x.ev_type <>@ '1'::# AND x.ev_enabled <>@ 'D'::#"


# $1 ids of relations, $2 ids of types. Answers what hangs on each: relations and routines, by how they are reached.
SURROUNDINGS_SQL = qualified(f"""
WITH RECURSIVE asked AS MATERIALIZED (SELECT u.oid FROM @unnest($1::!oid[]) AS u(oid)),
types(owner, oid, depth) AS (
  SELECT u.oid, u.oid, 0 FROM @unnest($2::!oid[]) AS u(oid)
  UNION SELECT t.attrelid, t.atttypid, 0 FROM @pg_attribute t JOIN asked a ON a.oid =@ t.attrelid
    WHERE t.atttypid {ALIEN} AND t.attnum >=@ 1::!int2 AND NOT t.attisdropped
  UNION SELECT s.owner, part.oid, s.depth +@ 1 FROM types s JOIN @pg_type t ON t.oid =@ s.oid
    CROSS JOIN LATERAL (SELECT t.typelem UNION ALL SELECT t.typbasetype UNION ALL
      SELECT m.atttypid FROM @pg_attribute m WHERE m.attrelid =@ t.typrelid AND m.attnum >=@ 1::!int2) AS part(oid)
    WHERE part.oid {ALIEN} AND s.depth <@ 8
),
carriers(owner, via, catalog, oid, tree) AS MATERIALIZED (
  {_carrier("view", "pg_rewrite", "ev_class", "x.ev_action::!text", "x.ev_type =@ '1'::#")}
  UNION ALL
  {_carrier("rule", "pg_rewrite", "ev_class", "@concat(x.ev_action::!text, x.ev_qual::!text)", _RULES)}
  UNION ALL
  {_carrier("policy", "pg_policy", "polrelid", "@concat(x.polqual::!text, x.polwithcheck::!text)")}
  UNION ALL
  {_carrier("default", "pg_attrdef", "adrelid", "x.adbin::!text")}
  UNION ALL
  {_carrier("check", "pg_constraint", "conrelid", "x.conbin::!text", "x.contype =@ 'c'::#")}
  UNION ALL
  {_carrier("index", "pg_index", "indrelid", "@concat(x.indexprs::!text, x.indpred::!text)", key="indexrelid")}
  UNION ALL
  {_carrier("trigger", "pg_trigger", "tgrelid", "x.tgqual::!text", "x.tgenabled <>@ 'D'::#")}
  UNION ALL
  SELECT t.owner, 'domain', {_class("pg_constraint")}, x.oid, x.conbin::!text
    FROM types t JOIN @pg_constraint x ON x.contypid =@ t.oid
),
named(owner, via, oid, is_relation) AS MATERIALIZED (
  SELECT k.owner, k.via, u.pair[2]::!oid, u.pair[1] =@ 'relid'
    FROM carriers k CROSS JOIN LATERAL (SELECT @regexp_matches(k.tree, {_USES}, 'g') AS pair) u
  UNION
  SELECT k.owner, k.via, COALESCE(o.oprcode::!oid, d.refobjid), false
    FROM carriers k JOIN @pg_depend d ON d.classid =@ k.catalog AND d.objid =@ k.oid
    LEFT JOIN @pg_operator o ON d.refclassid =@ {_class("pg_operator")} AND o.oid =@ d.refobjid
    WHERE d.refclassid =@ {_class("pg_operator")}
      OR d.refclassid =@ {_class("pg_proc")}
  UNION
  SELECT t.tgrelid, 'trigger', t.tgfoid, false FROM @pg_trigger t JOIN asked a ON a.oid =@ t.tgrelid
    WHERE t.tgenabled <>@ 'D'::# AND NOT t.tgisinternal
),
near(owner, via, oid) AS (
  SELECT s.owner, s.via, s.oid FROM named s WHERE s.is_relation AND s.oid <>@ s.owner
  UNION SELECT x.confrelid, CASE WHEN x.confdeltype =@ ANY ('{{c,n,d}}'::#[])
      OR x.confupdtype =@ ANY ('{{c,n,d}}'::#[]) THEN 'cascade' ELSE 'reference' END, x.conrelid
    FROM @pg_constraint x JOIN asked a ON a.oid =@ x.confrelid
    WHERE x.contype =@ 'f'::# AND x.conrelid <>@ x.confrelid
  UNION SELECT x.inhparent, 'child', x.inhrelid FROM @pg_inherits x JOIN asked a ON a.oid =@ x.inhparent
  UNION SELECT a.oid, 'parent', p.relid::!oid FROM asked a
    CROSS JOIN LATERAL @pg_partition_ancestors(a.oid::!regclass) AS p(relid)
    WHERE p.relid::!oid <>@ a.oid
  UNION SELECT x.indexrelid, 'indexed', x.indrelid FROM @pg_index x JOIN asked a ON a.oid =@ x.indexrelid
)
SELECT 'relation', s.owner::!text, s.via, {RELATION} FROM near s JOIN @pg_class c ON c.oid =@ s.oid
  {NAMESPACE.format("c.relnamespace")}
UNION ALL
SELECT DISTINCT CASE WHEN p.oid {OURS} THEN 'builtin' ELSE 'routine' END, s.owner::!text, s.via,
  {ROUTINE.format(operands="''")} FROM named s JOIN @pg_proc p ON p.oid =@ s.oid
  {NAMESPACE.format("p.pronamespace")} WHERE NOT s.is_relation
UNION ALL
SELECT 'rule', x.ev_class::!text, x.rulename::!text, '', '', '', '', '', '', '', '', '' FROM @pg_rewrite x
  JOIN asked a ON a.oid =@ x.ev_class WHERE {_RULES}
""")
