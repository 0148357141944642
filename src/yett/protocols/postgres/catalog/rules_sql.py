"""What the server looks at by itself when a row is written: constraints, indexes, partition keys, generated columns."""

# ruff: noqa: S608 - the pieces put together are constants of this room; values are parameters

# What a generated column or a unique index makes of a value and never fails at; of other nodes and functions nobody
# knows. The functions are lower, upper, initcap, reverse, btrim, ltrim and rtrim of one text, length and char_length.
_NODES = r"\{(?!(VAR|CONST|FUNCEXPR|RELABELTYPE|COALESCE|COALESCEEXPR) )"
_FUNCTIONS = ":funcid (?!(870|871|872|3062|885|881|882|1317|1381) )"


def _sure(tree: str) -> str:
    return f"NOT ({tree}::!text ~*@ '{_NODES}' OR {tree}::!text ~*@ '{_FUNCTIONS}')"


_SURE_COLUMN = f"NOT k.attnotnull AND (k.attgenerated =@ 'v'::# OR ({_sure('e.adbin')}))"
# A whole row stands for all of its columns; no dependency names them.
WHOLE_ROW = "':varattno 0 '"
_REDUNDANT = "1291::!oid"  # suppress_redundant_updates_trigger
_SURE_INDEX = f"x.indexprs IS NULL OR ({_sure('x.indexprs')})"
_CLASS = "'pg_catalog.pg_class'::!regclass::!oid"
_IN_CLASS = f"d.classid =@ {_CLASS} AND d.refclassid =@ {_CLASS}"

# On top of `family` and `gone` (an owner's relations; those that a write to it may go on to):
#   made:  what each generated column is made of, and whether making it is sure to succeed, and may be NULL
#   rules: the columns that one rule looks at. Its kind is that of pg_constraint, `u` or `x` for an index that keeps
#          rows apart, `c` for one over expressions or some rows, `i` for another, `r` for the keys of all levels of
#          partitions, by which a row that is changed finds its place, `t` for what a trigger waits for, `s` for all
#          columns where a change that changes nothing is left out
#   looks: the same with what a generated column is made of beside it (`key` is the column that the rule names), and
#          generated columns that may fail by themselves (`g`). Two values may make the same one
#   own:   those of the family, in the numbers of the owner's columns; `written` are those that are not generated
RULES = f"""made(oid, rule, number, source, sure) AS MATERIALIZED (
  SELECT DISTINCT e.adrelid, e.oid, e.adnum, m[1]::!int2, {_SURE_COLUMN}
  FROM gone g JOIN @pg_attribute k ON k.attrelid =@ g.oid AND (k.attgenerated <>@ ''::# AND NOT k.attisdropped)
  JOIN @pg_attrdef e ON e.adrelid =@ k.attrelid AND e.adnum =@ k.attnum
  CROSS JOIN LATERAL @regexp_matches(e.adbin::!text, ':varattno ([0-9]+)', 'g') AS m
),
rules(owner, oid, rule, kind, number) AS MATERIALIZED (
  SELECT g.owner, g.oid, x.oid, x.contype, u.number FROM gone g JOIN @pg_constraint x ON x.conrelid =@ g.oid
    CROSS JOIN LATERAL @unnest(x.conkey) AS u(number)
  UNION ALL SELECT g.owner, g.oid, x.oid, 'c'::#, k.attnum FROM gone g JOIN @pg_constraint x ON x.conrelid =@ g.oid
    AND (x.contype =@ 'c'::# AND x.conbin::!text ~*@ {WHOLE_ROW}) JOIN @pg_attribute k ON k.attrelid =@ g.oid
    WHERE k.attnum >=@ 1::!int2
  UNION ALL SELECT g.owner, g.oid, t.oid, w.kind, k.attnum
    FROM gone g JOIN @pg_trigger t ON t.tgrelid =@ g.oid AND (NOT t.tgisinternal AND t.tgenabled <>@ 'D'::#)
    JOIN @pg_attribute k ON k.attrelid =@ g.oid AND k.attnum >=@ 1::!int2
    CROSS JOIN LATERAL (SELECT 's'::# WHERE t.tgfoid =@ {_REDUNDANT} UNION ALL SELECT 't'::# WHERE t.tgqual IS NOT NULL
      AND EXISTS (SELECT FROM @pg_depend d WHERE d.classid =@ 'pg_catalog.pg_trigger'::!regclass::!oid
        AND d.objid =@ t.oid AND (d.refobjid =@ g.oid AND d.refobjsubid =@ k.attnum::!int4))) AS w(kind)
  UNION ALL SELECT g.owner, g.oid, x.indexrelid, CASE WHEN x.indisexclusion THEN 'x'::#
      WHEN x.indisunique THEN CASE WHEN {_SURE_INDEX} THEN 'u'::# ELSE 'x'::# END
      WHEN x.indexprs IS NOT NULL OR x.indpred IS NOT NULL THEN 'c'::# ELSE 'i'::# END, d.refobjsubid::!int2
    FROM gone g JOIN @pg_index x ON x.indrelid =@ g.oid
    JOIN @pg_depend d ON d.objid =@ x.indexrelid AND d.refobjid =@ g.oid WHERE ({_IN_CLASS}) AND d.refobjsubid >=@ 1
  UNION ALL SELECT g.owner, g.oid, x.indexrelid, CASE WHEN x.indisunique THEN 'x'::# ELSE 'c'::# END, k.attnum
    FROM gone g JOIN @pg_index x ON x.indrelid =@ g.oid AND @concat(x.indexprs, x.indpred) ~*@ {WHOLE_ROW}
    JOIN @pg_attribute k ON k.attrelid =@ g.oid WHERE k.attnum >=@ 1::!int2
  UNION ALL SELECT g.owner, g.oid, g.owner, 'r'::#, d.objsubid::!int2
    FROM gone g JOIN @pg_depend d ON d.objid =@ g.oid AND d.refobjid =@ g.oid
    WHERE ({_IN_CLASS}) AND (d.objsubid >=@ 1 AND d.deptype =@ 'i'::#)
),
looks(owner, oid, rule, kind, key, number) AS MATERIALIZED (
  SELECT r.owner, r.oid, r.rule, r.kind, r.number, r.number FROM rules r
  UNION ALL SELECT r.owner, r.oid, r.rule, CASE WHEN r.kind =@ ANY ('{{p,u,s}}'::#[]) THEN 'x'::# ELSE r.kind END,
    r.number, m.source FROM rules r JOIN made m ON m.oid =@ r.oid AND m.number =@ r.number
  UNION ALL SELECT g.owner, g.oid, m.rule, 'g'::#, m.number, m.source FROM gone g JOIN made m ON m.oid =@ g.oid
    WHERE NOT m.sure
),
own(owner, rule, kind, number, written) AS MATERIALIZED (
  SELECT l.owner, l.rule, l.kind, c.attnum, c.attgenerated =@ ''::# FROM looks l
  JOIN family f ON f.owner =@ l.owner AND f.oid =@ l.oid
  JOIN @pg_attribute k ON k.attrelid =@ l.oid AND k.attnum =@ l.number
  JOIN @pg_attribute c ON c.attrelid =@ l.owner AND c.attname =@ k.attname
)"""
