"""Writes statements over the twins' schema by a grammar, seeded: mostly valid ones, some of them malicious."""

# ruff: noqa: E501 - a table reads best with one case a line

from random import Random

TABLES = {
    "people": {"id": "int", "name": "text", "email": "text", "ssn": "text", "balance": "num", "born": "date",
               "age": "int", "tags": "arr", "doc": "json", "active": "bool", "points": "float"},
    "orders": {"id": "int", "person_id": "int", "total": "num", "note": "text", "status": "text", "made": "time"},
    "notes": {"id": "int", "email": "text", "body": "text", "secret": "text"},
    "contacts": {"id": "int", "mail": "text", "name": "text"},
    "lively": {"id": "int", "name": "text", "note": "text", "ssn": "text"},
}  # fmt: skip  # a table
Columns = dict[str, str]
CONSTANTS = {
    "int": ["1", "0", "7", "-3", "2147483647"], "num": ["1.5", "0.0", "100.25"], "float": ["1.5::float8"],
    "text": ["'a'", "''", "'%@x.org'", "'x'", "'7'"], "bool": ["true", "false"], "date": ["'2000-01-01'::date"],
    "time": ["'2024-01-01'::timestamptz"], "arr": ["('{a,b}'::text[])"], "json": ["""'{"k": 1}'::jsonb"""],
}  # fmt: skip  # a table
# What makes a value of a kind out of others: {kind} stands for a new expression of that kind.
RULES = {
    "int": ["length({text})", "{int} + {int}", "{int} / {int}", "strpos({text}, {text})", "coalesce({int}, {int})",
            "case when {bool} then {int} else {int} end", "{text}::int", "cardinality({arr})", "abs({int})",
            "greatest({int}, {int})", "nullif({int}, {int})", "octet_length({text})", "{num}::int",
            "array_length({arr}, 1)", "jsonb_array_length({json})", "({json} ->> 'k')::int", "ascii({text})",
            "case {int} when {int} then {int} end", "num_nulls({text}, {int})", "extract(year from {date})::int",
            "width_bucket({num}, 0, 100, 5)", "sign({num})::int", "{int} % {int}"],
    "num": ["{num} + {num}", "{num} / {num}", "round({num}, 2)", "coalesce({num}, {num})", "{int}::numeric",
            "case when {bool} then {num} end", "sqrt({num})", "ln({num})", "greatest({num}, {num})", "{text}::numeric",
            "trunc({num})", "extract(year from {date})", "power({num}, {num})", "floor({num})"],
    "float": ["{float} * {float}", "{num}::float8", "coalesce({float}, {float})", "sqrt({float})"],
    "text": ["lower({text})", "upper({text})", "{text} || {text}", "substr({text}, 1, {int})", "left({text}, {int})",
             "coalesce({text}, {text})", "case when {bool} then {text} else {text} end", "{int}::text", "{num}::text",
             "concat({text}, {int}, {bool})", "split_part({text}, '@', 2)", "replace({text}, {text}, {text})",
             "md5({text})", "format('%s-%L', {text}, {int})", "{arr}[1]", "{arr}[{int}]", "{json} ->> 'k'",
             "nullif({text}, {text})", "trim({text})", "regexp_replace({text}, {text}, 'z')", "{date}::text",
             "to_char({date}, 'YYYY')", "translate({text}, 'ab', 'ba')", "lpad({text}, 10, '*')", "{text}::varchar(3)",
             "reverse({text})", "initcap({text})", "right({text}, {int})", "greatest({text}, {text})",
             "(select {text})", "repeat({text}, {int})", "{bool}::text", "{json}::text", "array_to_string({arr}, ',')",
             "overlay({text} placing 'x' from {int})", "quote_ident({text})", "concat_ws({text}, {text}, {text})",
             "split_part({text}, {text}, {int})", "format({text}, {text})", "chr({int})", '({text} collate "C")',
             "encode({text}::bytea, 'hex')", "jsonb_typeof({json})", "string_to_array({text}, {text})::text",
             "lpad({text}, {int})", "format('%I', {text})", "to_json({text})::text", "xmlforest({text} as a)::text"],
    "bool": ["{text} = {text}", "{text} like {text}", "{text} like '%a%'", "{int} > {int}", "{num} < {num}",
             "{text} is null", "{bool} and {bool}", "{bool} or {bool}", "not {bool}", "{text} in ({text}, {text})",
             "{text} between {text} and {text}", "{date} > {date}", "{text} = any({arr})", "{json} ? 'k'",
             "exists (select 1 from orders oo where oo.id = {int})", "{int} in (select id from orders)",
             "{text} is distinct from {text}", "({text}, {int}) = ({text}, {int})", "{text} ~ {text}",
             "{json} @> '{{\"k\": 1}}'", "{arr} = {arr}", "{text} similar to {text}", "{text} ilike 'a%'",
             "coalesce({bool}, {bool})", "{float} > {float}", "{json} = {json}", "starts_with({text}, {text})",
             "{int} = any(array[{int}, {int}])", "1 / {int} > 0", "{arr} @> {arr}", "{text} is not null",
             "{num} is distinct from {num}", "{int} not in ({int}, {int})", '{text} > {text} collate "C"',
             "{text} <> all({arr})", "pg_input_is_valid({text}, 'integer')", "isfinite({date})"],
    "date": ["coalesce({date}, {date})", "{date} + {int}", "greatest({date}, {date})", "make_date({int}, 1, 1)",
             "case when {bool} then {date} end", "date_trunc('month', {date})::date", "{text}::date"],
    "time": ["{time} + interval '1 day'", "{date}::timestamptz", "coalesce({time}, {time})", "{time} - interval '1 hour'"],
    "arr": ["array[{text}, {text}]", "{arr} || {text}", "string_to_array({text}, ',')", "coalesce({arr}, {arr})",
            "array(select {text})", "{arr}[1:2]", "array_remove({arr}, {text})", "{arr} || {arr}",
            "array(select note from orders where id < {int})", "regexp_split_to_array({text}, {text})"],
    "json": ["jsonb_build_object('a', {text}, 'b', {int})", "to_jsonb({text})", "{json} -> 'k'", "{json} || {json}",
             "jsonb_build_array({text}, {num}, {date})", "coalesce({json}, {json})", "json_build_object('a', {arr})::jsonb",
             "{text}::jsonb", "jsonb_build_object({text}, 1)", "{json} #> '{{a}}'", "{json} - 'k'", "to_jsonb({num})",
             "jsonb_set({json}, '{{k}}', '1')", "to_jsonb({arr})"],
}  # fmt: skip  # a table
AGGREGATES = ["count({text})", "max({text})", "min({num})", "sum({int})", "avg({num})", "string_agg({text}, ',')",
              "array_agg({text})", "json_agg({text})", "bool_or({bool})", "count(distinct {text})", "count(*)",
              "jsonb_agg({json})", "sum({num})", "sum({float})", "count(*) filter (where {bool})", "array_agg({arr})",
              "string_agg({text}, {text} order by {int})", "max({date})", "avg({float})", "stddev({num})",
              "json_object_agg({text}, 1)", "percentile_cont(0.5) within group (order by {float})",
              "jsonb_object_agg({text}, {int})", "mode() within group (order by {text})", "max({int})",
              "any_value({text})", "every({bool})", "min({arr})", "sum(distinct {int})"]  # fmt: skip  # a table
