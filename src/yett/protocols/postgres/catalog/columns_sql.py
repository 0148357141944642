"""The look-up of what columns relations have, who their family is, and what views are made of."""

# ruff: noqa: S608 - the pieces put together are constants of this room; values are parameters

from yett.protocols.postgres.catalog.fragments import ALIEN, COLUMNS_VERSION, qualified
from yett.protocols.postgres.catalog.rules_sql import RULES, WHOLE_ROW

# What one row must fit into, and what is left in it of a long value that was put elsewhere (rounded up).
PAGE_BYTES = 8192
POINTER_BYTES = 32

# CASCADE, SET NULL, SET DEFAULT: a change goes on into the rows that a key belongs to.
_GOES_ON = "'{c,n,d}'::#[]"

# $1 ids of relations. Each row: tag, relation, then
#   column:     number, name, type id, type name, comments (in the whole family), what it is generated from, its kind
#               and words: its collation's id, `loose` where that finds different texts equal, `short` where its numbers
#               are limited, `virtual` where it is generated as it is read, `indexed` where an index
#               looks at it
#   kin:        schema and name of a relation it inherits from or that inherits from it, partitions included
#   told:       the numbers of columns whose values decide whether a write succeeds (keys, checks, indexes, partitions);
#               0 stands for all of them, also where what a row holds in its page may be too much
#   together:   the numbers of columns that one constraint or index looks at, here or further down the family
#   routed:     the numbers of columns by which rows were put into partitions
#   namesake:   a column's number, and relation and number of a column of its name in the family
#   unique:     the numbers of columns that no two rows may be equal in
#   excluded:   those of them that need not be equal to conflict, as ranges that overlap
#   guarded:    relation and number of a column that the relation's policies look at, where they are on
#   refers:     a column's number; schema, table, name, type name, identity and comment of the column it is a key to
#   referred:   the same of both ends of each key by which rows elsewhere hang on rows here, or on what goes with them;
#               the number is 0 where the key is not to a column of this relation
#   reached:    as `referred`: what a rule looks at together with the own end of such a key, where a change goes on
#   key:        the numbers of the columns of the primary key, where rows are told apart by it at once and the relation
#               has no children; and of those in other unique indexes by which a server may group instead (18 and later)
#   virtual:    a column's number, and what it is generated from whenever it is read
#   version:    what stands for all rows of its columns
#   definition: the query of a view or materialized view, in words that mean the same under the session's path
COLUMNS_SQL = qualified(f"""
WITH RECURSIVE asked AS MATERIALIZED (SELECT u.oid FROM @unnest($1::!oid[]) AS u(oid)),
above(owner, oid) AS (
  SELECT a.oid, i.inhparent FROM asked a JOIN @pg_inherits i ON i.inhrelid =@ a.oid
  UNION SELECT k.owner, i.inhparent FROM above k JOIN @pg_inherits i ON i.inhrelid =@ k.oid
),
below(owner, oid) AS (
  SELECT a.oid, i.inhrelid FROM asked a JOIN @pg_inherits i ON i.inhparent =@ a.oid
  UNION SELECT k.owner, i.inhrelid FROM below k JOIN @pg_inherits i ON i.inhparent =@ k.oid
),
family(owner, oid) AS MATERIALIZED (SELECT a.oid, a.oid FROM asked a UNION ALL SELECT k.owner, k.oid FROM below k),
gone(owner, oid) AS (
  SELECT f.owner, f.oid FROM family f
  UNION SELECT g.owner, x.conrelid FROM gone g JOIN @pg_constraint x ON x.confrelid =@ g.oid
    AND x.contype =@ 'f'::# AND (x.confdeltype =@ ANY ({_GOES_ON}) OR x.confupdtype =@ ANY ({_GOES_ON}))
),
{RULES},
kin(owner, oid) AS MATERIALIZED (SELECT k.owner, k.oid FROM above k UNION SELECT k.owner, k.oid FROM below k),
said(owner, name, comments) AS MATERIALIZED (
  SELECT f.owner, k.attname, @string_agg(d.description, E'\\n')
  FROM (SELECT a.oid, a.oid FROM asked a UNION ALL SELECT k.owner, k.oid FROM kin k) AS f(owner, oid)
  JOIN @pg_description d ON d.objoid =@ f.oid AND d.classoid =@ 'pg_catalog.pg_class'::!regclass::!oid
    AND d.objsubid >=@ 1
  JOIN @pg_attribute k ON k.attrelid =@ f.oid AND k.attnum::!int4 =@ d.objsubid
  GROUP BY f.owner, k.attname
)
SELECT 'column', c.attrelid::!text, c.attnum::!text, c.attname::!text, c.atttypid::!text, t.typname::!text,
  COALESCE(s.comments, ''),
  CASE WHEN c.attgenerated <>@ ''::# THEN (SELECT @string_agg(DISTINCT m[1], ' ') FROM @pg_attrdef e
    CROSS JOIN LATERAL @regexp_matches(e.adbin::!text, ':varattno ([0-9]+)', 'g') AS m
    WHERE e.adrelid =@ c.attrelid AND e.adnum =@ c.attnum) ELSE '' END,
  @concat_ws(' ', t.typtype, c.attcollation, CASE WHEN c.attcollation {ALIEN} THEN (SELECT 'loose' FROM @pg_collation l
      WHERE l.oid =@ c.attcollation AND NOT l.collisdeterministic) END,
    CASE WHEN c.atttypmod >=@ 0::!int4 THEN 'short' END, CASE WHEN c.attgenerated =@ 'v'::# THEN 'virtual' END,
    (SELECT DISTINCT 'indexed' FROM own o WHERE (o.owner =@ c.attrelid AND o.number =@ c.attnum)
      AND (o.kind =@ ANY ('{{p,u,x,i}}'::#[]) OR EXISTS (SELECT FROM @pg_index y WHERE y.indexrelid =@ o.rule))))
  FROM asked a JOIN @pg_attribute c ON c.attrelid =@ a.oid JOIN @pg_type t ON t.oid =@ c.atttypid
  LEFT JOIN said s ON s.owner =@ c.attrelid AND s.name =@ c.attname
  WHERE c.attnum >=@ 1::!int2 AND NOT c.attisdropped
UNION ALL
SELECT 'told', t.oid::!text, @string_agg(DISTINCT t.number::!text, ' '), '', '', '', '', '', '' FROM (
    SELECT o.owner, o.number::!int4 FROM own o WHERE o.kind <>@ 'n'::#
    UNION ALL SELECT a.oid, 0 FROM asked a JOIN @pg_class c ON c.oid =@ a.oid
      WHERE (c.relispartition OR c.relrowsecurity) OR (c.relkind =@ ANY ('{{r,p}}'::#[]) AND c.relhasrules)
    UNION ALL SELECT a.oid, 0 FROM asked a WHERE (SELECT @sum(CASE WHEN k.attlen >=@ 1::!int2 THEN k.attlen::!int4
        WHEN k.attstorage =@ 'p'::# THEN {PAGE_BYTES} ELSE {POINTER_BYTES} END) FROM @pg_attribute k
      WHERE k.attrelid =@ a.oid AND k.attnum >=@ 1::!int2 AND NOT k.attisdropped) >=@ {PAGE_BYTES // 2}
  ) AS t(oid, number) GROUP BY t.oid
UNION ALL
SELECT CASE WHEN o.kind =@ 'x'::# THEN 'excluded' ELSE 'unique' END, o.owner::!text,
  @string_agg(DISTINCT o.number::!text, ' '), '', '', '', '', '', ''
  FROM own o WHERE o.kind =@ ANY ('{{p,u,x,s}}'::#[]) GROUP BY o.owner, o.kind =@ 'x'::#
UNION ALL
SELECT DISTINCT 'guarded', x.polrelid::!text, @concat(d.refobjid, ' ', k.attnum), '', '', '', '', '', ''
  FROM asked a JOIN @pg_class c ON c.oid =@ a.oid AND c.relrowsecurity JOIN @pg_policy x ON x.polrelid =@ a.oid
  JOIN @pg_depend d ON d.classid =@ 'pg_catalog.pg_policy'::!regclass::!oid AND d.objid =@ x.oid
  JOIN @pg_attribute k ON k.attrelid =@ d.refobjid AND k.attnum >=@ 1::!int2
  WHERE d.refclassid =@ 'pg_catalog.pg_class'::!regclass::!oid AND (d.refobjsubid =@ k.attnum::!int4
    OR @concat(x.polqual, x.polwithcheck) ~*@ {WHOLE_ROW})
UNION ALL
SELECT DISTINCT 'refers', f.owner::!text, w.attnum::!text, n.nspname::!text, c.relname::!text, k.attname::!text,
  t.typname::!text, @concat(c.oid, ' ', k.attnum), COALESCE(@col_description(c.oid, k.attnum::!int4), '')
  FROM family f JOIN @pg_constraint x ON x.conrelid =@ f.oid AND x.contype =@ 'f'::#
  CROSS JOIN LATERAL ROWS FROM (@unnest(x.conkey), @unnest(x.confkey)) AS u(number, other)
  JOIN looks l ON (l.owner =@ f.owner AND l.oid =@ f.oid) AND (l.rule =@ x.oid AND l.key =@ u.number)
  JOIN @pg_attribute o ON o.attrelid =@ f.oid AND o.attnum =@ l.number
  JOIN @pg_attribute w ON w.attrelid =@ f.owner AND w.attname =@ o.attname
  JOIN @pg_class c ON c.oid =@ x.confrelid JOIN @pg_namespace n ON n.oid =@ c.relnamespace
  JOIN @pg_attribute k ON k.attrelid =@ c.oid AND k.attnum =@ u.other JOIN @pg_type t ON t.oid =@ k.atttypid
UNION ALL
SELECT DISTINCT e.tag, g.owner::!text, COALESCE(m.attnum, 0::!int2)::!text, n.nspname::!text, c.relname::!text,
  k.attname::!text, t.typname::!text, @concat(c.oid, ' ', k.attnum),
  COALESCE(@col_description(c.oid, k.attnum::!int4), '')
  FROM gone g JOIN @pg_constraint x ON x.confrelid =@ g.oid AND x.contype =@ 'f'::#
  CROSS JOIN LATERAL ROWS FROM (@unnest(x.conkey), @unnest(x.confkey)) AS u(number, other)
  CROSS JOIN LATERAL (SELECT 'referred', x.conrelid, u.number UNION ALL SELECT 'referred', x.confrelid, u.other
    UNION ALL SELECT 'reached', l.oid, r.number FROM looks l JOIN looks r ON (r.owner =@ l.owner AND r.oid =@ l.oid)
      AND r.rule =@ l.rule WHERE (l.owner =@ g.owner AND l.oid =@ x.conrelid) AND (l.number =@ u.number
      AND NOT (l.kind =@ ANY ('{{i,s}}'::#[])))
      AND (x.confdeltype =@ ANY ('{{n,d}}'::#[]) OR x.confupdtype =@ ANY ({_GOES_ON}))
  ) AS e(tag, oid, number)
  JOIN @pg_class c ON c.oid =@ e.oid JOIN @pg_namespace n ON n.oid =@ c.relnamespace
  JOIN @pg_attribute k ON k.attrelid =@ c.oid AND k.attnum =@ e.number JOIN @pg_type t ON t.oid =@ k.atttypid
  LEFT JOIN (@pg_attribute o JOIN family f ON f.oid =@ o.attrelid JOIN @pg_attribute m ON m.attrelid =@ f.owner
    AND m.attname =@ o.attname) ON (f.owner =@ g.owner AND o.attrelid =@ g.oid) AND o.attnum =@ u.other
UNION ALL
SELECT 'together', o.owner::!text, @string_agg(DISTINCT o.number::!text, ' '), '', '', '', '', '', ''
  FROM own o WHERE NOT (o.kind =@ ANY ('{{i,s}}'::#[])) AND o.written GROUP BY o.owner, o.rule
  HAVING @count(DISTINCT o.number) >=@ 2::!int8
UNION ALL
SELECT 'routed', r.owner::!text, @string_agg(DISTINCT c.attnum::!text, ' '), '', '', '', '', '', ''
  FROM (SELECT a.oid, a.oid FROM asked a UNION ALL SELECT k.owner, k.oid FROM above k) AS r(owner, oid)
  JOIN @pg_partitioned_table x ON x.partrelid =@ r.oid CROSS JOIN LATERAL @unnest(x.partattrs::!int2[]) AS u(number)
  JOIN @pg_attribute k ON k.attrelid =@ r.oid
    AND (k.attnum =@ u.number OR (u.number =@ 0::!int2 AND k.attnum >=@ 1::!int2))
  JOIN @pg_attribute c ON c.attrelid =@ r.owner AND c.attname =@ k.attname GROUP BY r.owner
UNION ALL
SELECT 'namesake', c.attrelid::!text, c.attnum::!text, @concat(k.attrelid, ' ', k.attnum), '', '', '', '', ''
  FROM kin r JOIN @pg_attribute k ON k.attrelid =@ r.oid AND k.attnum >=@ 1::!int2
  JOIN @pg_attribute c ON c.attrelid =@ r.owner AND c.attname =@ k.attname
UNION ALL
SELECT 'key', x.indrelid::!text,
  (SELECT @string_agg(u.number::!text, ' ') FROM @unnest(x.indkey::!int2[]) AS u(number)),
  CASE WHEN @current_setting('server_version_num')::!int4 >=@ 180000::!int4 THEN (
    SELECT @string_agg(u.number::!text, ' ') FROM @pg_index y
    CROSS JOIN LATERAL @unnest(y.indkey::!int2[]) AS u(number)
    WHERE (y.indrelid =@ a.oid AND y.indisunique) AND NOT y.indisprimary) END, '', '', '', '', ''
  FROM asked a JOIN @pg_class c ON c.oid =@ a.oid AND c.relkind =@ 'r'::# AND NOT c.relhassubclass
  JOIN @pg_index x ON x.indrelid =@ a.oid AND x.indisprimary AND x.indimmediate
UNION ALL
SELECT 'virtual', k.attrelid::!text, k.attnum::!text, @pg_get_expr(e.adbin, e.adrelid), '', '', '', '', ''
  FROM asked a JOIN @pg_attribute k ON k.attrelid =@ a.oid AND k.attgenerated =@ 'v'::#
  JOIN @pg_attrdef e ON e.adrelid =@ k.attrelid AND e.adnum =@ k.attnum
UNION ALL
SELECT 'version', a.oid::!text, {COLUMNS_VERSION.format("a.oid")}, '', '', '', '', '', '' FROM asked a
UNION ALL
SELECT 'kin', k.owner::!text, n.nspname::!text, c.relname::!text, '', '', '', '', ''
  FROM kin k JOIN @pg_class c ON c.oid =@ k.oid JOIN @pg_namespace n ON n.oid =@ c.relnamespace
UNION ALL
SELECT 'definition', c.oid::!text, @pg_get_viewdef(c.oid), '', '', '', '', '', ''
  FROM asked a JOIN @pg_class c ON c.oid =@ a.oid WHERE c.relkind =@ ANY ('{{v,m}}'::#[]) AND c.oid {ALIEN}
""")