KINDS = list(RULES)


class Writer:
    """Writes statements."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.names = 0

    def name(self) -> str:
        self.names += 1
        return f"x{self.names}"

    def expression(self, kind: str, columns: Columns, depth: int) -> str:
        fitting = [name for name, own in columns.items() if own == kind]
        if depth <= 0 or self.random.random() < 0.3:
            if fitting and self.random.random() < 0.93:
                return self.random.choice(fitting)
            return self.random.choice(CONSTANTS[kind])
        return "(" + self.fill(self.random.choice(RULES[kind]), columns, depth - 1) + ")"

    def fill(self, rule: str, columns: Columns, depth: int) -> str:
        for kind in KINDS:
            while f"{{{kind}}}" in rule:
                rule = rule.replace(f"{{{kind}}}", self.expression(kind, columns, depth), 1)
        return rule.replace("{{", "{").replace("}}", "}")

    def source(self, depth: int, outer: Columns) -> tuple[str, Columns]:
        """Return an entry of FROM and its columns."""
        choice = self.random.random()
        alias = self.name()
        if depth > 0 and choice < 0.3:
            text, columns = self.select(depth - 1, {}, named=True)
            return f"({text}) {alias}", {f"{alias}.{name}": kind for name, kind in columns.items()}
        if choice < 0.36:
            return f"generate_series(1, {self.random.randint(1, 3)}) {alias}", {alias: "int"}
        if choice < 0.42:
            kind = self.random.choice(["int", "text", "num"])
            cells = ", ".join(f"({self.expression(kind, {}, 1)})" for _ in range(2))
            return f"(values {cells}) {alias}(v)", {f"{alias}.v": kind}
        table = self.random.choice(list(TABLES))
        if choice < 0.5:
            shape = "(t.{})" if self.random.random() < 0.3 else "t.{}"
            return f"{table} {alias}", {
                f"({alias}).{name}" if "(" in shape else f"{alias}.{name}": kind for name, kind in TABLES[table].items()
            }
        return f"{table} {alias}", {f"{alias}.{name}": kind for name, kind in TABLES[table].items()}

    def from_clause(self, depth: int, outer: Columns) -> tuple[str, Columns]:
        text, columns = self.source(depth, outer)
        columns = dict(columns)
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            choice = self.random.random()
            if choice < 0.2:
                expression = self.expression("text", columns, 1)
                alias = self.name()
                text += f" cross join lateral (select {expression} as l) {alias}"
                columns[f"{alias}.l"] = "text"
                continue
            if choice < 0.3:
                alias = self.name()
                text += f" cross join lateral unnest({self.expression('arr', columns, 1)}) {alias}(u)"
                columns[f"{alias}.u"] = "text"
                continue
            other, more = self.source(depth, outer)
            both = {**columns, **more}
            if choice < 0.45:
                text += f", {other}"
            else:
                join = self.random.choice(["join", "left join", "right join", "full join"])
                left = [name for name, kind in columns.items() if kind == "int" and name.endswith("id")]
                right = [name for name, kind in more.items() if kind == "int" and name.endswith("id")]
                if left and right:
                    condition = f"{self.random.choice(left)} = {self.random.choice(right)}"
                else:
                    condition, join = self.expression("bool", both, 1), "join"
                text += f" {join} {other} on {condition}"
            columns = both
        return text, columns

    def select(self, depth: int, outer: Columns, *, named: bool = False) -> tuple[str, Columns]:  # noqa: C901 (a grammar)
        """Return a SELECT and its output columns."""
        random = self.random
        if depth > 0 and random.random() < 0.12:
            return self.united(depth, outer)
        text, columns = self.from_clause(depth, outer)
        visible = {**outer, **columns}
        grouped = random.random() < 0.2
        keys = [random.choice(list(columns)) for _ in range(random.choice([0, 1, 1, 2]))] if grouped else []
        made: Columns = {}
        parts = []
        for _ in range(random.choice([1, 1, 2, 3])):
            kind = random.choice(["text", "text", "int", "bool", "num", "json", "arr", "date", "float"])
            name = self.name()
            if grouped:
                if keys and random.random() < 0.4:
                    key = random.choice(keys)
                    value, kind = key, columns[key]
                else:
                    value, kind = self.fill(random.choice(AGGREGATES), visible, 1), "?"
            elif random.random() < 0.07:
                value, kind = (
                    self.fill(random.choice(AGGREGATES), visible, 1)
                    + f" over (order by {random.choice(list(columns))})",
                    "?",
                )
            else:
                value = self.expression(kind, visible, 2)
            made[name] = kind
            parts.append(f"{value} as {name}")
        if not named and not grouped and random.random() < 0.15:
            parts.append("*")
        distinct = "distinct " if random.random() < 0.07 else ""
        query = f"select {distinct}{', '.join(parts)} from {text}"
        if random.random() < 0.35:
            safe = {
                name: kind for name, kind in visible.items() if name.endswith((".id", ".name", ".note", "person_id"))
            }
            query += f" where {self.expression('bool', safe if random.random() < 0.8 else visible, 1)}"
        if keys:
            query += " group by " + ", ".join(keys)
        if random.random() < 0.1:
            query += f" order by {random.randint(1, len(parts))}"
        if random.random() < 0.06:
            query += f" limit {random.randint(1, 3)}"
        return query, made

    def united(self, depth: int, outer: Columns) -> tuple[str, Columns]:
        first, second = self.from_clause(0, outer), self.from_clause(0, outer)
        kinds = [self.random.choice(["text", "int", "num"]) for _ in range(self.random.choice([1, 2]))]
        made = {self.name(): kind for kind in kinds}
        one = ", ".join(f"{self.expression(kind, first[1], 1)} as {name}" for name, kind in made.items())
        two = ", ".join(self.expression(kind, second[1], 1) for kind in kinds)
        word = self.random.choice(["union all", "union all", "union all", "union", "except", "intersect"])
        return f"select {one} from {first[0]} {word} select {two} from {second[0]}", made

    def statement(self) -> str:
        """Return a statement."""
        choice = self.random.random()
        query, _ = self.select(2, {})
        if choice < 0.75:
            return query
        if choice < 0.87:
            inner, columns = self.select(1, {}, named=True)
            name = self.name()
            visible = {f"{name}.{column}": kind for column, kind in columns.items()}
            kind = self.random.choice(KINDS)
            materialized = self.random.choice(["", "materialized ", "not materialized "])
            return f"with {name} as {materialized}({inner}) select {self.expression(kind, visible, 2)}, {name}.* from {name}"
        columns = {f"people.{name}": kind for name, kind in TABLES["people"].items()}
        value = self.expression("text", columns, 2)
        shown = self.expression("text", columns, 1)
        if choice < 0.93:
            return f"update people set {self.random.choice(['name', 'email', 'ssn'])} = {value} where people.id < 4 returning {shown}, name"
        if choice < 0.97:
            return f"insert into notes (id, email, body) select 9, {value}, 'b' from people returning email, body, {self.expression('text', {'notes.email': 'text', 'notes.body': 'text'}, 1)}"
        return f"delete from people where people.id = {self.random.randint(1, 5)} returning {shown}"
